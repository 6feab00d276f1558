import type { Address } from '../resource/address.ts'
import type { AppliedResource } from '../resource/applied.ts'
import type { Desired, DesiredGuest, DesiredResource } from '../resource/desired.ts'
import type { Vmid } from '../resource/guest.ts'
import type { Bindings } from './binding/bindings.ts'
import type { LinkedClones } from './check/destroy-check.ts'
import type { TemplateFinder } from './guest/clone-source.ts'
import type { GuestFinder, PlanningContext, VolumeHolders } from './planning-context.ts'
import type { PlannedResource } from './state/planned-resource.ts'

/** Everything worked out before single resources are planned. */
export interface Ground {
  readonly world: PlanningContext
  readonly desired: Desired
  readonly declared: ReadonlyMap<Address, DesiredResource>
  readonly bindings: Bindings
  readonly needs: ReadonlyMap<Address, readonly Address[]>
  readonly selected: ReadonlySet<Address>
  readonly vmids: ReadonlyMap<Address, Vmid>
  readonly freshVmid: (guest: DesiredGuest) => Vmid | undefined
  readonly findTemplate: TemplateFinder
  readonly findGuest: GuestFinder
  readonly holders: VolumeHolders
  readonly clones: LinkedClones
  /** Ids of the pools that are declared, there or not. */
  readonly declaredPools: ReadonlySet<string>
  /** What `--replace` names. */
  readonly replaced: ReadonlySet<Address>
}

/** What a plan ends. */
export interface Ends {
  /** VMIDs of guests. */
  readonly destroyed: ReadonlySet<number>
  /** The same, with guests that the plan takes out of their pools. */
  readonly leaving: ReadonlySet<number>
  /** Ids. */
  readonly pools: ReadonlySet<string>
}

/** How resources of a kind are planned. Adding a kind is writing one of these; nothing else in `plan/` knows what kinds there are. */
export interface PlannedKind<D extends DesiredResource> {
  /** What a resource needs first without naming it, as far as it is declared; what is declared is looked through once. */
  readonly impliedNeeds: (desired: Desired) => (resource: D) => readonly (Address | undefined)[]
  /** A declared resource; undefined when there is nothing to do. `changed`: what of those it needs changes. */
  readonly plan: (
    ground: Ground,
    resource: D,
    applied: AppliedResource | undefined,
    changed: ReadonlyMap<Address, PlannedResource>,
  ) => PlannedResource | undefined
  /** The end of a bound resource, under the address it has now; undefined when something is in the way, which was reported. */
  readonly end: (ground: Ground, resource: AppliedResource, ends: Ends) => PlannedResource | undefined
  /** Tells what has to go before resources of the kind end. `ends`: the addresses of all that do. */
  readonly orderEnds: (
    ground: Ground,
    planned: readonly PlannedResource[],
    ends: ReadonlySet<Address>,
    goesFirst: (address: Address, other: Address) => void,
  ) => void
}
