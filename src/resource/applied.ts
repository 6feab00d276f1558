import type { Address } from './address.ts'
import type { Config } from './config-value.ts'
import type { GuestSource } from './desired.ts'
import type { GuestIdentity, GuestKindName, GuestRef } from './guest.ts'
import { isOfGuest } from './resource-kind.ts'

/** Where a guest comes from: it cannot be changed afterwards. */
export interface Provenance {
  readonly source: GuestSource
  /** Images that disks were made from, by key. */
  readonly images: { readonly [key: string]: string }
}

/** Configuration keys that were there before mpc wrote them, each with the properties of it that mpc has set since. */
export interface FoundKeys {
  readonly [key: string]: readonly string[]
}

/** What is known of everything that is managed. */
interface AppliedCommon {
  readonly address: Address
  /** What was declared when it was last applied; a key that is declared no more is unset. */
  readonly config: Config
  readonly preventDestroy: boolean
  /** How it wants to be destroyed, remembered because its declaration may be gone by then. */
  readonly onDestroy: 'backup' | 'retain' | 'delete'
}

export interface AppliedGuest extends AppliedCommon {
  readonly kind: GuestKindName
  readonly guest: GuestRef
  /** Learnt from the server when it was bound. */
  readonly identity?: GuestIdentity
  readonly power?: 'running' | 'stopped'
  readonly pool?: string
  /** Guests that mpc made; missing of those that were adopted, or made before this was remembered. */
  readonly madeFrom?: Provenance
  /** Declared, and not made by mpc: it stays when it is declared no more. Missing where nobody knows, and of guests made from nothing. */
  readonly found?: FoundKeys
}

export interface AppliedPool extends AppliedCommon {
  readonly kind: 'pool'
  readonly poolid: string
}

/** A resource mpc manages: what it is bound to and what mpc last made of it. */
export type AppliedResource = AppliedGuest | AppliedPool

export type Applied = readonly AppliedResource[]

/** The guests among the bound, by the address they have now. */
export const boundGuests = (
  bound: ReadonlyMap<Address, AppliedResource>,
): readonly (readonly [address: Address, resource: AppliedGuest])[] =>
  Array.from(bound).flatMap(([address, resource]) => (isOfGuest(resource) ? [[address, resource] as const] : []))

/** What says which one a resource is bound to. */
export const bindingIdentity = (
  resource: AppliedResource,
): Pick<AppliedGuest, 'guest' | 'identity'> | Pick<AppliedPool, 'poolid'> =>
  isOfGuest(resource)
    ? { guest: resource.guest, ...(resource.identity && { identity: resource.identity }) }
    : { poolid: resource.poolid }

/** The same as text: no two addresses are bound to one. A VMID is unique in a cluster, whatever has it. */
export const bindingSubject = (resource: AppliedResource): string =>
  isOfGuest(resource) ? `guest/${resource.guest.vmid}` : `pool/${resource.poolid}`
