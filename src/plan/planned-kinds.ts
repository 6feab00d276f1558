import type { Address } from '../resource/address.ts'
import type { AppliedResource } from '../resource/applied.ts'
import type { Desired, DesiredByKind, DesiredResource } from '../resource/desired.ts'
import type { ResourceKindName } from '../resource/resource-kind.ts'
import { guestPlanning } from './guest/guest-planning.ts'
import type { Ends, Ground, PlannedKind } from './planned-kind.ts'
import { poolPlanning } from './pool/pool-planning.ts'
import type { PlannedResource } from './state/planned-resource.ts'

/** How each kind is planned. A kind that is missing here does not compile. */
const PLANNED_KINDS: { readonly [Kind in ResourceKindName]: PlannedKind<DesiredByKind[Kind]> } = {
  pool: poolPlanning,
  vm: guestPlanning,
  container: guestPlanning,
}

const kinds: readonly Pick<PlannedKind<never>, 'orderEnds'>[] = [...new Set(Object.values(PLANNED_KINDS))]

const needsOf = <Kind extends ResourceKindName>(
  made: { readonly [K in ResourceKindName]: (resource: DesiredByKind[K]) => readonly (Address | undefined)[] },
  kind: Kind,
  resource: DesiredByKind[Kind],
): readonly (Address | undefined)[] => made[kind](resource)

/** What resources need first without naming it. */
export const impliedNeeds = (desired: Desired): ((resource: DesiredResource) => readonly (Address | undefined)[]) => {
  const ofGuests = PLANNED_KINDS.vm.impliedNeeds(desired)
  const made = { vm: ofGuests, container: ofGuests, pool: PLANNED_KINDS.pool.impliedNeeds(desired) }
  return (resource) => needsOf(made, resource.kind, resource)
}

const planAs = <Kind extends ResourceKindName>(
  kind: Kind,
  ground: Ground,
  resource: DesiredByKind[Kind],
  applied: AppliedResource | undefined,
  changed: ReadonlyMap<Address, PlannedResource>,
): PlannedResource | undefined => PLANNED_KINDS[kind].plan(ground, resource, applied, changed)

export const planResource = (
  ground: Ground,
  resource: DesiredResource,
  applied: AppliedResource | undefined,
  changed: ReadonlyMap<Address, PlannedResource>,
): PlannedResource | undefined => planAs(resource.kind, ground, resource, applied, changed)

export const planEnd = (ground: Ground, resource: AppliedResource, ends: Ends): PlannedResource | undefined =>
  PLANNED_KINDS[resource.kind].end(ground, resource, ends)

/** What has to go before each of those that end. */
export const orderEnds: PlannedKind<never>['orderEnds'] = (...given) => {
  for (const kind of kinds) kind.orderEnds(...given)
}
