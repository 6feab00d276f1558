import type { CodeTable } from '../code-table.ts'

export const storeCodes = {} as const satisfies CodeTable
