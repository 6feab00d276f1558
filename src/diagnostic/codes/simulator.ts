import type { CodeTable } from '../code-table.ts'

export const simulatorCodes = {} as const satisfies CodeTable
