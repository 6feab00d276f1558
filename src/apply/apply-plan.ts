import { setImmediate } from 'node:timers/promises'
import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { Plan, Step } from '../plan/plan.ts'
import type { ApplyEvent, RunOutcome } from './apply-event.ts'
import { checkExpectation } from './check-expectation.ts'
import { rollBack } from './roll-back.ts'
import { isoNow, learnServerTime, makeContext, type RunContext } from './run-context.ts'
import { presenceAfter } from './run-left.ts'
import { outcomeOf } from './run-outcome.ts'
import { runStep } from './run-step.ts'
import { removeSnapshots, type SnapshotRemoval } from './snapshot-retention.ts'
import { stepQueue } from './step-queue.ts'
import type { StepResult } from './step-result.ts'
import { type ApplyWorld, DEFAULT_PARALLELISM } from './world.ts'

export interface ApplyOptions {
  /** `<plan>.<n>`, not used before. */
  readonly run: string
  /** Safety snapshots of earlier runs that go when this one succeeds. */
  readonly sweep?: readonly SnapshotRemoval[]
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

interface Forward {
  /** In the order in which they ended. */
  readonly results: readonly StepResult[]
  readonly interrupted: boolean
}

/** Runs steps until all are done, one fails, or the run is interrupted; steps that have begun are always waited for. */
const goForward = async (ctx: RunContext, width: number): Promise<Forward> => {
  const queue = stepQueue(ctx.plan)
  const results: StepResult[] = []
  const running = new Map<string, Promise<void>>()
  let failed = false
  const start = (step: Step) => {
    const work = runStep(ctx, step).then((result) => {
      results.push(result)
      running.delete(step.id)
      if (result.status === 'done') queue.finished(step.id)
      else failed = true
    })
    running.set(step.id, work)
  }
  const isStopped = () => failed || (ctx.world.signal?.aborted ?? false)
  for (;;) {
    while (running.size < width && !isStopped()) {
      const step = queue.next()
      if (!step) break
      start(step)
    }
    if (running.size === 0) break
    await Promise.race(running.values()).catch(async (error: unknown) => {
      // A bug or a broken database: what is under way must not go on unseen.
      await Promise.allSettled(running.values())
      throw error
    })
    // Steps that ask no server follow one another without a pause, and an interruption would not be seen before the last.
    await setImmediate()
  }
  return { results, interrupted: (ctx.world.signal?.aborted ?? false) && results.length < ctx.plan.steps.length }
}

const interruption = (): Diagnostic =>
  diagnose('apply.interrupted', {
    detail: 'The run was interrupted: no further step was started, and those that had finished were undone.',
  })

const firstNode = ({ steps }: Plan): string | undefined => steps.find(({ guest }) => guest !== undefined)?.guest?.node

const runBegun = async (ctx: RunContext, width: number, sweep: readonly SnapshotRemoval[]) => {
  const { results, interrupted } = await goForward(ctx, width)
  const failed = results.some(({ status }) => status === 'failed')
  if (!failed && !interrupted) {
    const diagnostics = await removeSnapshots(ctx, sweep)
    return { status: 'applied' as const, results, interrupted, diagnostics }
  }
  const rolledBack = await rollBack(ctx, { results, identities: identitiesOf(ctx), prior: [] })
  const diagnostics = [
    ...(interrupted ? [interruption()] : []),
    ...(rolledBack.suspended ? [rolledBack.suspended] : []),
  ]
  return {
    status: rolledBack.complete ? ('rolled-back' as const) : ('incomplete' as const),
    results,
    interrupted,
    diagnostics,
    rolledBack,
  }
}

/** Who the guests were when the run last looked at them. */
const identitiesOf = (ctx: RunContext) =>
  new Map([...ctx.guests].flatMap(([vmid, { identity }]) => (identity ? [[vmid, identity] as const] : [])))

/**
 * Carries a plan out: all of it, or, when a step fails or the signal is given, nothing of it. Expected failures are in the outcome; an exception
 * means that the journal cannot be written or that mpc is wrong, and leaves a run for `recoverRun`.
 */
export const applyPlan = async (
  plan: Plan,
  { run, sweep = [] }: ApplyOptions,
  world: ApplyWorld,
  emit: (event: ApplyEvent) => void,
): Promise<RunOutcome> => {
  const ctx = makeContext(world, run, plan, emit)
  const width = Math.max(1, world.parallelism ?? DEFAULT_PARALLELISM)
  const startedAt = world.clock.monotonic()
  const end = (outcome: Omit<Parameters<typeof outcomeOf>[1], 'seconds'>): RunOutcome => {
    const seconds = Math.max(0, world.clock.monotonic() - startedAt) / 1000
    const whole = outcomeOf(ctx, { ...outcome, seconds })
    emit({ type: 'run-ended', at: isoNow(ctx), outcome: whole })
    return whole
  }
  emit({ type: 'run-started', at: isoNow(ctx), run, plan })
  const node = firstNode(plan)
  if (node !== undefined) await learnServerTime(ctx, node)
  const stale = await checkAll(ctx, width)
  if (stale.length > 0) return end({ status: 'rolled-back', results: [], interrupted: false, diagnostics: stale })
  await world.journal.begin({ id: run, plan: plan.id, status: 'running', startedAt: isoNow(ctx) }, plan)
  const ended = await runBegun(ctx, width, sweep)
  if (!ended.rolledBack?.suspended) await world.journal.end(run, ended.status, isoNow(ctx))
  return end(ended)
}
