import type { CodeTable } from '../code-table.ts'

export const storeCodes = {
  'store.newer-schema': { severity: 'error', summary: 'State was written by a newer mpc' },
  'store.damaged': { severity: 'error', summary: 'State file cannot be read' },
  'store.unopened': { severity: 'error', summary: 'State file cannot be opened' },
  'store.unwritable': { severity: 'error', summary: 'State cannot be written' },
  'store.lost': { severity: 'error', summary: 'State file was deleted or replaced' },
  'store.driver-missing': { severity: 'error', summary: 'SQLite cannot be loaded' },
  'store.migration-failed': { severity: 'error', summary: 'State could not be brought up to date' },
  'store.unknown-plan': { severity: 'error', summary: 'Unknown plan' },
  'store.ambiguous-plan': { severity: 'error', summary: 'Plan id is not unique' },
  'store.no-run': { severity: 'error', summary: 'Plan was never applied' },
  'store.in-use': { severity: 'error', summary: 'Another mpc is changing the cluster' },
  'store.lease-lost': { severity: 'error', summary: 'Another mpc took over' },
  'store.audit-broken': { severity: 'error', summary: 'Audit log does not match its chain' },
} as const satisfies CodeTable
