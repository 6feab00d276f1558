import type { CodeTable } from '../code-table.ts'

export const exportCodes = {
  'export.unknown-guest': { severity: 'warning', summary: 'A guest is not exported' },
  'export.not-expressible': { severity: 'warning', summary: 'A guest cannot be expressed in the other tool' },
  'export.loss': { severity: 'warning', summary: 'Something of a guest is lost in the export' },
} as const satisfies CodeTable
