import { resolve } from 'node:path'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { type PlannedWorkspace, planWorkspace, writeWorkspace } from '../../project/init-workspace.ts'
import { trust, trustQuestion } from '../../project/trust.ts'
import { readEndpoint } from '../../proxmox/endpoint.ts'
import { EXIT } from '../exit-code.ts'
import type { CommandContext, RunCommand } from '../program/command-context.ts'
import type { CommandOptions } from '../program/command-table.ts'
import { isAttended } from '../program/is-attended.ts'
import { connect } from '../session/connect.ts'
import { folderOf } from '../session/session.ts'

const askForEndpoint = async ({ io }: CommandContext): Promise<string | undefined> => {
  const fromEnvironment = io.env['PROXMOX_VE_ENDPOINT']?.trim()
  if (fromEnvironment) return fromEnvironment
  if (!isAttended(io)) return undefined
  const answer = (await io.stdin.ask('Where is your Proxmox VE server? (https://pve.example.com:8006) '))?.trim()
  return answer === '' ? undefined : answer
}

const initialSettings = async (context: CommandContext, options: CommandOptions<'init'>) => {
  const endpoint = options.endpoint ?? (await askForEndpoint(context))
  return {
    endpoint,
    'tls.fingerprint': options.fingerprint,
    'tls.ca_file': options.caFile,
    'tls.insecure': options.insecure === true ? true : undefined,
    'credentials.token_file': options.tokenFile,
  }
}

/** Connects once as the new settings say, whatever server the environment names; before anything is written. */
const testConnection = async (context: CommandContext, { workspace, settings }: PlannedWorkspace): Promise<string> => {
  const { PROXMOX_VE_ENDPOINT: named, ...env } = context.io.env
  const own = settings.endpoint ? { ...context, io: { ...context.io, env } } : context
  const client = await connect(own, workspace.root, settings, { readOnly: true })
  try {
    const { version } = await client.version()
    if (settings.endpoint && named?.trim() && readEndpoint(named).endpoint?.origin !== settings.endpoint.origin)
      context.note(`PROXMOX_VE_ENDPOINT is ${named} and wins over these settings as long as it is set.\n`)
    return version
  } finally {
    client.close()
  }
}

const nothingWritten = (error: DiagnosticError): DiagnosticError =>
  new DiagnosticError([
    ...error.diagnostics,
    diagnose('project.not-initialized', {
      detail:
        'The server could not be reached as described, so nothing was written. Mend it and run mpc init again, or write the settings without a test.',
      hint: 'mpc init --no-test',
    }),
  ])

export const run: RunCommand<'init'> = async (context, { options }) => {
  const { io, global, note, print, printJson, report } = context
  const root = resolve(folderOf(context))
  const values = await initialSettings(context, options)
  const { value, diagnostics } = await planWorkspace(io.files, root, values, { force: options.force === true })
  report(diagnostics)
  if (!value) return EXIT.error
  const tested = options.test === false ? undefined : await testOrExplain(context, value)
  await writeWorkspace(io.files, value)
  await trust(io, root, await trustQuestion(io, root, value.settings))
  if (global.json) printJson({ type: 'initialized', settings: value.workspace.settingsFile })
  else {
    if (tested !== undefined) print(`Connected: Proxmox VE ${tested}.\n`)
    print('Wrote .proxmox/config.yml; it holds no secret and belongs in Git.\n')
  }
  if (tested !== undefined) note('Next: mpc sync\n')
  return EXIT.done
}

const testOrExplain = async (context: CommandContext, planned: PlannedWorkspace): Promise<string> => {
  try {
    return await testConnection(context, planned)
  } catch (error) {
    throw error instanceof DiagnosticError ? nothingWritten(error) : error
  }
}
