import { guestKinds } from '../../kinds/registry.ts'
import type { Address } from '../../resource/address.ts'
import { defaultName } from '../../resource/default-name.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import { asGuest, isOfGuest } from '../../resource/resource-kind.ts'
import type { PlannedKind } from '../planned-kind.ts'
import { poolAddresses } from '../pool/pool-path.ts'
import { planDestroyed } from './plan-destroyed.ts'
import { planGuest } from './plan-guest.ts'

const EMPTY: readonly Address[] = []

/** Names and VMIDs a clone may refer to, of guests that are declared. */
const templates = (guests: readonly DesiredGuest[]): ReadonlyMap<string, Address> =>
  new Map(
    guests.flatMap(({ kind, config, address, vmid }) => {
      const name = String(config[guestKinds[kind].nameKey] ?? defaultName(address))
      return [
        [`${kind} ${name}`, address] as const,
        ...(vmid === undefined ? [] : [[`${kind} ${vmid}`, address] as const]),
      ]
    }),
  )

export const guestPlanning: PlannedKind<DesiredGuest> = {
  /** Its pool, and the guest it is a clone of. */
  impliedNeeds: ({ resources }) => {
    const pools = poolAddresses(resources)
    const guests = resources.filter(isOfGuest)
    const clones = guests.some(({ source }) => source.by === 'clone')
    const byName = clones ? templates(guests) : new Map<string, Address>()
    return ({ pool, source, kind }) => [
      ...(pool === undefined ? EMPTY : [pools.get(pool)]),
      ...(source.by === 'clone' ? [byName.get(`${kind} ${source.template}`)] : EMPTY),
    ]
  },
  plan: (ground, desired, applied, changed) => {
    const { address, lifecycle } = desired
    const vmid = ground.vmids.get(address)
    if (vmid === undefined) return undefined
    const movedFrom = ground.bindings.movedFrom.get(address)
    return planGuest({
      world: ground.world,
      desired,
      vmid,
      applied: asGuest(applied),
      movedFrom: movedFrom === address ? undefined : movedFrom,
      imported: ground.bindings.imported.has(address),
      findTemplate: ground.findTemplate,
      findGuest: ground.findGuest,
      holders: ground.holders,
      plannedPools: ground.declaredPools,
      triggered: lifecycle.replaceTriggeredBy.some((trigger) =>
        [...changed.keys()].some((other) => other === trigger || other.startsWith(`${trigger}[`)),
      ),
      isReplaced: ground.replaced.has(address),
      freshVmid: () => ground.freshVmid(desired),
    })
  },
  end: ({ world, declared, clones, holders }, resource, { destroyed, pools }) => {
    const guest = asGuest(resource)
    return guest && planDestroyed(world, guest, declared.get(guest.address), clones, holders, destroyed, pools)
  },
  /** Those that hold its volumes go first, and the linked clones of a template. */
  orderEnds: ({ world, holders, clones }, planned, ends, goesFirst) => {
    const guests = planned.flatMap(({ guest, address }) => (guest ? [{ guest, address }] : []))
    const byVmid = new Map<number, Address>(guests.map(({ guest, address }) => [guest.vmid, address]))
    for (const { address, guest } of guests) {
      if (!ends.has(address)) continue
      for (const holder of holders(guest.vmid)) {
        const other = byVmid.get(holder)
        if (other !== undefined && other !== address) goesFirst(address, other)
      }
      if (!world.guests.get(guest.vmid)?.template) continue
      for (const clone of clones(guest.vmid)) {
        const other = byVmid.get(clone)
        if (other !== undefined) goesFirst(address, other)
      }
    }
  },
}
