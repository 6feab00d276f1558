import type { CodeTable } from '../code-table.ts'

export const declarationCodes = {} as const satisfies CodeTable
