import type { Vmid } from '../resource/guest.ts'
import type { GuestAddresses, Observed } from '../resource/observed.ts'

/** Where a sync puts what it saw. Implemented by the store. */
export interface Observations {
  /** The last sync's result; undefined before the first. */
  readonly latest: () => Promise<{ readonly observed: Observed; readonly syncedAt: string } | undefined>
  /** Replaces the latest and keeps the history of configurations, in one transaction. `syncedAt` is ISO 8601. */
  readonly save: (observed: Observed, syncedAt: string, durationMs: number) => Promise<void>
  /** Puts what guests said of their addresses into the latest. */
  readonly keepAddresses: (addresses: ReadonlyMap<Vmid, GuestAddresses>) => Promise<void>
}
