import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Step } from '../../plan/plan.ts'
import type { OutcomeStatus } from '../apply-event.ts'
import type { Direction, RequestRecord, SeenGuest, StepRecord } from '../journal.ts'
import { isoNow, type RunContext } from '../request/run-context.ts'

/** How a step went forward, with what undoing it must know. */
export interface StepResult {
  readonly step: Step
  readonly status: 'done' | 'failed'
  readonly diagnostics: readonly Diagnostic[]
  /** What is there to undo: `maybe` when only looking can tell. */
  readonly effect: 'none' | 'maybe' | 'certain'
  readonly failed?: RequestRecord
  /** What became of its last request is not known yet: the journal has the step as running. */
  readonly undecided?: true
  /** The guest as the step left it. */
  readonly after?: SeenGuest | null
  /** As in the journal. */
  readonly outputs: StepRecord['outputs']
}

/** What the world is told of a step that went forward. */
export const statusOf = ({ status, undecided }: Pick<StepResult, 'status' | 'undecided'>): OutcomeStatus =>
  undecided ? 'unknown' : status

export const emitStarted = (ctx: RunContext, step: Step, direction: Direction): void =>
  ctx.emit({ type: 'step-started', at: isoNow(ctx), step: step.id, direction })

export const emitEnded = (
  ctx: RunContext,
  step: Step,
  direction: Direction,
  status: OutcomeStatus,
  startedAt: number,
  diagnostics: readonly Diagnostic[],
): void =>
  ctx.emit({
    type: 'step-ended',
    at: isoNow(ctx),
    step: step.id,
    direction,
    status,
    seconds: Math.max(0, ctx.world.clock.monotonic() - startedAt) / 1000,
    diagnostics,
  })
