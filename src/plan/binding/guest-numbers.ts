import type { Address } from '../../resource/address.ts'
import type { Applied } from '../../resource/applied.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import type { Vmid } from '../../resource/guest.ts'
import { asGuest, isOfGuest } from '../../resource/resource-kind.ts'
import type { PlanningContext } from '../planning-context.ts'
import { allocateVmids } from './allocate-vmids.ts'
import type { Bindings } from './bindings.ts'
import { forgettingBlock } from './written-blocks.ts'

/** VMIDs that declared guests have or declare, and all that are in use or spoken for. */
const givenVmids = (
  world: PlanningContext,
  guests: readonly DesiredGuest[],
  applied: Applied,
  { bound, imported }: Bindings,
) => {
  const taken = new Set<number>([...world.guests.keys(), ...(world.options.hiddenVmids?.taken ?? [])])
  for (const { guest } of applied.filter(isOfGuest)) taken.add(guest.vmid)
  const vmids = new Map<Address, Vmid>()
  for (const { address, vmid } of guests) {
    const known = asGuest(bound.get(address))?.guest.vmid ?? imported.get(address)?.vmid ?? vmid
    if (known !== undefined) vmids.set(address, known)
    if (vmid !== undefined) taken.add(vmid)
  }
  return { taken, vmids }
}

/** Reports guests whose VMID the server calls taken although the login sees no guest of it: what is not seen is not gone. */
const reportHidden = (
  world: PlanningContext,
  guests: readonly DesiredGuest[],
  vmids: ReadonlyMap<Address, Vmid>,
  { bound }: Bindings,
): void => {
  const hidden = new Set(world.options.hiddenVmids?.taken ?? [])
  for (const guest of guests) {
    const { address, range } = guest
    const vmid = vmids.get(address)
    if (vmid === undefined || !hidden.has(vmid)) continue
    if (bound.has(address)) {
      world.report('plan.guest-hidden', {
        detail: `\`${address}\` is ${vmid}, and the server says that ${vmid} is in use, but your user or token cannot see it any more. Grant it VM.Audit on /vms/${vmid}, or put the guest back into its pool. To stop managing it, put the block below in the place of the declaration, and apply.`,
        address,
        range,
        hint: forgettingBlock(address, range?.filename),
      })
      continue
    }
    world.report('plan.vmid-taken', {
      detail: `\`${address}\` is to be guest ${vmid}, and the server says that ${vmid} is taken. It belongs to a guest that your user or token cannot see: declare another \`vmid\`, or leave it out.`,
      address,
      range: guest.rangeOf?.('vmid') ?? range,
    })
  }
}

/** The VMID of every declared guest, chosen for those that have none; `taken` grows with those. */
export const guestNumbers = (
  world: PlanningContext,
  guests: readonly DesiredGuest[],
  applied: Applied,
  bindings: Bindings,
): { readonly vmids: ReadonlyMap<Address, Vmid>; readonly taken: Set<number> } => {
  const { taken, vmids } = givenVmids(world, guests, applied, bindings)
  if (world.options.destroy) return { vmids, taken }
  reportHidden(world, guests, vmids, bindings)
  const unnumbered = guests.filter(({ address }) => !vmids.has(address))
  return { vmids: new Map([...vmids, ...allocateVmids(world, unnumbered, taken)]), taken }
}
