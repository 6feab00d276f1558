import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { GuestIdentity } from '../resource/guest.ts'
import type { RequestRecord, StepStatus } from './journal.ts'
import { isoNow, type RunContext } from './run-context.ts'
import type { StepResult } from './step-result.ts'
import { undoStep } from './undo-step.ts'

export interface RolledBack {
  /** What became of each step that was looked at. */
  readonly statuses: ReadonlyMap<string, StepStatus>
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
}

const suspension = (ctx: RunContext, cause: readonly Diagnostic[]): Diagnostic =>
  diagnose('apply.rollback-suspended', {
    detail: `The server stopped answering while run ${ctx.run} was being rolled back (${cause[0]?.detail ?? 'no answer'}). What was done is written down: the next mpc apply, revert or sync goes on with it.`,
    hint: 'mpc sync',
  })

const isUndoable = ({ status, effect }: StepResult): boolean => status === 'done' || effect !== 'none'

/** Undoes steps, last first. One that cannot be undone does not keep the others from it. */
export const rollBack = async (
  ctx: RunContext,
  { results, identities, prior }: RollBackOptions,
): Promise<RolledBack> => {
  const statuses = new Map<string, StepStatus>()
  const diagnostics = new Map<string, readonly Diagnostic[]>()
  const order = results.filter(isUndoable).toReversed()
  if (order.length > 0) ctx.emit({ type: 'rollback-started', at: isoNow(ctx), steps: order.map(({ step }) => step.id) })
  let complete = true
  for (const result of order) {
    const { step } = result
    const vmid = step.guest?.vmid ?? 0
    const identity = ctx.made.get(vmid) ?? identities.get(vmid)
    const known = prior.filter((record) => record.step === step.id && record.direction === 'reverse')
    const undone = await undoStep(ctx, result, identity, known)
    diagnostics.set(step.id, undone.diagnostics)
    if (undone.status === 'suspended')
      return { statuses, diagnostics, complete: false, suspended: suspension(ctx, undone.diagnostics) }
    if (undone.status === 'undone') statuses.set(step.id, 'undone')
    if (undone.status === 'undo-failed') statuses.set(step.id, 'undo-failed')
    complete &&= undone.status !== 'undo-failed'
  }
  return { statuses, diagnostics, complete }
}
