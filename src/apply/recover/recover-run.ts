import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { type Expectation, requiredSteps, type Step } from '../../plan/plan.ts'
import { type ApplyDependencies, DEFAULT_PARALLELISM } from '../apply-dependencies.ts'
import type { ApplyEvent, RunOutcome } from '../apply-event.ts'
import { carryOut, endOfUndoing, type RunEnd, unlessUnwritable } from '../apply-plan.ts'
import { effectOf } from '../effect/request-effect.ts'
import type { RequestRecord, StepRecord, StepStatus, UnfinishedRun } from '../journal.ts'
import { compareWithEarlier } from '../measure/compare-earlier.ts'
import { isoNow, makeContext, type RunContext } from '../request/run-context.ts'
import { notSwept } from '../run/optional-step.ts'
import { keepAccount } from '../run/run-account.ts'
import { outcomeOf } from '../run/run-outcome.ts'
import { resumeStep, runStep, settleStep } from '../run/run-step.ts'
import type { StepResult } from '../run/step-result.ts'
import { type RolledBack, rollBack } from '../undo/roll-back.ts'
import { forwardRecords, remember, whyNotFinish } from './recorded-run.ts'

/** What is known of a step that had ended before the process did. */
const endedResult = (step: Step, record: StepRecord, requests: readonly RequestRecord[]): StepResult => {
  const { status, outputs, after } = record
  const failed = requests.find((request) => request.status === 'failed')
  const certain = status !== 'failed' || requests.some((request) => request.status === 'done')
  return {
    step,
    status: status === 'failed' ? 'failed' : 'done',
    diagnostics: [],
    effect: certain ? 'certain' : failed ? 'maybe' : 'none',
    outputs,
    ...(failed && { failed }),
    ...(after !== undefined && { after }),
  }
}

interface Settled {
  readonly results: readonly StepResult[]
  readonly statuses: ReadonlyMap<string, StepStatus>
  /** Set when the server does not answer. */
  readonly stuck?: readonly Diagnostic[]
}

/** Finds out, step by step, how far the run had come. */
const settleAll = async (ctx: RunContext, { steps, requests }: UnfinishedRun): Promise<Settled> => {
  const byId = new Map(ctx.plan.steps.map((step) => [step.id, step]))
  const results: StepResult[] = []
  const statuses = new Map<string, StepStatus>()
  for (const record of steps) {
    const step = byId.get(record.step)
    if (!step) continue
    const own = forwardRecords(requests, step.id)
    if (record.status === 'undone' || record.status === 'undo-failed') statuses.set(step.id, record.status)
    else if (record.status !== 'running') results.push(endedResult(step, record, own))
    else if (!step.optional) {
      const { result, diagnostics } = await settleStep(ctx, step, own, record.outputs)
      if (!result) return { results, statuses, stuck: diagnostics }
      results.push(result)
    }
  }
  return { results, statuses }
}

const unsettled = (ctx: RunContext, cause: readonly Diagnostic[]): Diagnostic =>
  diagnose('apply.suspended', {
    detail: `Run ${ctx.run} was cut short, and it is not known yet how far it got: ${cause[0]?.detail ?? 'there is no answer.'}\nNothing was changed. Run mpc recover to ask again.`,
    hint: cause[0]?.hint ?? 'mpc recover',
  })

const account = (ctx: RunContext, what: string): Diagnostic =>
  diagnose('apply.recovered', {
    detail: `Run ${ctx.run} ended without finishing: its process was killed, the machine went down, or its state could not be written. ${what}`,
  })

const whole = (rolledBack: RolledBack, earlier: RolledBack['statuses']): RolledBack => ({
  ...rolledBack,
  statuses: new Map([...earlier, ...rolledBack.statuses]),
  complete: rolledBack.complete && ![...earlier.values()].includes('undo-failed'),
})

/** Steps that were undone before the process ended have a place in the outcome too. */
const earlierResults = (ctx: RunContext, statuses: ReadonlyMap<string, StepStatus>): readonly StepResult[] =>
  ctx.plan.steps
    .filter(({ id }) => statuses.has(id))
    .map((step) => ({ step, status: 'done', diagnostics: [], effect: 'certain', outputs: {} }))

const failedBefore = (statuses: ReadonlyMap<string, StepStatus>): readonly string[] =>
  [...statuses].flatMap(([step, status]) => (status === 'undo-failed' ? [step] : []))

const undo = async (ctx: RunContext, unfinished: UnfinishedRun): Promise<RunEnd> => {
  const identities = remember(ctx, unfinished)
  const { results, statuses, stuck } = await settleAll(ctx, unfinished)
  const all = [...earlierResults(ctx, statuses), ...results]
  if (stuck)
    return {
      status: 'incomplete',
      suspended: true,
      results: all,
      interrupted: false,
      diagnostics: [unsettled(ctx, stuck)],
    }
  const done = new Set(results.flatMap(({ step, status }) => (status === 'done' ? [step.id] : [])))
  if (statuses.size === 0 && requiredSteps(ctx.plan).every(({ id }) => done.has(id)))
    return asApplied(ctx, unfinished, all)
  const prior = unfinished.requests.filter(({ direction }) => direction === 'reverse')
  const rolledBack = whole(
    await rollBack(ctx, { results, identities, prior, failed: failedBefore(statuses) }),
    statuses,
  )
  const ended = await endOfUndoing(ctx, rolledBack, all)
  const said = account(
    ctx,
    ended.status !== 'rolled-back'
      ? 'Some of its changes could not be undone.'
      : ended.asBefore
        ? 'Its changes were undone: the cluster is as it was before.'
        : 'Its changes were undone.',
  )
  const diagnostics = rolledBack.suspended ? ended.diagnostics : [said, ...ended.diagnostics]
  return { ...ended, results: all, interrupted: false, diagnostics, rolledBack }
}

const asApplied = async (
  ctx: RunContext,
  { earlier = [] }: UnfinishedRun,
  results: readonly StepResult[],
): Promise<RunEnd> => {
  const { asBefore, diagnostics } = await compareWithEarlier(ctx, earlier)
  const said = account(ctx, 'All its steps had been carried out, so it counts as applied.')
  return {
    status: 'applied',
    results,
    interrupted: false,
    ...(asBefore && { asBefore }),
    diagnostics: [said, ...notSwept(ctx.plan, results), ...diagnostics],
  }
}

/** A step that is not gone on with. Tidying up is tried once. */
const isEnded = ({ optional }: Step, { status }: StepRecord): boolean =>
  status === 'done' || (optional === true && status === 'failed')

/** How the run's last step on a guest left it: a step that comes after it must find it so. */
const leftBehind = ({ plan, steps }: UnfinishedRun, { guest }: Step): Expectation | undefined => {
  if (!guest) return undefined
  const own = plan.steps.filter((step) => step.guest?.vmid === guest.vmid)
  const ids = new Set(own.map(({ id }) => id))
  const done = steps.filter((record) => ids.has(record.step) && record.status === 'done')
  const last = done.at(-1)
  if (!last?.after) return undefined
  const ended = new Set(done.map((record) => record.step))
  return { digest: last.after.digest, identity: last.after.identity, ...powerAfter(own, ended) }
}

/** The power that a guest's steps have left it with; nothing where the plan does not depend on it, or nothing tells. */
const powerAfter = (own: readonly Step[], done: ReadonlySet<string>): Pick<Expectation, 'power'> => {
  const expected = own.find(({ expects }) => expects?.power !== undefined)?.expects?.power
  if (expected === undefined) return {}
  const effects = own.filter(({ id }) => done.has(id)).flatMap(({ requests }) => requests.map(effectOf))
  const last = effects.findLast(
    (effect) => effect.kind === 'power' || (effect.kind === 'config' && effect.keys === 'all'),
  )
  if (!last) return { power: expected }
  if (last.kind !== 'power' || last.running === undefined) return {}
  return { power: last.running ? 'running' : 'stopped' }
}

/** Goes on where the process left off. What somebody else changed since on a guest of the run stops it, as it would have then. */
const finish = async (ctx: RunContext, unfinished: UnfinishedRun): Promise<RunEnd> => {
  const refused = whyNotFinish(unfinished)
  if (refused !== undefined) {
    const detail = `Run ${ctx.run} cannot be finished: ${refused} It can only be undone.`
    const diagnostics = [diagnose('apply.cannot-finish', { detail, hint: 'mpc recover --undo' })]
    return { status: 'running', suspended: true, results: [], interrupted: false, diagnostics }
  }
  const identities = remember(ctx, unfinished)
  const records = new Map(unfinished.steps.map((record) => [record.step, record]))
  // A step of the same guest that was carried out since has changed the digest: only the first one compares it.
  const moved = new Set<number>()
  const work = async (step: Step): Promise<StepResult> => {
    const record = records.get(step.id)
    const own = forwardRecords(unfinished.requests, step.id)
    if (record && isEnded(step, record)) return endedResult(step, record, own)
    const left = step.guest && !moved.has(step.guest.vmid) ? leftBehind(unfinished, step) : undefined
    if (step.guest) moved.add(step.guest.vmid)
    return record ? resumeStep(ctx, step, own, record.outputs) : runStep(ctx, step, left ?? step.expects)
  }
  const width = Math.max(1, ctx.world.parallelism ?? DEFAULT_PARALLELISM)
  const end = await carryOut(
    ctx,
    { width, work },
    { identities, ...(unfinished.earlier && { earlier: unfinished.earlier }) },
  )
  if (end.status !== 'applied') return end
  return { ...end, diagnostics: [account(ctx, 'Its remaining steps have now been carried out.'), ...end.diagnostics] }
}

/** Which way an unfinished run is ended. */
export interface Recovery {
  readonly direction: 'undo' | 'finish'
}

/**
 * Ends a run that its process could not end: asks the server what became of the requests that were under way, then rolls everything back
 * (`undo`) or carries out what is left (`finish`), and rolls back when that fails. A run whose steps had all been done counts as applied either way.
 * What an earlier recovery did is in the journal too and is gone on with. When the server does not answer, or a task does not end, the run stays
 * unfinished: `suspended`. The run must have been read while its lease was held.
 */
export const recoverRun = async (
  unfinished: UnfinishedRun,
  { direction }: Recovery,
  world: ApplyDependencies,
  emit: (event: ApplyEvent) => void,
): Promise<RunOutcome> => {
  const { plan, run } = unfinished
  const account = keepAccount(emit, unfinished.steps)
  const ctx = makeContext(world, run.id, plan, account.emit)
  const startedAt = world.clock.monotonic()
  emit({ type: 'run-started', at: isoNow(ctx), run: run.id, plan })
  const ended = await unlessUnwritable(ctx, account, async () => {
    const went = await (direction === 'undo' ? undo(ctx, unfinished) : finish(ctx, unfinished))
    if (!went.suspended && !went.rolledBack?.suspended) await world.journal.end(ctx.run, went.status, isoNow(ctx))
    return went
  })
  const outcome = outcomeOf(ctx, { ...ended, seconds: Math.max(0, world.clock.monotonic() - startedAt) / 1000 })
  emit({ type: 'run-ended', at: isoNow(ctx), outcome })
  return outcome
}
