import type { CodeTable } from '../code-table.ts'

export const cliCodes = {
  'cli.usage': { severity: 'error', summary: 'Wrong usage' },
  'cli.unknown-shell': { severity: 'error', summary: 'Unknown shell' },
  'cli.bad-option': { severity: 'error', summary: 'Invalid value for an option' },
  'cli.not-synced': { severity: 'error', summary: 'The cluster has not been read yet' },
  'cli.run-under-way': { severity: 'warning', summary: 'A run is under way' },
  'cli.unfinished-run': { severity: 'warning', summary: 'A run was cut short' },
  'cli.recovery-undecided': { severity: 'error', summary: 'A run was cut short' },
  'cli.no-such-run': { severity: 'error', summary: 'No such unfinished run' },
  'cli.mass-destroy': { severity: 'error', summary: 'Most of what is managed would be destroyed' },
  'cli.no-such-plan': { severity: 'error', summary: 'No such plan' },
  'cli.missing-secret': { severity: 'error', summary: 'A secret of the plan is not at hand' },
  'cli.needs-approval': { severity: 'error', summary: 'Approval is needed' },
  'cli.irreversible-steps': { severity: 'error', summary: 'The plan has steps that cannot be undone' },
  'cli.file-exists': { severity: 'error', summary: 'A file is in the way' },
  'cli.bad-cluster-file': { severity: 'error', summary: 'The cluster description cannot be used' },
  'cli.no-such-file': { severity: 'error', summary: 'The file does not exist' },
  'cli.file-trouble': { severity: 'error', summary: 'A file or folder cannot be used' },
  'cli.cannot-listen': { severity: 'error', summary: 'The port cannot be used' },
  'cli.nothing-to-export': { severity: 'error', summary: 'Nothing to export' },
  'cli.state-behind': { severity: 'warning', summary: 'The local state is behind the cluster' },
} as const satisfies CodeTable
