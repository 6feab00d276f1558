import type { Plan, Step } from '../plan/plan.ts'
import type { ApiRequest } from '../resource/request.ts'

export type RunStatus = 'running' | 'applied' | 'rolled-back' | 'incomplete'
export type StepStatus = 'running' | 'done' | 'failed' | 'undone' | 'undo-failed' | 'not-run'

/** Which way a request goes: `forward` carries the plan out, `reverse` undoes a step. */
export type Direction = 'forward' | 'reverse'

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
  /** ISO 8601. */
  readonly at: string
}

export interface StepRecord {
  readonly run: string
  readonly step: string
  readonly status: StepStatus
  /** What had to be known to undo the step exactly and was only learnt on the way (identity of a created guest, whether it ran …). */
  readonly outputs: { readonly [name: string]: string }
}

export interface RunRecord {
  readonly id: string
  readonly plan: string
  readonly status: RunStatus
  readonly startedAt: string
  readonly endedAt?: string
}

/**
 * The durable record of a run. Every method returns only when what it says is on disk. Implemented by the store; owned by the
 * executor, which calls it in this order: begin, (step started, (intent, sent?, done | failed)…, step ended)…, end.
 */
export interface Journal {
  readonly begin: (run: RunRecord, plan: Plan) => Promise<void>
  readonly stepStarted: (run: string, step: Step, direction: Direction) => Promise<void>
  readonly request: (record: RequestRecord) => Promise<void>
  /** Ends a step; the change of its binding is recorded in the same transaction. */
  readonly stepEnded: (record: StepRecord, step: Step, direction: Direction) => Promise<void>
  readonly end: (run: string, status: RunStatus, at: string) => Promise<void>
}

/** A run that was begun and never ended, with all that is known of it. */
export interface UnfinishedRun {
  readonly run: RunRecord
  readonly plan: Plan
  readonly steps: readonly StepRecord[]
  readonly requests: readonly RequestRecord[]
}
