import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { Step } from '../plan/plan.ts'
import type { GuestIdentity } from '../resource/guest.ts'
import type { ApplyEvent, RunOutcome } from './apply-event.ts'
import type { RequestRecord, StepRecord, StepStatus, UnfinishedRun } from './journal.ts'
import { effectOf } from './request-effect.ts'
import { type RolledBack, rollBack } from './roll-back.ts'
import { isoNow, learnServerTime, makeContext, noteTask, type RunContext } from './run-context.ts'
import { outcomeOf } from './run-outcome.ts'
import { settleStep } from './run-step.ts'
import type { StepResult } from './step-result.ts'
import type { ApplyWorld } from './world.ts'

/** Brings back what the executor knew, as far as the journal says. */
const remember = (ctx: RunContext, { steps, requests }: UnfinishedRun): ReadonlyMap<number, GuestIdentity> => {
  const identities = new Map<number, GuestIdentity>()
  for (const record of requests) {
    if (record.upid !== undefined) noteTask(ctx, record.upid)
    const effect = effectOf(record.request)
    if (effect.kind === 'guest-made' && record.after) ctx.made.set(effect.guest.vmid, record.after.identity)
    const seen = record.after ?? record.before
    if ('guest' in effect && seen && effect.kind !== 'guest-made') identities.set(effect.guest.vmid, seen.identity)
  }
  const guests = new Map(ctx.plan.steps.map(({ id, guest }) => [id, guest]))
  for (const { step, outputs, after } of steps) {
    ctx.outputs.set(step, outputs)
    const guest = guests.get(step)
    if (guest && after) identities.set(guest.vmid, after.identity)
  }
  return identities
}

const forwardOf = (requests: readonly RequestRecord[], step: string): readonly RequestRecord[] =>
  requests.filter((record) => record.step === step && record.direction === 'forward')

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
    const own = forwardOf(requests, step.id)
    if (record.status === 'undone' || record.status === 'undo-failed') statuses.set(step.id, record.status)
    else if (record.status !== 'running') results.push(endedResult(step, record, own))
    else {
      const { result, diagnostics } = await settleStep(ctx, step, own, record.outputs)
      if (!result) return { results, statuses, stuck: diagnostics }
      results.push(result)
    }
  }
  return { results, statuses }
}

const unsettled = (ctx: RunContext, cause: readonly Diagnostic[]): Diagnostic =>
  diagnose('apply.rollback-suspended', {
    detail: `Run ${ctx.run} was cut short, and the server does not say how far it had come: ${cause[0]?.detail ?? 'there is no answer.'} Nothing was changed now; the next mpc apply, revert or sync asks again.`,
    hint: 'mpc sync',
  })

const account = (ctx: RunContext, what: string): Diagnostic =>
  diagnose('apply.recovered', {
    detail: `Run ${ctx.run} ended without finishing: its process was killed, or the machine went down. ${what}`,
  })

const whole = (rolledBack: RolledBack, earlier: ReadonlyMap<string, StepStatus>): RolledBack => ({
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

const settleAndEnd = async (
  ctx: RunContext,
  unfinished: UnfinishedRun,
): Promise<Omit<Parameters<typeof outcomeOf>[1], 'seconds'>> => {
  const identities = remember(ctx, unfinished)
  const { results, statuses, stuck } = await settleAll(ctx, unfinished)
  const all = [...earlierResults(ctx, statuses), ...results]
  if (stuck) return { status: 'incomplete', results: all, interrupted: false, diagnostics: [unsettled(ctx, stuck)] }
  const finished = statuses.size === 0 && results.length === ctx.plan.steps.length
  if (finished && results.every(({ status }) => status === 'done')) {
    await ctx.world.journal.end(ctx.run, 'applied', isoNow(ctx))
    const diagnostics = [account(ctx, 'All its steps had been carried out, so it counts as applied.')]
    return { status: 'applied', results: all, interrupted: false, diagnostics }
  }
  const prior = unfinished.requests.filter(({ direction }) => direction === 'reverse')
  const rolledBack = whole(
    await rollBack(ctx, { results, identities, prior, failed: failedBefore(statuses) }),
    statuses,
  )
  const status = rolledBack.complete ? 'rolled-back' : 'incomplete'
  if (!rolledBack.suspended) await ctx.world.journal.end(ctx.run, status, isoNow(ctx))
  const said = rolledBack.complete
    ? 'What it had done was undone: the cluster is as it was before.'
    : 'Not everything it had done could be undone.'
  return {
    status,
    results: all,
    interrupted: false,
    diagnostics: [rolledBack.suspended ?? account(ctx, said)],
    rolledBack,
  }
}

/**
 * Ends a run that its process could not end: asks the server what became of the requests that were under way, then rolls everything back, or
 * records success when all had been done. Asks the person nothing. When the server does not answer, the run stays unfinished.
 */
export const recoverRun = async (
  unfinished: UnfinishedRun,
  world: ApplyWorld,
  emit: (event: ApplyEvent) => void,
): Promise<RunOutcome> => {
  const { plan, run } = unfinished
  const ctx = makeContext(world, run.id, plan, emit)
  const startedAt = world.clock.monotonic()
  emit({ type: 'run-started', at: isoNow(ctx), run: run.id, plan })
  const node = plan.steps.find(({ guest }) => guest !== undefined)?.guest?.node
  if (node !== undefined) await learnServerTime(ctx, node)
  const ended = await settleAndEnd(ctx, unfinished)
  const outcome = outcomeOf(ctx, { ...ended, seconds: Math.max(0, world.clock.monotonic() - startedAt) / 1000 })
  emit({ type: 'run-ended', at: isoNow(ctx), outcome })
  return outcome
}
