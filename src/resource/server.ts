import type { Diagnostic } from '../diagnostic/diagnostic.ts'

/** A request ready to leave: secrets and references are resolved. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly params: { readonly [name: string]: string | number | boolean }
  /** Parameters whose values a declaration made secret: they are shown nowhere. */
  readonly hidden?: readonly string[]
}

/** What a refusal, or the end of a task, means for what is done next; all other words of PVE are only passed on. */
export type RefusalReason =
  /** Whoever could do it cannot be talked to at the moment; asking later may help. */
  | 'unreachable'
  | 'unknown-node'
  /** Nothing happened: the lock of a guest or storage was not free in time. */
  | 'lock-timeout'
  /** Nothing happened: a task such as a backup holds the guest. */
  | 'held-by-task'
  /** Nothing happened: the configuration is not the one whose digest was sent. */
  | 'stale-digest'
  | 'no-such-guest'
  | 'other'

/**
 * What came of a request. `refused`: the server answered and nothing happened. `unknown`: the connection broke after the request may have been
 * taken; only the server can tell.
 */
export type Answer =
  | { readonly kind: 'answered'; readonly data: unknown }
  | {
      readonly kind: 'refused'
      readonly diagnostic: Diagnostic
      /** HTTP status; 0 when the request never left this machine. */
      readonly status: number
      readonly message: string
      readonly reason: RefusalReason
      /** What is wrong with each parameter, by its name. */
      readonly errors?: Readonly<Record<string, string>>
    }
  | { readonly kind: 'unknown'; readonly diagnostic: Diagnostic }

/** The server, or the node behind it, cannot be talked to at the moment; asking later may help. */
export const isUnreachable = (answer: Answer): boolean =>
  answer.kind === 'unknown' || (answer.kind === 'refused' && answer.reason === 'unreachable')

/** How a task ended. `lost`: its node answers no more or knows nothing of it. `running`: it has not ended, and was not waited for any longer. */
export type TaskEnd =
  | { readonly kind: 'ok'; readonly warnings: number }
  | {
      readonly kind: 'failed'
      readonly exitstatus: string
      readonly reason: RefusalReason
      readonly log: readonly string[]
    }
  | { readonly kind: 'running'; readonly diagnostic: Diagnostic }
  | { readonly kind: 'lost'; readonly diagnostic: Diagnostic }

export interface TaskEntry {
  readonly upid: string
  /** PVE's task type: `qmcreate`, `vzdump` … */
  readonly type: string
  readonly id: string
  readonly user: string
  /** Unix seconds. */
  readonly starttime: number
  readonly status?: string
}

export interface TaskWait {
  /** Aborted: the task is let go as it is. */
  readonly signal?: AbortSignal
  /** How long to wait, in milliseconds; 0 looks once. Without it there is no limit. */
  readonly atMost?: number
  /** How long the task may go on without a new line in its log, in milliseconds. Without it there is no limit. */
  readonly quiet?: number
}

/** The server as those who change it need it: implemented by the API client, used by the executor. */
export interface Server {
  /** Whose requests these are, as the task list names them: `root@pam!mpc`. */
  readonly principal?: string
  readonly send: (request: OutgoingRequest, signal?: AbortSignal) => Promise<Answer>
  /** Waits until the task ends, or the wait does; gives each new log line once, in order. */
  readonly waitForTask: (upid: string, onLine: (line: string) => void, wait?: TaskWait) => Promise<TaskEnd>
  /** Tasks of a guest on a node that started at or after a moment (Unix seconds), newest first; for finding out what became of a lost answer. */
  readonly tasksSince: (node: string, vmid: number, since: number) => Promise<readonly TaskEntry[]>
}
