import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../plan/plan-options.ts'
import { counted } from '../../util/counted.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { type Composed, compose, type Ground } from '../import/compose.ts'
import { destinationOf, writeDrafts } from '../import/draft-files.ts'
import { rememberingInput } from '../import/overlay.ts'
import { otherChanges, recordsOf } from '../import/prove.ts'
import { selectGuests } from '../import/select-guests.ts'
import { importedJson, importedText, importText, leftOutDiagnostics } from '../import/show-import.ts'
import { type Sorted, sortGuests } from '../import/sort-guests.ts'
import { askYes, whyNobody } from '../program/ask-yes.ts'
import type { CommandContext, CommandInput, RunCommand } from '../program/command-context.ts'
import type { CommandOptions } from '../program/command-table.ts'
import { tellUnfinished } from '../run/unfinished.ts'
import { readDeclarations } from '../session/read-declarations.ts'
import { lastSync, withSession } from '../session/session.ts'

type Input = CommandInput<CommandOptions<'import'>>

/** As it would be typed again. */
const typed = ({ args, options }: Input): string => {
  const many = (name: string, values: readonly string[] | undefined) =>
    (values ?? []).map((value) => `--${name} ${value}`)
  const words = [
    ...args,
    ...(options.all === true ? ['--all'] : []),
    ...many('tag', options.tag),
    ...many('pool', options.pool),
    ...many('node', options.node),
  ]
  return `mpc import ${words.join(' ')} --auto-approve`
}

const approved = async (context: CommandContext, input: Input, text: string): Promise<ExitCode> => {
  const { global, print, note, report } = context
  if (input.options.autoApprove === true) return EXIT.done
  if (!global.json) print(text)
  const answer = await askYes(context, '\nWrite and bind them?')
  if (answer === 'yes') return EXIT.done
  if (answer === 'nobody')
    report([
      diagnose('cli.needs-approval', {
        detail: `There is no terminal to ask on: ${whyNobody(context)}. Nothing was written.`,
        hint: typed(input),
      }),
    ])
  else note('Nothing was written.\n')
  return answer === 'interrupted' ? EXIT.interrupted : EXIT.refused
}

/** The files first: declarations without bindings are bound by the next import, and bindings without declarations would be destroyed by the next apply. */
const carryOut = async (
  { context, session, applied }: Ground,
  composed: Composed,
  { declared, pools }: Pick<Sorted, 'declared' | 'pools'>,
): Promise<void> =>
  session.alone('mpc import', async () => {
    const now = await session.store.bindings.all()
    if (JSON.stringify(now) !== JSON.stringify(applied))
      throw new DiagnosticError([
        diagnose('cli.state-changed', {
          detail:
            'Another mpc has changed what this workspace manages meanwhile. Nothing was written. Run the command again.',
        }),
      ])
    await writeDrafts(context.io.files, composed.drafts)
    await session.store.bindings.putAll([...composed.records, ...recordsOf(composed.desired, [...pools, ...declared])])
  })

const report = (
  { context, session, applied, picture }: Ground,
  composed: Composed,
  { declared, pools, leftOut }: Pick<Sorted, 'declared' | 'pools' | 'leftOut'>,
): void => {
  const { global, print, printJson } = context
  const own = new Set(composed.records.map(({ address }) => address))
  const bound = [...applied, ...composed.records, ...recordsOf(composed.desired, [...pools, ...declared])]
  const options = { ...DEFAULT_PLAN_OPTIONS, vmids: session.settings.defaults.vmids, allowDuplicateNames: true }
  const others = otherChanges(composed.desired, picture.observed, bound, own, options)
  if (global.json)
    printJson({ ...importedJson(session.folder, composed, declared, leftOut), other_changes: others ?? null })
  else print(importedText(session.folder, composed, declared, others))
}

const NONE: Composed = {
  drafts: [],
  declared: [],
  pools: [],
  records: [],
  leftOut: [],
  desired: { resources: [], outputs: [], moved: [], imports: [], removed: [] },
}

const sayNothing = ({ context, session }: Ground, { managed }: Sorted, leftOut: Sorted['leftOut']): void => {
  const { print, printJson, global } = context
  const [only] = managed
  const all =
    managed.length === 1
      ? `${only?.guest.vmid} is managed already, as ${only?.address}`
      : `${counted(managed.length, 'guest')} are managed already`
  if (global.json) printJson({ ...importedJson(session.folder, NONE, [], leftOut), other_changes: null })
  else print(managed.length === 0 ? 'There is no guest to import.\n' : `There is nothing to import: ${all}.\n`)
}

const importGuests = async (ground: Ground, input: Input, sorted: Sorted): Promise<ExitCode> => {
  const { context, session } = ground
  const composed = await compose(ground, sorted.fresh)
  const leftOut = [...sorted.leftOut, ...composed.leftOut]
  context.report(leftOutDiagnostics(leftOut))
  const { declared, pools } = sorted
  if (composed.declared.length + declared.length === 0) {
    sayNothing(ground, sorted, leftOut)
    return EXIT.done
  }
  const answer = await approved(context, input, importText(context, session.folder, composed, declared))
  if (answer !== EXIT.done) return answer
  await carryOut(ground, composed, sorted)
  report(ground, composed, { declared, pools, leftOut })
  return EXIT.done
}

export const run: RunCommand<'import'> = (given, input) =>
  withSession(given, async (session) => {
    const context = { ...given, io: { ...given.io, stdin: rememberingInput(given.io.stdin) } }
    const destination = destinationOf(session.folder, input.options)
    await tellUnfinished(context, session)
    const picture = input.options.refresh === false ? await lastSync(session) : await session.sync()
    const guests = selectGuests(picture.observed, input.args, input.options)
    const loaded = await readDeclarations(context, session, { ...input, args: [] }, picture.observed, {
      mayBeEmpty: true,
    })
    if (!loaded) return EXIT.error
    const { desired } = loaded
    const applied = await session.store.bindings.all()
    const unfinished = await session.store.runs.unfinished()
    const sorted = sortGuests(guests, { desired, applied, observed: picture.observed, unfinished })
    const ground: Ground = { context, session, input, picture, destination, desired, applied }
    return importGuests(ground, input, sorted)
  })
