import type { CodeTable } from '../code-table.ts'

export const kindCodes = {
  'kind.invalid-value': { severity: 'error', summary: 'Invalid value for an attribute' },
  'kind.unknown-attribute': { severity: 'error', summary: 'Unknown attribute' },
  'kind.unknown-property': { severity: 'error', summary: 'Unknown key in a property map' },
  'kind.not-declarable': { severity: 'error', summary: 'Attribute cannot be declared' },
  'kind.secret-in-property': { severity: 'error', summary: 'Secret inside a property string' },
} as const satisfies CodeTable
