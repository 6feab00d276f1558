import type { AppliedGuest } from '../../resource/applied.ts'
import type { DesiredResource } from '../../resource/desired.ts'
import { checkChangeable, checkIdentity } from '../binding/bound-guest-check.ts'
import { checkDestroy, type LinkedClones } from '../check/destroy-check.ts'
import type { PlanningContext, VolumeHolders } from '../planning-context.ts'
import { checkHolders } from '../state/foreign-volumes.ts'
import { expectationOf, expecting, type PlannedResource } from '../state/planned-resource.ts'
import { powerOf } from '../state/power-dependence.ts'
import { planForgotten } from '../step/forget-step.ts'
import { destroyGuest } from './destroy-guest.ts'
import { destroyedAttributes } from './destroyed-attributes.ts'

/**
 * Plans the end of a managed guest. `leaving` are the guests the plan destroys, which linked clones may belong to; `endingPools` the pools that end with it.
 */
export const planDestroyed = (
  world: PlanningContext,
  resource: AppliedGuest,
  declared: DesiredResource | undefined,
  clones: LinkedClones,
  holders: VolumeHolders,
  leaving: ReadonlySet<number>,
  endingPools: ReadonlySet<string>,
): PlannedResource | undefined => {
  const { address, guest } = resource
  const observed = world.guests.get(guest.vmid)
  if (!observed) return planForgotten(resource, { isGone: true })
  const place = { address, range: declared?.range }
  if (!checkIdentity(world, resource, observed, place)) return undefined
  checkChangeable(world, observed, place)
  const current = declared
    ? { ...resource, preventDestroy: declared.lifecycle.preventDestroy, onDestroy: declared.lifecycle.onDestroy }
    : resource
  const left = observed.template ? clones(guest.vmid).filter((vmid) => !leaving.has(vmid)) : []
  checkDestroy(world, current, observed, left)
  if (current.onDestroy !== 'retain')
    checkHolders(
      world,
      address,
      observed,
      holders(guest.vmid).filter((vmid) => !leaving.has(vmid)),
    )
  const destruction = { resource: current, observed, onDestroy: current.onDestroy, unbind: true, endingPools }
  const drafts = destroyGuest(world, destruction).map((draft) =>
    draft.binding ? { ...draft, binding: { before: resource, after: null } } : draft,
  )
  return {
    address,
    kind: resource.kind,
    action: 'destroy',
    reason: 'no-longer-declared',
    guest: { ...guest, node: observed.node },
    name: observed.name,
    // Nothing goes of a guest that is retained.
    attributes: current.onDestroy === 'retain' ? [] : destroyedAttributes(resource, observed),
    drafts: expecting(drafts, {
      ...expectationOf(observed, resource),
      // One that is off is ended in fewer steps.
      ...powerOf(observed),
    }),
  }
}
