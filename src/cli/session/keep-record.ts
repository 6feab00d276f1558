import { BrokenRun } from '../../apply/run/broken-run.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { Store } from '../../store/open-store.ts'
import { EXIT, type ExitCode, exitFor } from '../exit-code.ts'
import type { CommandContext } from '../program/command-context.ts'

/** Commands that read the cluster into the state or change it; of others only a refusal is written down. */
const RECORDED: ReadonlySet<string> = new Set(['sync', 'plan', 'apply', 'recover', 'revert', 'gc', 'unlock'])

/** The command line without values of variables, which may be secrets. */
const withoutValues = (args: readonly string[]): readonly string[] =>
  args.map((arg, at) => {
    const isValue = /^--?var$/.test(args[at - 1] ?? '')
    const [, lead = '', name] = /^(--?var=)?([^=]*)=/.exec(arg) ?? []
    return (isValue || lead !== '') && name !== undefined ? `${lead}${name}=…` : arg
  })

const codeFor = ({ io }: CommandContext, error: unknown): ExitCode => {
  if (io.signal.aborted) return EXIT.interrupted
  if (error instanceof BrokenRun) return EXIT.incomplete
  return error instanceof DiagnosticError ? exitFor(error.diagnostics) : EXIT.error
}

/** What a command came to, as the audit log tells it. */
interface Ending {
  readonly exit: ExitCode
  /** Why it could not go on. */
  readonly thrown?: unknown
  /** When it read the cluster. */
  readonly synced: readonly string[]
}

/** Writes down who asked for what, and how it ended. */
const keepRecord = async (
  { command, io, problems, report }: CommandContext,
  store: Store,
  { exit, thrown, synced }: Ending,
): Promise<void> => {
  if (!RECORDED.has(command) && exit !== EXIT.refused) return
  const last = thrown instanceof DiagnosticError ? thrown.diagnostics : []
  const codes = [...new Set([...problems, ...last.map(({ code }) => code)])].sort()
  // A state that cannot be written was the command's own problem already, and is told by it.
  if (codes.some((code) => code.startsWith('store.') && code !== 'store.in-use')) return
  try {
    await store.audit.command({
      command,
      args: withoutValues(io.args),
      exit,
      problems: codes,
      ...(synced.length > 0 && { synced }),
    })
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    report(error.diagnostics)
  }
}

/** Does a command's work and keeps a record of it in the audit log. `synced`: when it has read the cluster, by the end. */
export const recorded = async (
  context: CommandContext,
  store: Store,
  synced: readonly string[],
  work: () => Promise<ExitCode>,
): Promise<ExitCode> => {
  try {
    const exit = await work()
    await keepRecord(context, store, { exit, synced })
    return exit
  } catch (thrown) {
    await keepRecord(context, store, { exit: codeFor(context, thrown), thrown, synced })
    throw thrown
  }
}
