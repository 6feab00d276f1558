import type { Address } from './address.ts'
import type { GuestRef } from './guest.ts'

/** A snapshot mpc took as a safety net and, by its own records, has not taken away yet. */
export interface KeptSnapshot {
  /** `<plan>.<n>`: the run that took it. */
  readonly run: string
  readonly address: Address
  readonly guest: GuestRef
  readonly name: string
  /** Something that the run did is undone by rolling back to it. */
  readonly isWayBack: boolean
}
