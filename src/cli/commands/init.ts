import { resolve } from 'node:path'
import { hasErrors } from '../../diagnostic/diagnostic.ts'
import { initWorkspace } from '../../project/init-workspace.ts'
import type { CommandContext, Options, RunCommand } from '../command-context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { isAttended } from '../is-attended.ts'
import { textOption } from '../number-option.ts'
import { folderOf, withSession } from '../session.ts'

const askForEndpoint = async ({ io }: CommandContext): Promise<string | undefined> => {
  const fromEnvironment = io.env['PROXMOX_VE_ENDPOINT']?.trim()
  if (fromEnvironment) return fromEnvironment
  if (!isAttended(io)) return undefined
  const answer = (await io.stdin.ask('Where is your Proxmox VE server? (https://pve.example.com:8006) '))?.trim()
  return answer === '' ? undefined : answer
}

const initialSettings = async (context: CommandContext, options: Options) => {
  const endpoint = textOption(options, 'endpoint') ?? (await askForEndpoint(context))
  return {
    endpoint,
    'tls.fingerprint': textOption(options, 'fingerprint'),
    'tls.ca_file': textOption(options, 'caFile'),
    'tls.insecure': options['insecure'] === true ? true : undefined,
    'credentials.token_file': textOption(options, 'tokenFile'),
  }
}

/** The settings stay when the connection fails: they are what has to be mended. */
const testConnection = (context: CommandContext): Promise<ExitCode> =>
  withSession(context, async ({ reader }) => {
    const { version } = await (await reader()).version()
    context.print(`Connected: Proxmox VE ${version}.\n`)
    context.note('Next: mpc sync\n')
    return EXIT.done
  })

export const run: RunCommand = async (context, { options }) => {
  const root = resolve(folderOf(context))
  await context.io.files.makeFolder(root)
  const values = await initialSettings(context, options)
  const { value, diagnostics } = await initWorkspace(context.io.files, root, values, options['force'] === true)
  context.report(diagnostics)
  if (!value || hasErrors(diagnostics)) return EXIT.error
  if (context.global.json) context.printJson({ type: 'initialized', settings: value.settingsFile })
  else context.print('Wrote .proxmox/config.yml; it holds no secret and belongs into Git.\n')
  return options['test'] === false ? EXIT.done : testConnection(context)
}
