import type { Plan, Step } from '../plan/plan.ts'
import type { AppliedResource } from '../resource/applied.ts'
import type { GuestIdentity } from '../resource/guest.ts'
import type { ApiRequest } from '../resource/request.ts'
import type { Measure } from './measure/measured.ts'

export type RunStatus = 'running' | 'applied' | 'rolled-back' | 'incomplete'
export type StepStatus = 'running' | 'done' | 'failed' | 'undone' | 'undo-failed' | 'not-run'

/** Which way a request goes: `forward` carries the plan out, `reverse` undoes a step. */
export type Direction = 'forward' | 'reverse'

/** A guest as it stood at one moment, as far as telling afterwards needs it. */
export interface SeenGuest {
  /** Digest of the configuration file. */
  readonly digest: string
  readonly identity: GuestIdentity
  /** Keys the step touches, as the server spells them; null where there is none. Never a secret: the server masks them. */
  readonly values: { readonly [key: string]: string | null }
  /** Only where undoing needs it. */
  readonly running?: boolean
}

/** One request's life, durable before and after it leaves. */
export interface RequestRecord {
  readonly run: string
  readonly step: string
  readonly direction: Direction
  /** Position in the step's request list. */
  readonly index: number
  /** As planned: secrets stand as references. */
  readonly request: ApiRequest
  readonly status: 'intent' | 'sent' | 'done' | 'failed'
  readonly upid?: string
  /** What the server answered or why it failed; never holds a secret. */
  readonly message?: string
  /** The guest just before the request left; null when there was none. */
  readonly before?: SeenGuest | null
  /** Where that can be so: what the request is to bring about was so before it left. */
  readonly held?: boolean
  /** Unix seconds by the clock of the request's node, not later than the request: tasks that started before are not its own. */
  readonly since?: number
  /** What the answer gave for later requests, by name. */
  readonly outputs?: { readonly [name: string]: string }
  /** The guest right after, where undoing needs it before the step ends: who a guest is that was just made. */
  readonly after?: SeenGuest | null
  /** ISO 8601. */
  readonly at: string
}

export interface StepRecord {
  readonly run: string
  readonly step: string
  readonly status: StepStatus
  /** What had to be known to undo the step exactly and was only learnt on the way. */
  readonly outputs: { readonly [name: string]: string }
  /** The guest when the step had ended; null when there is none any more. */
  readonly after?: SeenGuest | null
}

export interface RunRecord {
  readonly id: string
  readonly plan: string
  readonly status: RunStatus
  readonly startedAt: string
  readonly endedAt?: string
}

/** One thing to remember. What belongs together is recorded together. */
export type JournalEntry =
  | {
      readonly type: 'step-started'
      readonly run: string
      readonly step: Step
      readonly direction: Direction
      /** As in `StepRecord`, where it is known from the start. */
      readonly outputs: { readonly [name: string]: string }
    }
  | { readonly type: 'request'; readonly record: RequestRecord }
  /** What a guest or a pool was before the run's first write to it; the first one stands. */
  | { readonly type: 'measured'; readonly run: string; readonly measure: Measure }
  | {
      readonly type: 'step-ended'
      readonly record: StepRecord
      readonly step: Step
      readonly direction: Direction
      /** The address's binding from now on; null: none. Missing: unchanged. */
      readonly binding?: AppliedResource | null
    }

/**
 * The durable record of a run. Every method returns only when all it was given is on disk, together or not at all. Implemented by the
 * store; owned by the executor, which calls it in this order: begin, record…, end.
 */
export interface Journal {
  readonly begin: (run: RunRecord, plan: Plan) => Promise<void>
  readonly record: (entries: readonly JournalEntry[]) => Promise<void>
  readonly end: (run: string, status: RunStatus, at: string) => Promise<void>
  /** Which of these tasks earlier runs are known to have started. */
  readonly knownTasks?: (run: string, upids: readonly string[]) => Promise<ReadonlySet<string>>
}

/** A run with all that is known of it. */
export interface RecordedRun {
  readonly run: RunRecord
  readonly plan: Plan
  /** In the order in which they ended; those that did not end come last. Steps that were never started are missing. */
  readonly steps: readonly StepRecord[]
  readonly requests: readonly RequestRecord[]
  /** Guests and pools before the run's first write to them; runs of an earlier mpc have none. */
  readonly before?: readonly Measure[]
}

/** A run that was begun and never ended. */
export interface UnfinishedRun extends RecordedRun {
  /** For runs of revert plans: what the run they undo had found. */
  readonly earlier?: readonly Measure[]
}

/** A run that ended, and what became of it since. */
export interface FinishedRun extends RecordedRun {
  /** The run that undid this one, when that has not been undone itself. */
  readonly revertedBy?: string
  /** For runs of revert plans: the run they undid. */
  readonly original?: RecordedRun
}
