import { type Loaded, loadDeclarations } from '../../declaration/load-declarations.ts'
import { lookupsOf } from '../../declaration/lookups-of.ts'
import type { NoteAddresses } from '../../declaration/module/address-value.ts'
import { diagnose, hasErrors } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { knownGuests } from '../../plan/binding/known-guests.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../plan/plan-options.ts'
import type { Desired } from '../../resource/desired.ts'
import type { Vmid } from '../../resource/guest.ts'
import type { KnownGuests } from '../../resource/known-guest.ts'
import type { Observed } from '../../resource/observed.ts'
import { visibleLine } from '../../util/visible.ts'
import { askPerson } from '../program/ask-person.ts'
import type { CommandContext, CommandInput, VariableArgument } from '../program/command-context.ts'
import type { VariableOptions } from '../program/command-options.ts'
import { isAttended } from '../program/is-attended.ts'
import { fingerprintKey } from './fingerprint-key.ts'
import type { Session } from './session.ts'

/** Asks for what has no value, on a terminal; elsewhere the missing variables are errors. */
const askForMissing = async (
  { io }: CommandContext,
  missing: Loaded['missingVariables'],
): Promise<readonly VariableArgument[] | undefined> => {
  if (missing.length === 0 || !isAttended(io)) return undefined
  const answers: { readonly text: string }[] = []
  for (const { name, description, sensitive } of missing) {
    const what = description === undefined ? '' : ` (${description})`
    const answer = await askPerson(io, visibleLine(`var.${name}${what}: `), { secret: sensitive })
    if (answer === undefined) return undefined
    answers.push({ text: `${name}=${answer}` })
  }
  return answers
}

/** A variable of the command line as the loader takes it. Throws a diagnostic for one without a name. */
export const argumentOf = (argument: VariableArgument) => {
  if ('file' in argument) return argument
  const at = argument.text.indexOf('=')
  if (at > 0) return { name: argument.text.slice(0, at), value: argument.text.slice(at + 1) }
  throw new DiagnosticError([
    diagnose('cli.bad-option', {
      detail: `--var takes name=value, not "${argument.text}".`,
      hint: 'mpc plan --var web_count=3',
    }),
  ])
}

/** What a plan would know of declared guests; the bindings are read only when an expression needs them. */
const guestsKnownTo =
  ({ store, settings }: Pick<Session, 'store' | 'settings'>, observed: Observed) =>
  async (desired: Desired): Promise<KnownGuests> =>
    knownGuests(desired, observed, await store.bindings.all(), {
      ...DEFAULT_PLAN_OPTIONS,
      vmids: settings.defaults.vmids,
    })

/**
 * Reads and evaluates what the command line names, or everything in the folder. Problems are reported with their lines; undefined when
 * there are errors.
 */
export const readDeclarations = async (
  context: CommandContext,
  session: Pick<Session, 'folder' | 'workspace' | 'settings' | 'store' | 'tellAddresses'>,
  { args, options, variables: given }: CommandInput<VariableOptions>,
  observed: Observed,
  { ask = true, mayBeEmpty = false }: { readonly ask?: boolean; readonly mayBeEmpty?: boolean } = {},
): Promise<Loaded | undefined> => {
  const { io, report } = context
  const key = await fingerprintKey(io.files, session.workspace)
  const read = async (variables: readonly VariableArgument[], seen: Observed, noteAddresses: NoteAddresses) => {
    const { value, diagnostics } = await loadDeclarations({
      folder: session.folder,
      paths: args,
      files: io.files,
      env: io.env,
      variables: variables.map(argumentOf),
      lookups: lookupsOf(seen, noteAddresses),
      known: guestsKnownTo(session, seen),
      noteAddresses,
      fingerprintKey: key,
      allowFiles: options.allowFiles === true,
    })
    return { loaded: value, diagnostics }
  }
  // Guests are asked for their addresses only where an expression needs them.
  const load = async (variables: readonly VariableArgument[]) => {
    const asked = new Set<Vmid>()
    const first = await read(variables, observed, (vmid) => void asked.add(vmid))
    const told = asked.size > 0 ? await session.tellAddresses(observed, asked) : observed
    return told === observed ? first : read(variables, told, () => undefined)
  }
  const first = await load(given)
  const answers = ask ? await askForMissing(context, first.loaded?.missingVariables ?? []) : undefined
  const { loaded, diagnostics } = answers ? await load([...given, ...answers]) : first
  const told = mayBeEmpty ? diagnostics.filter(({ code }) => code !== 'declaration.no-files') : diagnostics
  report(told, loaded?.sources)
  return hasErrors(told) ? undefined : loaded
}
