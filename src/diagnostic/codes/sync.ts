import type { CodeTable } from '../code-table.ts'

export const syncCodes = {} as const satisfies CodeTable
