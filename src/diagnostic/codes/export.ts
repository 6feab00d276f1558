import type { CodeTable } from '../code-table.ts'

export const exportCodes = {} as const satisfies CodeTable
