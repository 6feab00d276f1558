import type { Address } from '../../resource/address.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import { parseVmid, type Vmid } from '../../resource/guest.ts'
import { inOrder } from '../../util/natural-order.ts'
import type { PlanningContext } from '../planning-context.ts'

/**
 * Chooses a VMID for every new guest that declares none: the lowest free ones of the range, in the order of the addresses, so that the same
 * declarations always get the same numbers. `taken` holds every number that is in use or spoken for.
 */
export const allocateVmids = (
  world: PlanningContext,
  guests: readonly DesiredGuest[],
  taken: Set<number>,
): ReadonlyMap<Address, Vmid> => {
  const { hiddenVmids } = world.options
  const { first: lowest, last } = world.options.vmids
  const first = Math.max(lowest, hiddenVmids?.next ?? lowest)
  const chosen = new Map<Address, Vmid>()
  let next = first
  for (const { address, range } of inOrder(guests, (guest) => guest.address)) {
    while (next <= last && taken.has(next)) next++
    const vmid = next <= last ? parseVmid(next) : undefined
    if (vmid === undefined) {
      world.report('plan.no-free-vmid', {
        detail: `\`${address}\` needs a VMID, but all from ${lowest} to ${last} are in use. Widen \`vmids\` in the settings, or declare a \`vmid\`.`,
        address,
        range,
      })
      continue
    }
    taken.add(next)
    chosen.set(address, vmid)
  }
  return chosen
}
