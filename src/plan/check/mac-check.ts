import { guestKinds } from '../../kinds/registry.ts'
import type { Address } from '../../resource/address.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { inOrder } from '../../util/natural-order.ts'
import type { PlanningContext } from '../planning-context.ts'
import { macProperty } from '../state/change-builder.ts'
import { guestLabel } from '../state/guest-progress.ts'

/** A network device that has, or will have, a MAC address. */
interface Holder {
  readonly mac: string
  readonly label: string
  readonly desired?: DesiredGuest
  readonly name?: string
}

const MAC = /(?:^|[=,])((?:[0-9a-f]{2}:){5}[0-9a-f]{2})(?:,|$)/i

/** The MAC addresses of what was observed, by key. */
const macsOf = ({ current }: ObservedGuest): readonly (readonly [key: string, mac: string])[] =>
  Object.entries(current).flatMap(([key, text]) => {
    const mac = /^net\d+$/.test(key) ? MAC.exec(text)?.[1] : undefined
    return mac === undefined ? [] : [[key, mac.toUpperCase()] as const]
  })

const declaredHolders = (desired: DesiredGuest, observed: ObservedGuest | undefined): readonly Holder[] => {
  const kind = guestKinds[desired.kind]
  const macs = new Map(observed ? macsOf(observed) : [])
  for (const [key, value] of Object.entries(desired.config)) {
    const property = macProperty(kind, key)
    const mac = isPropertyMap(value) && property !== undefined ? value[property] : undefined
    if (typeof mac === 'string') macs.set(key, mac.toUpperCase())
  }
  return [...macs].map(([key, mac]) => ({
    mac,
    label: `\`network.${key}\` of \`${desired.address}\``,
    desired,
    name: `network.${key}`,
  }))
}

const observedHolders = (guest: ObservedGuest): readonly Holder[] =>
  macsOf(guest).map(([key, mac]) => ({ mac, label: `${key} of ${guestLabel(guest.name, guest)}` }))

const report = (world: PlanningContext, mac: string, holders: readonly Holder[]): void => {
  const declared = inOrder(
    holders.flatMap(({ desired, name }) => (desired && name !== undefined ? [{ desired, name }] : [])),
    ({ desired, name }) => `${desired.address} ${name}`,
  )
  const [first] = declared
  if (!first) return
  const labels = inOrder(holders, ({ label }) => label).map(({ label }) => label)
  world.report('plan.duplicate-mac', {
    detail: `${mac} is the MAC address of ${labels.slice(0, -1).join(', ')} and ${labels.at(-1)}. If two devices on one network share an address, neither is reliably reachable. Give each its own, or leave it out and Proxmox VE chooses one.`,
    address: first.desired.address,
    range: first.desired.rangeOf?.(first.name) ?? first.desired.range,
  })
}

/** Warns of MAC addresses that several devices have or will have, where one of them is declared. Templates never run. */
export const checkMacs = (
  world: PlanningContext,
  guests: readonly DesiredGuest[],
  vmidOf: (address: Address) => number | undefined,
  isEnding: (vmid: number) => boolean,
): void => {
  const byMac = new Map<string, Holder[]>()
  const add = (holder: Holder) => {
    const others = byMac.get(holder.mac)
    if (others) others.push(holder)
    else byMac.set(holder.mac, [holder])
  }
  const declared = new Set<number>()
  for (const guest of guests) {
    const vmid = vmidOf(guest.address)
    const observed = vmid === undefined ? undefined : world.guests.get(vmid)
    if (vmid !== undefined) declared.add(vmid)
    if (!guest.template && !observed?.template) for (const holder of declaredHolders(guest, observed)) add(holder)
  }
  for (const guest of world.observed.guests)
    if (!guest.template && !declared.has(guest.vmid) && !isEnding(guest.vmid))
      for (const holder of observedHolders(guest)) add(holder)
  for (const [mac, holders] of byMac) if (holders.length > 1) report(world, mac, holders)
}
