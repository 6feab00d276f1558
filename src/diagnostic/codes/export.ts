import type { CodeTable } from '../code-table.ts'

export const exportCodes = {
  'export.unknown-guest': { severity: 'warning', summary: 'A guest is not exported' },
  'export.not-expressible': { severity: 'warning', summary: 'A guest cannot be expressed in the other tool' },
  'export.loss': { severity: 'warning', summary: 'Export loses part of a guest' },
} as const satisfies CodeTable
