import type { CodeTable } from '../code-table.ts'

export const projectCodes = {
  'project.no-folder': { severity: 'error', summary: 'The folder does not exist' },
  'project.no-workspace': { severity: 'error', summary: 'This folder is not in a workspace' },
  'project.workspace-exists': { severity: 'error', summary: 'This folder is a workspace already' },
  'project.not-initialized': { severity: 'error', summary: 'Workspace was not created' },
  'project.untrusted': { severity: 'error', summary: 'The settings of this folder are not trusted yet' },
  'project.foreign-settings': { severity: 'error', summary: 'Settings file belongs to another user' },
  'project.invalid-yaml': { severity: 'error', summary: 'The settings are not valid YAML' },
  'project.unknown-setting': { severity: 'error', summary: 'Unknown setting' },
  'project.invalid-setting': { severity: 'error', summary: 'The value of a setting is not possible' },
  'project.secret-in-settings': { severity: 'error', summary: 'Settings may not hold a secret' },
  'project.missing-endpoint': { severity: 'error', summary: 'No server configured' },
  'project.invalid-endpoint': { severity: 'error', summary: 'The endpoint is not an address' },
  'project.plain-http': { severity: 'warning', summary: 'The connection is not encrypted' },
  'project.certificate-unchecked': { severity: 'warning', summary: "The server's certificate is not verified" },
  'project.unreadable-ca': { severity: 'error', summary: 'CA file cannot be used' },
  'project.missing-credentials': { severity: 'error', summary: 'No credentials were given' },
  'project.incomplete-credentials': { severity: 'error', summary: 'The credentials are incomplete' },
  'project.unreadable-credentials': { severity: 'error', summary: 'The credentials cannot be read' },
  'project.invalid-token': { severity: 'error', summary: 'The API token is not well formed' },
} as const satisfies CodeTable
