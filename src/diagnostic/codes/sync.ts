import type { CodeTable } from '../code-table.ts'

export const syncCodes = {
  'sync.node-unknown': { severity: 'warning', summary: 'A node does not answer' },
  'sync.guest-hidden': { severity: 'warning', summary: 'Guests may not be read' },
  'sync.guest-unreadable': { severity: 'warning', summary: 'The configuration of a guest cannot be read' },
  'sync.other-cluster': { severity: 'error', summary: 'Another cluster answers' },
  'sync.cluster-hidden': { severity: 'warning', summary: 'The name of the cluster may not be read' },
  'sync.addresses-hidden': { severity: 'warning', summary: 'Addresses of guests may not be read' },
  'sync.nothing-visible': { severity: 'warning', summary: 'The server shows neither guests nor storages' },
} as const satisfies CodeTable
