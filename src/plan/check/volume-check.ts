import { attributeName } from '../../kinds/attribute-name.ts'
import { guestKinds, kindOfType } from '../../kinds/registry.ts'
import { storageOf, volumeOwner } from '../../kinds/value/volume.ts'
import type { Address } from '../../resource/address.ts'
import { boundGuests } from '../../resource/applied.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { inOrder } from '../../util/natural-order.ts'
import type { Bindings } from '../binding/bindings.ts'
import type { PlanningContext } from '../planning-context.ts'
import { volumeIn } from '../state/foreign-volumes.ts'

/** A slot of a declared guest that names a volume, or is to have the one of a guest that is still to be made. */
interface VolumeUse {
  readonly volume: string
  readonly key: string
  readonly guest: DesiredGuest
  /** The declared guest whose making gives the volume its name. */
  readonly from?: Address
}

/** A guest that has, or is to have, a volume. */
interface User {
  readonly label: string
  readonly node: string
  /** It runs, or will. */
  readonly runs: boolean
  /** The slot it has it in. */
  readonly slot: string
}

const kindFor = (guest: DesiredGuest) => guestKinds[guest.kind]

const usesOf = (guests: readonly DesiredGuest[]): readonly VolumeUse[] =>
  guests.flatMap((guest) => {
    const kind = kindFor(guest)
    const named = Object.entries(guest.config).flatMap(([key, value]) => {
      if (!isPropertyMap(value) || !kind.isVolume(key, value)) return []
      const volume = value[kind.volumeProperty(key) ?? '']
      return typeof volume === 'string' ? [{ volume, key, guest }] : []
    })
    const later = (guest.attachments ?? []).map(({ key, of }) => {
      return { volume: `${of.key} of ${of.address}`, key, guest, from: of.address }
    })
    return [...named, ...later]
  })

interface Cluster {
  readonly world: PlanningContext
  /** Where each volume is attached; only made when somebody names a volume. */
  readonly holders: ReadonlyMap<string, readonly { readonly guest: ObservedGuest; readonly key: string }[]>
  readonly declared: ReadonlyMap<Address, DesiredGuest>
  readonly addressOf: (vmid: number) => Address | undefined
  readonly vmidOf: (address: Address) => number | undefined
}

const holdersIn = (world: PlanningContext): Cluster['holders'] => {
  const holders = new Map<string, { readonly guest: ObservedGuest; readonly key: string }[]>()
  for (const guest of world.observed.guests) {
    const kind = kindOfType(guest.type)
    for (const [key, text] of Object.entries(guest.current)) {
      const volume = volumeIn(kind, key, text)
      if (volume !== undefined) holders.set(volume, [...(holders.get(volume) ?? []), { guest, key }])
    }
  }
  return holders
}

const isUp = (guest: ObservedGuest | undefined): boolean => guest?.status === 'running' || guest?.status === 'paused'

const declaredUser = ({ world, vmidOf }: Cluster, guest: DesiredGuest, key: string): User => {
  const now = world.guests.get(vmidOf(guest.address) ?? 0)
  return {
    label: `\`${guest.address}\``,
    node: guest.node,
    runs: guest.power === undefined ? isUp(now) : guest.power === 'running',
    slot: attributeName(kindFor(guest), key),
  }
}

/** Everybody else who has the volume of a use; of those who declare it, the ones that stand before. */
const othersOf = (cluster: Cluster, use: VolumeUse, sharing: readonly VolumeUse[]): readonly User[] => {
  const { holders, declared, addressOf } = cluster
  const known = new Set(sharing.map(({ guest }) => guest.address))
  const holding = (holders.get(use.volume) ?? []).flatMap(({ guest, key }): readonly User[] => {
    const address = addressOf(guest.vmid)
    if (address === use.guest.address || (address !== undefined && known.has(address))) return []
    const own = address === undefined ? undefined : declared.get(address)
    if (own) return [declaredUser(cluster, own, key)]
    return [{ label: `guest ${guest.vmid}`, node: guest.node, runs: isUp(guest), slot: key }]
  })
  const maker = use.from === undefined ? undefined : declared.get(use.from)
  return [
    ...sharing.map(({ guest, key }) => declaredUser(cluster, guest, key)),
    ...holding,
    ...(maker ? [declaredUser(cluster, maker, use.volume.split(' ')[0] ?? '')] : []),
  ]
}

/** The person says that the volume is somebody else's: by a reference to its guest, or for all of them in `lifecycle`. */
const isMeant = ({ addressOf }: Cluster, { volume, guest, from }: VolumeUse): boolean => {
  if (from !== undefined || guest.lifecycle.attachForeignVolumes === true) return true
  const owner = addressOf(volumeOwner(volume) ?? 0)
  return owner !== undefined && guest.dependsOn.includes(owner)
}

/** The storage of a volume that is still to be made. */
const storageOfNew = ({ declared }: Cluster, { from, volume }: VolumeUse): string | undefined => {
  const value = from === undefined ? undefined : declared.get(from)?.config[volume.split(' ')[0] ?? '']
  return isPropertyMap(value) && value['storage'] !== undefined ? String(value['storage']) : undefined
}

const checkUse = (cluster: Cluster, use: VolumeUse, earlier: readonly VolumeUse[]): void => {
  const others = othersOf(cluster, use, earlier)
  const [other] = others
  if (!other) return
  const { world } = cluster
  const { guest, key, volume } = use
  const name = attributeName(kindFor(guest), key)
  const place = { address: guest.address, range: guest.rangeOf?.(name) ?? guest.range }
  const own = declaredUser(cluster, guest, key)
  const what = use.from === undefined ? `\`${volume}\`` : `The volume of ${volume}`
  if (!isMeant(cluster, use)) {
    const owner = cluster.addressOf(volumeOwner(volume) ?? 0)
    const refer =
      owner === undefined || owner === guest.address
        ? ''
        : `refer to it as in \`${owner}.disk.scsi0.file\` (with the slot it has there), or `
    world.report('plan.duplicate-volume', {
      detail: `${what} is declared as \`${name}\` of \`${guest.address}\`, and ${other.label} has it as \`${other.slot}\`. Two guests writing to one volume destroy its data: give one of them a volume of its own, or detach it there first. If it is meant, and at most one of them ever runs, ${refer}write \`lifecycle { attach_foreign_volumes = true }\`.`,
      ...place,
    })
    return
  }
  const running = others.find(({ runs }) => runs)
  if (own.runs && running)
    world.report('plan.duplicate-volume', {
      detail: `${what} would be written to by \`${guest.address}\` (\`${name}\`) and by ${running.label} (\`${running.slot}\`) at once, which destroys its data: both run, or are to run. Stop one of them, with \`power = "stopped"\` where it is declared.`,
      ...place,
    })
  const storage = use.from === undefined ? storageOf(volume) : storageOfNew(cluster, use)
  const isShared = storage !== undefined && world.storages.get(storage)?.get(guest.node)?.shared === true
  const elsewhere = others.find(({ node }) => node !== guest.node)
  if (elsewhere && !isShared)
    world.report('plan.volume-elsewhere', {
      detail: `${what} ${use.from === undefined ? 'lies' : 'will lie'} on ${elsewhere.node}, where ${elsewhere.label} is, and \`${guest.address}\` is declared on ${guest.node}, which does not share that storage. Declare both on one node, or put the volume on a shared storage.`,
      ...place,
    })
}

/** Reports volumes that more than one guest has, unless that is meant and at most one of them runs. */
export const checkVolumes = (
  world: PlanningContext,
  guests: readonly DesiredGuest[],
  { bound, imported }: Bindings,
): void => {
  const uses = usesOf(guests)
  if (uses.length === 0) return
  const vmids = new Map<Address, number>()
  for (const [address, { guest }] of boundGuests(bound)) vmids.set(address, guest.vmid)
  for (const [address, { vmid }] of imported) vmids.set(address, vmid)
  const addresses = new Map([...vmids].map(([address, vmid]) => [vmid, address]))
  const cluster: Cluster = {
    world,
    holders: holdersIn(world),
    declared: new Map(guests.map((guest) => [guest.address, guest])),
    addressOf: (vmid) => addresses.get(vmid),
    vmidOf: (address) => vmids.get(address),
  }
  const before = new Map<string, VolumeUse[]>()
  for (const use of inOrder(uses, ({ guest, key }) => `${guest.address} ${key}`)) {
    const earlier = before.get(use.volume) ?? []
    checkUse(cluster, use, earlier)
    before.set(use.volume, [...earlier, use])
  }
}
