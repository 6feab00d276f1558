import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../diagnostic/diagnostic-error.ts'
import type { Plan } from '../plan/plan.ts'
import type { GuestIdentity } from '../resource/guest.ts'
import { type ApplyDependencies, DEFAULT_PARALLELISM } from './apply-dependencies.ts'
import type { ApplyEvent, RunOutcome } from './apply-event.ts'
import { presenceAfter } from './effect/guest-after-run.ts'
import { compareWithBefore } from './measure/as-before.ts'
import { compareWithEarlier } from './measure/compare-earlier.ts'
import type { Measure } from './measure/measured.ts'
import { isoNow, makeContext, type RunContext } from './request/run-context.ts'
import { BrokenRun } from './run/broken-run.ts'
import { checkExpectation } from './run/check-expectation.ts'
import { type ForwardOptions, goForward } from './run/go-forward.ts'
import { notSwept } from './run/optional-step.ts'
import { keepAccount, type RunAccount } from './run/run-account.ts'
import { type Ended, outcomeOf } from './run/run-outcome.ts'
import { runStep } from './run/run-step.ts'
import type { StepResult } from './run/step-result.ts'
import { type RolledBack, rollBack } from './undo/roll-back.ts'

export interface ApplyOptions {
  /** `<plan>.<n>`, not used before. */
  readonly run: string
  /** For a plan that undoes a run: what that run had found. */
  readonly earlier?: readonly Measure[]
  /** When the picture of the cluster was taken that the plan was made from. ISO 8601. */
  readonly asOf?: string
}

/** Does the same with every item, a few at a time, in order. */
const forEachOf = async <T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> => {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

/** Steps whose guest an earlier step makes or does away with: what they expect can only be seen when that is done. */
const expectedOfPlan = ({ steps }: Plan): ReadonlySet<string> => {
  const changed = new Set<number>()
  const later = new Set<string>()
  for (const step of steps) {
    if (!step.guest) continue
    if (changed.has(step.guest.vmid)) later.add(step.id)
    if (presenceAfter(step) !== undefined) changed.add(step.guest.vmid)
  }
  return later
}

/** Looks at every guest before anything is sent: a plan that is stale for one guest is not begun for the others. */
const checkAll = async (ctx: RunContext, width: number): Promise<readonly Diagnostic[]> => {
  const found = new Map<string, readonly Diagnostic[]>()
  const later = expectedOfPlan(ctx.plan)
  await forEachOf(
    ctx.plan.steps.filter(({ id, expects }) => expects !== undefined && !later.has(id)),
    width,
    async (step) => {
      found.set(step.id, (await checkExpectation(ctx, step)).diagnostics)
    },
  )
  return ctx.plan.steps.flatMap(({ id }) => found.get(id) ?? [])
}

const interruption = (): Diagnostic =>
  diagnose('apply.interrupted', {
    detail: 'The run was interrupted: no further step was started, and those that had finished were undone.',
  })

const suspended = ({ run }: RunContext, { step }: StepResult): Diagnostic =>
  diagnose('apply.suspended', {
    address: step.address,
    detail: `What became of "${step.summary}" is not known yet, so run ${run} is suspended: no further step was started, and nothing is undone before that is known. What was done so far is written down. mpc recover asks the server again, and then finishes the run or undoes it.`,
    hint: 'mpc recover',
  })

/** How a run that has begun came out; `seconds` are counted by the caller. */
export type RunEnd = Omit<Ended, 'seconds'>

/** Goes forward with a run that is in the journal, and back when it fails or is interrupted. Where it is not known what happened, it is suspended. */
export const carryOut = async (
  ctx: RunContext,
  forward: ForwardOptions,
  {
    identities = new Map(),
    earlier = [],
  }: { readonly identities?: Identities; readonly earlier?: readonly Measure[] } = {},
): Promise<RunEnd> => {
  const { results, interrupted } = await goForward(ctx, forward)
  const required = results.filter(({ step }) => !step.optional)
  const open = required.find(({ undecided }) => undecided)
  if (open) return { status: 'incomplete', suspended: true, results, interrupted, diagnostics: [suspended(ctx, open)] }
  const failed = required.some(({ status }) => status === 'failed')
  if (!failed && !interrupted) {
    const { asBefore, diagnostics } = await compareWithEarlier(ctx, earlier)
    return {
      status: 'applied',
      results,
      interrupted,
      ...(asBefore && { asBefore }),
      diagnostics: [...notSwept(ctx.plan, results), ...diagnostics],
    }
  }
  const known = new Map([...identities, ...identitiesOf(ctx)])
  const rolledBack = await rollBack(ctx, { results, identities: known, prior: [] })
  const ended = await endOfUndoing(ctx, rolledBack, results)
  const diagnostics = [...(interrupted ? [interruption()] : []), ...ended.diagnostics]
  return { ...ended, results, interrupted, diagnostics, rolledBack }
}

/** What a rollback came to: it is complete when what it touched has been seen to be as it was. */
export const endOfUndoing = async (
  ctx: RunContext,
  rolledBack: RolledBack,
  results: readonly StepResult[],
): Promise<Pick<RunEnd, 'status' | 'asBefore' | 'diagnostics'>> => {
  if (rolledBack.suspended) return { status: 'incomplete', diagnostics: [rolledBack.suspended] }
  const { equal, left, diagnostics } = await compareWithBefore(ctx, results, { complete: rolledBack.complete })
  const isComplete = rolledBack.complete && !left
  return {
    status: isComplete ? 'rolled-back' : 'incomplete',
    ...(isComplete && equal && { asBefore: true }),
    diagnostics,
  }
}

type Identities = ReadonlyMap<number, GuestIdentity>

/** Who the guests were when the run last looked at them. */
const identitiesOf = (ctx: RunContext) =>
  new Map([...ctx.guests].flatMap(([vmid, { identity }]) => (identity ? [[vmid, identity] as const] : [])))

const stopped = ({ run }: RunContext, isBegun: boolean): Diagnostic =>
  diagnose('apply.suspended', {
    detail: isBegun
      ? `Run ${run} stops where it is: nothing more is sent and nothing is undone, because neither could be written down. Below is what was done and stands, and what is not known yet. Once the cause is mended, mpc recover asks the server, and then finishes the run or undoes it.`
      : `Nothing had been sent to the cluster. Run ${run} stays open; once the cause is mended, mpc recover closes it.`,
    hint: 'mpc recover',
  })

/**
 * A journal that can no longer be written, or that another process has taken over, stops a run where it is: it is suspended, and nothing is undone.
 * Where nothing had been done yet, nothing was changed.
 */
export const unlessUnwritable = async (
  ctx: RunContext,
  account: RunAccount,
  work: () => Promise<RunEnd>,
): Promise<RunEnd> => {
  const end = { results: [], account: account.steps, interrupted: false } as const
  try {
    return await work()
  } catch (error) {
    const isBegun = account.hasBegun()
    if (!(error instanceof DiagnosticError)) throw isBegun ? new BrokenRun(ctx.run, error) : error
    const diagnostics = [...error.diagnostics, stopped(ctx, isBegun)]
    return isBegun
      ? { ...end, status: 'incomplete', suspended: true, diagnostics }
      : { ...end, status: 'rolled-back', diagnostics }
  }
}

/**
 * Carries a plan out: all of it, or, when a step fails or the signal is given, nothing of it. Expected failures are in the outcome; an exception
 * means that the journal cannot be written or that mpc is wrong, and leaves a run for `recoverRun`.
 */
export const applyPlan = async (
  plan: Plan,
  { run, earlier = [], asOf }: ApplyOptions,
  world: ApplyDependencies,
  emit: (event: ApplyEvent) => void,
): Promise<RunOutcome> => {
  const account = keepAccount(emit)
  const ctx = makeContext(world, run, plan, account.emit, asOf)
  const width = Math.max(1, world.parallelism ?? DEFAULT_PARALLELISM)
  const startedAt = world.clock.monotonic()
  const end = (outcome: Omit<Parameters<typeof outcomeOf>[1], 'seconds'>): RunOutcome => {
    const seconds = Math.max(0, world.clock.monotonic() - startedAt) / 1000
    const whole = outcomeOf(ctx, { ...outcome, seconds })
    emit({ type: 'run-ended', at: isoNow(ctx), outcome: whole })
    return whole
  }
  emit({ type: 'run-started', at: isoNow(ctx), run, plan })
  const stale = await checkAll(ctx, width)
  if (stale.length > 0) return end({ status: 'rolled-back', results: [], interrupted: false, diagnostics: stale })
  await world.journal.begin({ id: run, plan: plan.id, status: 'running', startedAt: isoNow(ctx) }, plan)
  const ended = await unlessUnwritable(ctx, account, async () => {
    const begun = await carryOut(ctx, { width, work: (step) => runStep(ctx, step) }, { earlier })
    if (!begun.suspended && !begun.rolledBack?.suspended) await world.journal.end(run, begun.status, isoNow(ctx))
    return begun
  })
  return end(ended)
}
