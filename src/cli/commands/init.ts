import { resolve } from 'node:path'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { type PlannedWorkspace, planWorkspace, writeWorkspace } from '../../project/init-workspace.ts'
import { trust, trustQuestion } from '../../project/trust.ts'
import { readEndpoint } from '../../proxmox/endpoint.ts'
import { shellWord } from '../../util/shell-word.ts'
import { EXIT } from '../exit-code.ts'
import { askPerson } from '../program/ask-person.ts'
import type { CommandContext, RunCommand } from '../program/command-context.ts'
import type { CommandOptions } from '../program/command-table.ts'
import { isAttended } from '../program/is-attended.ts'
import { connect } from '../session/connect.ts'
import { folderOf } from '../session/session.ts'

const askForEndpoint = async ({ io }: CommandContext): Promise<string | undefined> => {
  const fromEnvironment = io.env['PROXMOX_VE_ENDPOINT']?.trim()
  if (fromEnvironment) return fromEnvironment
  if (!isAttended(io)) return undefined
  const answer = (await askPerson(io, 'Where is your Proxmox VE server? (https://pve.example.com:8006) '))?.trim()
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
      context.note(`PROXMOX_VE_ENDPOINT is ${named} and overrides these settings while it is set.\n`)
    return version
  } finally {
    client.close()
  }
}

/** The command line as it was typed, with what was answered and what was found out. */
const sameCommand = ({ io }: CommandContext, { settings }: PlannedWorkspace, more: readonly string[]): string => {
  const isNamed = io.args.some((arg) => /^--?endpoint(?:=|$)/.test(arg)) || settings.endpoint === undefined
  const endpoint = isNamed ? [] : ['--endpoint', settings.endpoint?.origin ?? '']
  return ['mpc', ...io.args, ...endpoint, ...more].map(shellWord).join(' ')
}

/** The fingerprint the server showed, where its certificate is all that is wrong. */
const seenFingerprint = ({ diagnostics }: DiagnosticError): string | undefined =>
  diagnostics
    .filter(({ code }) => code === 'proxmox.untrusted-certificate')
    .flatMap(({ detail }) => /(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(detail) ?? [])[0]

const nothingWritten = (
  context: CommandContext,
  planned: PlannedWorkspace,
  error: DiagnosticError,
): DiagnosticError => {
  const seen = seenFingerprint(error)
  const pinned = seen === undefined ? [] : [sameCommand(context, planned, ['--fingerprint', seen])]
  return new DiagnosticError([
    // What is to be written into a file does not help before there is one.
    ...error.diagnostics.map(({ hint, ...rest }) =>
      seen === undefined && hint !== undefined ? { ...rest, hint } : rest,
    ),
    diagnose('project.not-initialized', {
      detail: `No connection could be made as described, so nothing was written. ${seen === undefined ? 'Correct what is wrong and run the same command again' : 'If that is the fingerprint of your server, pin it'}, or write the settings without a test:`,
      hint: [...pinned, sameCommand(context, planned, ['--no-test'])].join('\n'),
    }),
  ])
}

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
    throw error instanceof DiagnosticError ? nothingWritten(context, planned, error) : error
  }
}
