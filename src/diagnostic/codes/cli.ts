import type { CodeTable } from '../code-table.ts'

export const cliCodes = {} as const satisfies CodeTable
