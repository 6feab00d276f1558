import type { CodeTable } from '../code-table.ts'

export const kindCodes = {} as const satisfies CodeTable
