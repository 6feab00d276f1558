import type { Address } from '../../resource/address.ts'
import { boundGuests } from '../../resource/applied.ts'
import type { Desired, DesiredGuest } from '../../resource/desired.ts'
import { isOfGuest } from '../../resource/resource-kind.ts'
import type { Bindings } from '../binding/bindings.ts'
import { writtenBlocks } from '../binding/written-blocks.ts'
import type { PlanningContext } from '../planning-context.ts'
import { checkVolumes } from './volume-check.ts'

const checkAddresses = (world: PlanningContext, desired: Desired): void => {
  const seen = new Set<Address>()
  for (const { address, range } of desired.resources) {
    if (seen.has(address)) {
      world.report('plan.duplicate-address', {
        detail: `\`${address}\` is declared twice. Every resource has an address of its own: rename one of them.`,
        address,
        range,
      })
    }
    seen.add(address)
  }
}

const checkVmids = (world: PlanningContext, guests: readonly DesiredGuest[], { bound, imported }: Bindings): void => {
  const owners = new Map<number, Address>()
  for (const [address, { guest }] of boundGuests(bound)) owners.set(guest.vmid, address)
  for (const [address, { vmid }] of imported) owners.set(vmid, address)
  for (const guest of guests) {
    const { address, vmid, range } = guest
    if (vmid === undefined) continue
    const owner = owners.get(vmid)
    if (owner === undefined) owners.set(vmid, address)
    else if (owner !== address) {
      world.report('plan.duplicate-vmid', {
        detail: `\`${address}\` claims VMID ${vmid}, which belongs to \`${owner}\`. Give one of them another \`vmid\`, or leave it out and mpc chooses one. If the guest was renamed, add the block below.`,
        address,
        range: guest.rangeOf?.('vmid') ?? range,
        hint: writtenBlocks('moved', [{ from: owner, to: address }], range?.filename),
      })
    }
  }
}

/** Reports addresses, VMIDs and volumes that are claimed twice. */
export const checkDuplicates = (world: PlanningContext, desired: Desired, bindings: Bindings): void => {
  const guests = desired.resources.filter(isOfGuest)
  checkAddresses(world, desired)
  checkVmids(world, guests, bindings)
  checkVolumes(world, guests, bindings)
}
