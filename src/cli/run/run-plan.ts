import type { RunOutcome } from '../../apply/apply-event.ts'
import { applyPlan } from '../../apply/apply-plan.ts'
import { exitCodeOf } from '../../apply/run/run-outcome.ts'
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { guardProblems } from '../../plan/guards.ts'
import { isEmptyPlan, type Plan } from '../../plan/plan.ts'
import { outcomeText } from '../../render/apply-text.ts'
import { outputJson, outputsText } from '../../render/output-view.ts'
import type { Secrets } from '../../resource/desired.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { CommandContext } from '../program/command-context.ts'
import type { ApprovalOptions, FormatOptions } from '../program/command-options.ts'
import { parallelismOf } from '../program/number-option.ts'
import { formatOf } from '../program/plan-format.ts'
import type { Session } from '../session/session.ts'
import { allowsIrreversible, approve } from './approve.ts'
import { madeSince } from './made-since.ts'
import { listenTo } from './report-events.ts'
import { explainMissing } from './rights-advice.ts'
import { waitingGuests, waitingLine } from './waiting-guests.ts'

type Executed =
  | { readonly outcome: RunOutcome; readonly stale?: never }
  | { readonly outcome?: never; readonly stale: readonly Diagnostic[] }

/** What has happened since the plan was made that it knows nothing of. What is read to find out is not held while the plan runs. */
const staleBy = async ({ store }: Session, plan: Plan): Promise<readonly Diagnostic[]> => {
  const [unfinished] = await store.runs.unfinished()
  if (unfinished)
    return [
      diagnose('apply.stale-plan', {
        detail: `Run ${unfinished.run.id} was cut short since this plan was made. Nothing was changed. Undo or finish that run first.`,
        hint: 'mpc recover',
      }),
    ]
  const [applied, latest] = await Promise.all([store.bindings.all(), store.observations.latest()])
  return madeSince(plan, applied, latest?.observed)
}

const execute = async (
  context: CommandContext,
  session: Session,
  plan: Plan,
  { secrets, options, asOf }: RunOptions,
): Promise<Executed> => {
  const listener = await listenTo(context)
  try {
    return await session.write(plan.origin.kind === 'revert' ? 'mpc revert' : 'mpc apply', async (world) => {
      const stale = await staleBy(session, plan)
      if (stale.length > 0) return { stale }
      const run = await session.store.runs.nextId(plan.id)
      const parallelism = parallelismOf(options) ?? session.settings.defaults.parallelism
      const { origin } = plan
      const earlier = origin.kind === 'revert' ? await session.store.runs.measured(origin.run) : undefined
      return {
        outcome: await applyPlan(
          plan,
          { run, ...(earlier && { earlier }), ...(asOf !== undefined && { asOf }) },
          { ...world, secrets, parallelism },
          listener.emit,
        ),
      }
    })
  } finally {
    await listener.end()
  }
}

/** What the run came to stands, whether or not the server still answers afterwards: a state that is behind is only a warning, one that is lost is not. */
const refreshState = async (context: CommandContext, session: Session, plan: Plan): Promise<'lost' | undefined> => {
  try {
    await session.refresh(plan)
    return undefined
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    if (error.diagnostics.some(({ code }) => code === 'store.lost')) {
      context.report(error.diagnostics)
      return 'lost'
    }
    context.report([
      diagnose('cli.state-behind', {
        detail: `The run has ended, but the cluster could not be read afterwards: ${error.diagnostics.map(({ detail }) => detail).join(' ')} Read it before you plan again.`,
        hint: 'mpc sync',
      }),
    ])
    return undefined
  }
}

/** What a clone or a changed or deleted option takes depends on what the guest has. */
const dependsOnGuest = ({ path, params }: ApiRequest): boolean =>
  path.endsWith('/clone') || params?.['delete'] !== undefined || params?.['features'] !== undefined

/** What the login lacks for the plan now; guests are only looked at where it depends on them. */
const lackedFor = async (session: Session, plan: Plan): Promise<Diagnostic | undefined> => {
  const rights = await session.rights()
  const depends = plan.steps.some(({ requests }) => requests.some(dependsOnGuest))
  const latest = depends ? await session.store.observations.latest() : undefined
  const guests = latest?.observed.guests ?? []
  return explainMissing(plan, { guests, ...(rights && { rights }) }, 'cli.rights-refused')
}

/** Changes that are written are not all in effect: guests of the plan that wait for their next start are named. */
const tellWaiting = async ({ report }: CommandContext, { store }: Session, plan: Plan): Promise<void> => {
  const touched = new Set(plan.steps.flatMap(({ guest }) => (guest ? [guest.vmid as number] : [])))
  const latest = touched.size === 0 ? undefined : await store.observations.latest()
  const waiting = latest ? waitingGuests(await store.bindings.all(), latest.observed, touched) : []
  if (waiting.length === 0) return
  report([
    diagnose('cli.reboot-pending', {
      detail: `What was written takes effect at the next start of:\n${waiting.map((guest) => `- ${waitingLine(guest)}`).join('\n')}\nRestart them when convenient, or allow it with \`lifecycle { reboot = "allowed" }\`: the next plan restarts them then.`,
    }),
  ])
}

/** A state that could not be written a moment ago is not written to again. */
const cannotKeep = ({ diagnostics }: RunOutcome): boolean => diagnostics.some(({ code }) => code.startsWith('store.'))

interface RunOptions {
  readonly secrets: Secrets
  readonly options: ApprovalOptions & FormatOptions
  /** When the picture was taken that the plan was made from. */
  readonly asOf: string | undefined
  /** A person has seen the plan before. */
  readonly seen?: boolean
  /** Outputs as they are after the run; missing: the plan has none. */
  readonly outputs?: () => Promise<Plan['outputs']>
}

const printOutputs = (context: CommandContext, outputs: Plan['outputs']): void => {
  if (outputs.length === 0) return
  if (context.global.json) context.printJson({ type: 'outputs', outputs: outputs.map(outputJson) })
  else context.print(outputsText(outputs))
}

/** With JSON the events have said it. */
const printOutcome = async (context: CommandContext, plan: Plan, outcome: RunOutcome, options: FormatOptions) => {
  const format = formatOf(context, options)
  if (format === 'markdown')
    context.print((await import('../../render/outcome-markdown.ts')).outcomeMarkdown(plan, outcome))
  else if (!context.global.json) context.print(outcomeText(plan, outcome, context.paint).trimStart())
}

/**
 * Shows a plan, gets it approved, carries it out, reports, and brings the local state up to date. The one path by which
 * `apply` and `revert` change a cluster.
 */
export const runPlan = async (
  context: CommandContext,
  session: Session,
  plan: Plan,
  { secrets, options, asOf, seen = false, outputs }: RunOptions,
): Promise<ExitCode> => {
  if (isEmptyPlan(plan)) {
    const { showPlan } = await import('./show-plan.ts')
    await showPlan(context, plan, { options, asOf })
    if (outputs) printOutputs(context, plan.outputs)
    return EXIT.done
  }
  const missing = await lackedFor(session, plan)
  if (missing) {
    context.report([missing])
    return EXIT.error
  }
  const latest = await session.store.observations.latest()
  const guarded = guardProblems(session.settings.guards, plan.steps, latest?.observed.guests ?? [])
  context.report(guarded, session.sources)
  if (!allowsIrreversible(context, plan, options) || guarded.length > 0) return EXIT.refused
  const end = await approve(context, plan, { options, seen, asOf })
  if (end !== 'approved') return end === 'interrupted' ? EXIT.interrupted : EXIT.refused
  const { outcome, stale } = await execute(context, session, plan, { secrets, options, asOf })
  if (!outcome) {
    context.report(stale)
    return EXIT.stale
  }
  context.report(context.global.json ? [] : outcome.diagnostics)
  await printOutcome(context, plan, outcome, options)
  // After an interruption nothing more is asked of the server: the next command that reads it does so.
  if (!context.io.signal.aborted && !cannotKeep(outcome)) {
    if ((await refreshState(context, session, plan)) === 'lost') return EXIT.incomplete
    await tellWaiting(context, session, plan)
  }
  if (outputs && outcome.status === 'applied' && !context.io.signal.aborted) printOutputs(context, await outputs())
  return exitCodeOf(outcome)
}
