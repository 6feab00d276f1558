import type { RunOutcome } from '../../apply/apply-event.ts'
import type { UnfinishedRun } from '../../apply/journal.ts'
import { inspectRun, type RunInspection, type Standing, type StepStanding } from '../../apply/recover/inspect-run.ts'
import { recoverRun } from '../../apply/recover/recover-run.ts'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import { guardProblems, madeBy, namesGuest, vmidsChangedBy } from '../../plan/guards.ts'
import { outcomeText } from '../../render/apply-text.ts'
import { timeText } from '../../render/duration-text.ts'
import { leaseInUse } from '../../store/lease-store.ts'
import { counted } from '../../util/counted.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { CommandContext, CommandInput } from '../program/command-context.ts'
import type { VariableOptions } from '../program/command-options.ts'
import type { CommandOptions } from '../program/command-table.ts'
import { isAttended } from '../program/is-attended.ts'
import { secretsFor } from '../session/secrets-for.ts'
import type { Session, WritingWorld } from '../session/session.ts'
import { listenTo } from './report-events.ts'
import { unfinishedDiagnostic } from './unfinished.ts'

type Direction = 'undo' | 'finish'

/** `mpc apply` and `mpc revert` have but one of the options that decide. */
type RecoveryOptions = VariableOptions & Pick<CommandOptions<'recover'>, 'undo' | 'finish' | 'autoApprove'>

/** What the command line has decided already. */
const decidedBy = (options: RecoveryOptions): Direction | undefined => {
  if (options.finish === true) return 'finish'
  return options.undo === true || options.autoApprove === true ? 'undo' : undefined
}

const STANDING = {
  done: 'done',
  partly: 'done in part',
  'not-done': 'not done',
  failed: 'failed',
  undone: 'undone again',
  'undo-failed': 'could not be undone',
  running: 'still under way',
  unknown: 'not known: the server does not say',
} as const satisfies Record<Standing, string>

const standingLine = ({ step, standing, upid }: StepStanding): string =>
  `  - ${step.address}: ${step.summary}: ${STANDING[standing]}${upid === undefined ? '' : ` (task ${upid})`}\n`

/** Steps of the end of a plan that were not begun need no line each. */
const standingLines = (steps: readonly StepStanding[]): readonly string[] => {
  const last = steps.findLastIndex(({ standing }) => standing !== 'not-done') + 1
  const rest = steps.length - last
  return [...steps.slice(0, last).map(standingLine), ...(rest > 0 ? [`  - ${counted(rest, 'step')} not begun\n`] : [])]
}

const IS_DONE: ReadonlySet<Standing> = new Set(['done', 'partly', 'failed', 'running', 'unknown', 'undo-failed'])

/** Tidying up that failed is not tried again. */
const leftOf = ({ steps }: RunInspection): number =>
  steps.filter(({ step, standing }) => standing !== 'done' && !(step.optional && standing === 'failed')).length

const undoText = (inspection: RunInspection): string => {
  const { steps, complete } = inspection
  const what = leftOf(inspection) === 0 ? 'all its steps' : 'all its steps but the removal of old snapshots'
  if (complete) return `nothing: ${what} were carried out, so it counts as applied (mpc revert undoes it then)`
  const begun = steps.filter(({ step, standing }) => !step.optional && IS_DONE.has(standing))
  return begun.length === 0
    ? 'there is nothing to undo; the run is closed'
    : `undoes ${counted(begun.length, 'step')}, last first`
}

const finishText = (inspection: RunInspection): string => {
  const { whyNotFinish } = inspection
  const left = leftOf(inspection)
  if (left === 0) return 'records it as applied'
  if (whyNotFinish !== undefined) return `not possible: ${whyNotFinish}`
  return `carries out ${counted(left, 'step')} that ${left === 1 ? 'is' : 'are'} left`
}

const showRun = ({ global, print, report }: CommandContext, unfinished: UnfinishedRun, found: RunInspection): void => {
  if (global.json) {
    report([unfinishedDiagnostic(unfinished)])
    return
  }
  const { run, steps } = found
  print(
    `Run ${run.id} began ${timeText(run.startedAt)} and never ended. Its steps:\n${standingLines(steps).join('')}\n` +
      `  undo    ${undoText(found)}\n  finish  ${finishText(found)}\n\n`,
  )
}

const ask = async (context: CommandContext, { run, whyNotFinish }: RunInspection): Promise<Direction | ExitCode> => {
  const { io, global, note, report } = context
  if (!isAttended(io) || global.json) {
    report([
      diagnose('cli.recovery-undecided', {
        detail: `Run ${run.id} was cut short, and there is no terminal to ask whether to undo or finish it. Nothing was changed.`,
        hint: 'mpc recover --undo   or   mpc recover --finish',
      }),
    ])
    return EXIT.refused
  }
  const question =
    whyNotFinish === undefined
      ? 'Undo it or finish it? ("undo", "finish"; anything else leaves it): '
      : 'Undo it? ("undo"; anything else leaves it): '
  const answer = await io.stdin.ask(question)
  if (answer === undefined && io.signal.aborted) return EXIT.interrupted
  const word = answer?.trim()
  if (word === 'undo' || (word === 'finish' && whyNotFinish === undefined)) return word
  note(`Nothing was changed. Run ${run.id} is still unfinished.\n`)
  return EXIT.refused
}

const codeOf = ({ status }: RunOutcome, direction: Direction): ExitCode => {
  if (status === 'incomplete' || status === 'running') return EXIT.incomplete
  return direction === 'finish' && status === 'rolled-back' ? EXIT.rolledBack : EXIT.done
}

const recoverOne = async (
  context: CommandContext,
  session: Session,
  input: CommandInput<RecoveryOptions>,
  unfinished: UnfinishedRun,
  world: WritingWorld,
): Promise<ExitCode> => {
  const found = await inspectRun(unfinished, world)
  showRun(context, unfinished, found)
  const direction = decidedBy(input.options) ?? (await ask(context, found))
  if (typeof direction === 'number') return direction
  if (!(await mayGoOn(context, session, found, direction))) return EXIT.refused
  // What is undone needs no secret: a reversal that does is told by the step it belongs to.
  const secrets =
    direction === 'finish'
      ? await secretsFor(context, session, input, unfinished.plan, 'mpc recover --undo')
      : NO_SECRETS
  if ('exit' in secrets) return secrets.exit
  const listener = await listenTo(context)
  const outcome = await recoverRun(unfinished, { direction }, { ...world, ...secrets }, listener.emit).finally(
    listener.end,
  )
  context.report(context.global.json ? [] : outcome.diagnostics)
  if (!context.global.json)
    context.print(outcomeText(unfinished.plan, outcome, context.paint, { cutShort: direction === 'undo' }).trimStart())
  return codeOf(outcome, direction)
}

/**
 * What is left of a run is held against the rules of the workspace like a plan. Undoing only takes back what the run itself did, so no rule but
 * `read_only` stops it; what a rule would have kept is said.
 */
const mayGoOn = async (
  { report, note }: CommandContext,
  { settings, store, sources }: Session,
  { plan, steps }: RunInspection,
  direction: Direction,
): Promise<boolean> => {
  const guests = (await store.observations.latest())?.observed.guests ?? []
  const own = madeBy(plan.steps)
  if (direction === 'finish') {
    const left = steps.filter(({ standing }) => standing !== 'done').map(({ step }) => step)
    const problems = guardProblems(settings.guards, left, guests, own)
    report(problems, sources)
    return problems.length === 0
  }
  const touched = new Set(
    steps.flatMap(({ step, standing }) => (IS_DONE.has(standing) ? [...vmidsChangedBy(step)] : [])),
  )
  const named = [...touched].filter((vmid) => settings.guards.protect.some((rule) => namesGuest(rule, vmid, guests)))
  if (named.length > 0)
    note(
      `"protect" in the settings names ${named.sort((a, b) => a - b).join(', ')}: only what this run itself made of ${named.length === 1 ? 'it' : 'them'} is taken back.\n`,
    )
  return true
}

const NO_SECRETS = { secrets: new Map<string, string>() }

/**
 * Ends runs that were cut short: shows how each stands and asks whether to undo or to finish it, unless the options say so. The lease is held from
 * before they are read until they are ended. Gives the first exit code that is not `done`; all runs are ended when there is none. `only`: this
 * run.
 */
export const recoverRuns = (
  context: CommandContext,
  session: Session,
  input: CommandInput<RecoveryOptions>,
  only?: string,
): Promise<ExitCode> =>
  session.write('mpc recover', async (world) => {
    const runs = await session.store.runs.unfinished()
    const meant = only === undefined ? runs : runs.filter(({ run, plan }) => run.id === only || plan.id === only)
    if (only !== undefined && meant.length === 0) {
      const there = runs.length === 0 ? 'There is none.' : `Unfinished: ${runs.map(({ run }) => run.id).join(', ')}.`
      context.report([
        diagnose('cli.no-such-run', {
          detail: `No unfinished run has the id "${only}". ${there}`,
          hint: 'mpc history',
        }),
      ])
      return EXIT.error
    }
    for (const unfinished of meant) {
      const code = await recoverOne(context, session, input, unfinished, world)
      if (code !== EXIT.done) return code
    }
    return EXIT.done
  })

/**
 * For commands that are about to change the cluster: says who else is at it, and ends what was cut short, asking first. Undefined: the way is
 * free.
 */
export const clearTheWay = async (
  context: CommandContext,
  session: Session,
  input: CommandInput<RecoveryOptions>,
): Promise<ExitCode | undefined> => {
  const other = await session.store.leases.otherHolder()
  if (other) {
    context.report([leaseInUse(other)])
    return EXIT.error
  }
  if ((await session.store.runs.unfinished()).length === 0) return undefined
  const code = await recoverRuns(context, session, input)
  return code === EXIT.done ? undefined : code
}
