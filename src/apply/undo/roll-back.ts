import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Step } from '../../plan/plan.ts'
import type { GuestIdentity } from '../../resource/guest.ts'
import { DEFAULT_PARALLELISM } from '../apply-dependencies.ts'
import type { OutcomeStatus } from '../apply-event.ts'
import type { RequestRecord } from '../journal.ts'
import { type HoldersNow, holdersNow } from '../measure/volume-holders.ts'
import { isoNow, type RunContext } from '../request/run-context.ts'
import { undoQueue } from '../run/step-queue.ts'
import type { StepResult } from '../run/step-result.ts'
import { findRunning, type RunningGuests, staysInEffect } from './running-guests.ts'
import { netStays } from './safety-net.ts'
import type { Undone } from './undo-obstacle.ts'
import { leaveStep, recordLeft, undoStep } from './undo-step.ts'

export interface RolledBack {
  /** What became of each step that was looked at. */
  readonly statuses: ReadonlyMap<string, OutcomeStatus>
  readonly diagnostics: ReadonlyMap<string, readonly Diagnostic[]>
  /** Everything is as it was. */
  readonly complete: boolean
  /** The server stopped answering; the journal stays open and a later command goes on. */
  readonly suspended?: Diagnostic
}

export interface RollBackOptions {
  /** In the order in which they ended. */
  readonly results: readonly StepResult[]
  /** Who the guests were when the run touched them, by VMID. */
  readonly identities: ReadonlyMap<number, GuestIdentity>
  /** Requests of an earlier, interrupted rollback. */
  readonly prior: readonly RequestRecord[]
  /** Steps that an earlier part of the rollback had to leave in effect. */
  readonly failed?: readonly string[]
}

const suspension = (ctx: RunContext, cause: readonly Diagnostic[]): Diagnostic =>
  diagnose('apply.rollback-suspended', {
    detail: `The server stopped answering while run ${ctx.run} was being rolled back (${cause[0]?.detail ?? 'no answer'}). The journal holds what was done; mpc recover continues.`,
    hint: 'mpc recover',
  })

const isUndoable = ({ step, status, effect }: StepResult): boolean =>
  !step.optional && (status === 'done' || effect !== 'none')

/** How far a rollback has come. */
interface Progress {
  readonly statuses: Map<string, OutcomeStatus>
  readonly diagnostics: Map<string, readonly Diagnostic[]>
  /** Steps that are in effect. */
  readonly standing: Set<string>
  readonly holders: HoldersNow
}

const undoOne = async (
  ctx: RunContext,
  result: StepResult,
  { identities, prior, results }: RollBackOptions,
  { standing, holders }: Progress,
  running: RunningGuests,
): Promise<Undone> => {
  const { step } = result
  const vmid = step.guest?.vmid ?? 0
  const known = prior.filter((record) => record.step === step.id && record.direction === 'reverse')
  if (running.spared.has(step.id)) return leaveStep(ctx, result, staysInEffect(step, ctx.plan))
  const net = await netStays(ctx, step, standing)
  if (net && 'unreachable' in net) return { status: 'suspended', diagnostics: [net.unreachable] }
  if (net) return leaveStep(ctx, result, net.stays)
  return undoStep(ctx, result, {
    identity: ctx.made.get(vmid) ?? identities.get(vmid),
    prior: known,
    results,
    holders,
  })
}

const note = ({ statuses, diagnostics, standing }: Progress, { id }: Step, undone: Undone): void => {
  diagnostics.set(id, undone.diagnostics)
  if (undone.status !== 'undo-failed') standing.delete(id)
  if (undone.status === 'undone') statuses.set(id, 'undone')
  if (undone.status === 'undo-failed') statuses.set(id, 'undo-failed')
}

/**
 * Undoes as many steps at once as go forward at once. When the server stops answering no further one is begun, those under way are waited for, and what it said
 * is given.
 */
const undoAll = async (
  ctx: RunContext,
  order: readonly StepResult[],
  undo: (result: StepResult) => Promise<Undone>,
  progress: Progress,
): Promise<readonly Diagnostic[] | undefined> => {
  const byId = new Map(order.map((result) => [result.step.id, result]))
  const queue = undoQueue(order.map(({ step }) => step))
  const width = Math.max(1, ctx.world.parallelism ?? DEFAULT_PARALLELISM)
  const under = new Map<string, Promise<void>>()
  let stopped: readonly Diagnostic[] | undefined
  const begin = async (result: StepResult): Promise<void> => {
    const { step } = result
    const undone = await undo(result)
    under.delete(step.id)
    if (undone.status === 'suspended') {
      progress.statuses.set(step.id, 'unknown')
      stopped ??= undone.diagnostics
      return
    }
    note(progress, step, undone)
    queue.finished(step.id)
  }
  for (;;) {
    while (under.size < width && !stopped) {
      const result = byId.get(queue.next()?.id ?? '')
      if (!result) break
      under.set(result.step.id, begin(result))
    }
    if (under.size === 0) return stopped
    await Promise.race(under.values()).catch(async (error: unknown) => {
      // A bug or a broken database: what is under way must not go on unseen.
      await Promise.allSettled(under.values())
      throw error
    })
  }
}

/** Undoes steps, last first, and at once what does not depend on one another. One that cannot be undone does not keep the others from it. */
export const rollBack = async (ctx: RunContext, options: RollBackOptions): Promise<RolledBack> => {
  const { results, prior, failed = [] } = options
  const order = results.filter(isUndoable).toReversed()
  const idsOf = (some: typeof order) => some.map(({ step }) => step.id)
  const finished = idsOf(order.filter(({ status }) => status === 'done'))
  if (order.length > 0) ctx.emit({ type: 'rollback-started', at: isoNow(ctx), steps: idsOf(order), finished })
  const progress: Progress = {
    statuses: new Map(),
    diagnostics: new Map(),
    standing: new Set([...idsOf(order), ...failed]),
    holders: holdersNow(ctx.asking),
  }
  const { statuses, diagnostics } = progress
  const suspended = (cause: readonly Diagnostic[]): RolledBack => ({
    statuses,
    diagnostics,
    complete: false,
    suspended: suspension(ctx, cause),
  })
  const running = await findRunning(ctx, order, prior)
  if (running.unreachable) return suspended([running.unreachable])
  const stopped = await undoAll(ctx, order, (result) => undoOne(ctx, result, options, progress, running), progress)
  if (stopped) return suspended(stopped)
  const left = order.filter(({ step }) => statuses.get(step.id) === 'undo-failed')
  await recordLeft(ctx, left)
  return { statuses, diagnostics, complete: left.length === 0 }
}
