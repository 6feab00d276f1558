import { type Loaded, loadDeclarations } from '../declaration/load-declarations.ts'
import { hasErrors } from '../diagnostic/diagnostic.ts'
import type { Observed } from '../resource/observed.ts'
import type { CommandContext, CommandInput } from './command-context.ts'
import { fingerprintKey } from './fingerprint-key.ts'
import { listOption } from './number-option.ts'
import type { Session } from './session.ts'

/** Asks for what has no value, on a terminal; elsewhere the missing variables are errors. */
const askForMissing = async (
  { io }: CommandContext,
  missing: Loaded['missingVariables'],
): Promise<readonly string[] | undefined> => {
  if (missing.length === 0 || !io.stdin.isTerminal || !io.stderr.isTerminal) return undefined
  const answers: string[] = []
  for (const { name, description, sensitive } of missing) {
    const what = description === undefined ? '' : ` (${description})`
    const answer = await io.stdin.ask(`var.${name}${what}: `, { secret: sensitive })
    if (answer === undefined) return undefined
    answers.push(`${name}=${answer}`)
  }
  return answers
}

/**
 * Reads and evaluates what the command line names, or everything in the folder. Problems are reported with their lines; undefined when
 * there are errors.
 */
export const readDeclarations = async (
  context: CommandContext,
  session: Pick<Session, 'folder' | 'workspace'>,
  { args, options }: CommandInput,
  observed: Observed,
): Promise<Loaded | undefined> => {
  const { io, report } = context
  const load = async (variables: readonly string[]) =>
    loadDeclarations({
      folder: session.folder,
      paths: args,
      files: io.files,
      env: io.env,
      variables,
      variableFiles: listOption(options, 'varFile'),
      observed,
      fingerprintKey: await fingerprintKey(io.files, session.workspace),
    })
  const given = listOption(options, 'var')
  const first = await load(given)
  const answers = await askForMissing(context, first.missingVariables)
  const loaded = answers ? await load([...given, ...answers]) : first
  report(loaded.diagnostics, loaded.sources)
  return hasErrors(loaded.diagnostics) ? undefined : loaded
}
