import type { Address } from './address.ts'
import type { Vmid } from './guest.ts'
import type { ObservedGuest } from './observed.ts'

/** What is known of a declared guest beyond its declaration. */
export interface KnownGuest {
  /** The one it has, or the one the planner will give it. */
  readonly vmid: Vmid
  /** Missing: it is still to be made. */
  readonly guest?: ObservedGuest
}

export type KnownGuests = ReadonlyMap<Address, KnownGuest>
