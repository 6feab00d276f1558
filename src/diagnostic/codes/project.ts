import type { CodeTable } from '../code-table.ts'

export const projectCodes = {} as const satisfies CodeTable
