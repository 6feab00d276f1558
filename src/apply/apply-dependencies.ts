import type { Clock } from '../io/io.ts'
import type { Secrets } from '../resource/desired.ts'
import type { Server } from '../resource/server.ts'
import type { Journal } from './journal.ts'

/** How long the executor bears with the server. Milliseconds. */
export interface Patience {
  /**
   * How long after a lost answer the server may still carry the request out: PVE waits up to 10 seconds for a guest's file lock before it
   * refuses or begins.
   */
  readonly settle: number
  /** Waits before a request that PVE refused because of its own locks is sent again, one entry for each try. */
  readonly locks: { readonly forward: readonly number[]; readonly reverse: readonly number[] }
  /** Waits before the server is asked again when it does not answer. */
  readonly unreachable: readonly number[]
  /** How long a task may take before the run is suspended; without it only `quiet` counts. */
  readonly task?: number
  /**
   * How long a task may add nothing to its log before the run is suspended: one that is done in moments, one that copies or erases volumes, and
   * one that an earlier command has waited for already.
   */
  readonly quiet: { readonly brief: number; readonly long: number; readonly again: number }
  /** How long a task that is under way is still waited for after an interruption, before the run is suspended. */
  readonly interrupted: number
}

export const DEFAULT_PATIENCE: Patience = {
  settle: 12_000,
  locks: { forward: [500, 1000, 2000], reverse: [500, 1000, 2000, 4000, 8000] },
  unreachable: [500, 1000, 2000, 4000],
  quiet: { brief: 600_000, long: 7_200_000, again: 60_000 },
  interrupted: 5_000,
}

/** What a run needs of the world outside. */
export interface ApplyDependencies {
  readonly server: Server
  readonly journal: Journal
  readonly clock: Clock
  /** Values of the plan's secret references; they leave only inside requests. */
  readonly secrets: Secrets
  /**
   * Aborted: no further step starts, those under way are waited for a little longer, and everything is rolled back; where a task does not end
   * in time, the run is suspended.
   */
  readonly signal?: AbortSignal
  /** Steps at once; default 4. */
  readonly parallelism?: number
  readonly patience?: Patience
}

export const DEFAULT_PARALLELISM = 4
