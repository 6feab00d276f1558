import type { Address } from './address.ts'
import type { Config } from './config-value.ts'
import type { GuestSource } from './desired.ts'
import type { GuestIdentity, GuestRef } from './guest.ts'

/** Where a guest comes from: it cannot be changed afterwards. */
export interface Provenance {
  readonly source: GuestSource
  /** Images that disks were made from, by key. */
  readonly images: { readonly [key: string]: string }
}

/** A resource mpc manages: what it is bound to and what mpc last made of it. */
export interface AppliedResource {
  readonly address: Address
  readonly kind: 'vm' | 'container' | 'pool'
  /** Guests only. */
  readonly guest?: GuestRef
  /** Guests only; learnt from the server when it was bound. */
  readonly identity?: GuestIdentity
  /** Pools only. */
  readonly poolid?: string
  /** What was declared when it was last applied; a key that is declared no more is unset. */
  readonly config: Config
  readonly power?: 'running' | 'stopped'
  readonly pool?: string
  readonly preventDestroy: boolean
  /** How it wants to be destroyed, remembered because its declaration may be gone by then. */
  readonly onDestroy: 'backup' | 'retain' | 'delete'
  /** Guests that mpc made; missing of those that were adopted, or made before this was remembered. */
  readonly madeFrom?: Provenance
}

export type Applied = readonly AppliedResource[]
