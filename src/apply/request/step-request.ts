import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Step } from '../../plan/plan.ts'
import type { ApiRequest } from '../../resource/request.ts'
import type { Direction, RequestRecord } from '../journal.ts'
import { isoNow, type RunContext } from './run-context.ts'

/** One request of a step on its way. */
export interface StepRequest {
  readonly step: Step
  readonly direction: Direction
  readonly index: number
  readonly request: ApiRequest
}

/**
 * How a request ended. Its record is not yet in the journal: it goes there with whatever comes next. `effect` says of a failure whether the
 * server may have changed something all the same.
 */
export type RequestEnd =
  | { readonly kind: 'done'; readonly record: RequestRecord; readonly diagnostics: readonly Diagnostic[] }
  | {
      readonly kind: 'failed'
      readonly record: RequestRecord
      readonly diagnostics: readonly Diagnostic[]
      readonly effect: 'none' | 'maybe'
      /** There was no answer at all, or no end of its task, so asking later may help. */
      readonly unreachable: boolean
    }

/** What became of the request is not known and can still be found out: the journal keeps it as under way. */
export const isUndecided = (sent: RequestEnd): boolean =>
  sent.kind === 'failed' && sent.effect === 'maybe' && sent.unreachable

/** One try: besides an end, it may ask for another try. */
export type Attempt =
  | { readonly kind: 'done'; readonly data: unknown; readonly diagnostics: readonly Diagnostic[] }
  | {
      readonly kind: 'failed'
      readonly message: string
      readonly diagnostics: readonly Diagnostic[]
      readonly effect: 'none' | 'maybe'
      readonly unreachable?: boolean
      /** The task that failed. */
      readonly upid?: string
      /** The task found another configuration than the one whose digest it was given. */
      readonly isStale?: true
    }
  | { readonly kind: 'locked'; readonly message: string; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'again'; readonly message: string; readonly diagnostics: readonly Diagnostic[] }
  /** Nobody took the request: the server, or the node behind it, cannot be reached. */
  | { readonly kind: 'unreached'; readonly message: string; readonly diagnostics: readonly Diagnostic[] }

/** A try that ends the request. */
export type FinalAttempt = Extract<Attempt, { kind: 'done' | 'failed' }>

export const refusedHere = (message: string, diagnostics: readonly Diagnostic[]): FinalAttempt => ({
  kind: 'failed',
  message,
  diagnostics,
  effect: 'none',
})

/** What is written down of a request, at one point of its life. */
export const requestRecord = (
  ctx: RunContext,
  { step, direction, index, request }: StepRequest,
  status: RequestRecord['status'],
  more: Partial<RequestRecord> = {},
): RequestRecord => ({ run: ctx.run, step: step.id, direction, index, request, status, at: isoNow(ctx), ...more })

export const addressed = (diagnostic: Diagnostic, { address }: Step): Diagnostic => ({ address, ...diagnostic })

export const isUpid = (data: unknown): data is string => typeof data === 'string' && data.startsWith('UPID:')
