import type { CodeTable } from '../code-table.ts'

export const proxmoxCodes = {} as const satisfies CodeTable
