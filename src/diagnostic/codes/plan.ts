import type { CodeTable } from '../code-table.ts'

export const planCodes = {
  'plan.unknown-target': { severity: 'error', summary: 'Unknown resource address' },
} as const satisfies CodeTable
