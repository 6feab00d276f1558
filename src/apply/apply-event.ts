import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Plan } from '../plan/plan.ts'
import type { Direction, RunStatus, StepStatus } from './journal.ts'

/** How a step came out; `unknown`: a request left, and what became of it is not known yet. */
export type OutcomeStatus = StepStatus | 'unknown'

/** What the executor tells the world, in order; `at` is ISO 8601. Renderers subscribe; nothing is asked through events. */
export type ApplyEvent =
  | { readonly type: 'run-started'; readonly at: string; readonly run: string; readonly plan: Plan }
  | { readonly type: 'step-started'; readonly at: string; readonly step: string; readonly direction: Direction }
  | {
      readonly type: 'request-sent'
      readonly at: string
      readonly step: string
      readonly method: string
      readonly path: string
    }
  | { readonly type: 'task-started'; readonly at: string; readonly step: string; readonly upid: string }
  /** After an interruption: the run waits for this task a little longer, then it is left to `mpc recover`. */
  | { readonly type: 'task-awaited'; readonly at: string; readonly step: string; readonly upid: string }
  | { readonly type: 'task-log'; readonly at: string; readonly step: string; readonly line: string }
  | {
      readonly type: 'step-ended'
      readonly at: string
      readonly step: string
      readonly direction: Direction
      readonly status: OutcomeStatus
      readonly seconds: number
      readonly diagnostics: readonly Diagnostic[]
    }
  | {
      readonly type: 'rollback-started'
      readonly at: string
      readonly steps: readonly string[]
      /** Those of them that had finished; the others may have done something before they failed. */
      readonly finished: readonly string[]
    }
  | { readonly type: 'run-ended'; readonly at: string; readonly outcome: RunOutcome }

export interface StepOutcome {
  readonly step: string
  readonly status: OutcomeStatus
  readonly diagnostics: readonly Diagnostic[]
  /** The last task the step has started, where what became of it is not known. */
  readonly task?: string
}

/** How a run ended, step by step; expected failures are values here, never exceptions. */
export interface RunOutcome {
  readonly run: string
  readonly plan: string
  readonly status: RunStatus
  /** The run has not ended: what became of a request, or of the undoing, is not known yet. `recoverRun` goes on. */
  readonly suspended?: true
  /** What the run touched was read again and is as it was before; for a run that undid another one: as it was before that one. */
  readonly asBefore?: true
  readonly interrupted: boolean
  readonly steps: readonly StepOutcome[]
  readonly diagnostics: readonly Diagnostic[]
  readonly seconds: number
}
