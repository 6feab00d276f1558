import { attributeName } from '../kinds/attribute-name.ts'
import { kindOfType } from '../kinds/registry.ts'
import type { Address } from '../resource/address.ts'
import { isPropertyMap } from '../resource/config-value.ts'
import type { Desired, DesiredGuest } from '../resource/desired.ts'
import type { Bindings } from './bindings.ts'
import type { PlanWorld } from './plan-world.ts'

const checkAddresses = (world: PlanWorld, desired: Desired): void => {
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

const checkVmids = (world: PlanWorld, guests: readonly DesiredGuest[], { bound, imported }: Bindings): void => {
  const owners = new Map<number, Address>()
  for (const [address, { guest }] of bound) if (guest) owners.set(guest.vmid, address)
  for (const [address, { vmid }] of imported) owners.set(vmid, address)
  for (const guest of guests) {
    const { address, vmid, range } = guest
    if (vmid === undefined) continue
    const owner = owners.get(vmid)
    if (owner === undefined) owners.set(vmid, address)
    else if (owner !== address) {
      world.report('plan.duplicate-vmid', {
        detail: `\`${address}\` claims VMID ${vmid}, which belongs to \`${owner}\`. Give one of them another \`vmid\`, or leave it out and mpc chooses one. If the guest was renamed, write \`moved { from = ${owner}, to = ${address} }\`.`,
        address,
        range: guest.rangeOf?.('vmid') ?? range,
      })
    }
  }
}

interface VolumeUse {
  readonly volume: string
  readonly address: Address
  readonly key: string
  readonly guest: DesiredGuest
}

const namedVolumes = (guests: readonly DesiredGuest[]): readonly VolumeUse[] =>
  guests.flatMap((guest) => {
    const kind = kindOfType(guest.kind === 'vm' ? 'qemu' : 'lxc')
    return Object.entries(guest.config).flatMap(([key, value]) => {
      if (!isPropertyMap(value) || !kind.isVolume(key, value)) return []
      const volume = value[kind.volumeProperty(key) ?? '']
      return typeof volume === 'string' ? [{ volume, address: guest.address, key, guest }] : []
    })
  })

/** Where every volume of the cluster is in use; only made when somebody names a volume. */
const observedVolumes = (world: PlanWorld): ReadonlyMap<string, number> => {
  const owners = new Map<string, number>()
  for (const { vmid, current, type } of world.observed.guests) {
    const kind = kindOfType(type)
    for (const [key, text] of Object.entries(current)) {
      if (kind.volumeProperty(key) === undefined) continue
      const value = kind.decodeValue(key, text)
      const volume = isPropertyMap(value) ? value[kind.volumeProperty(key) ?? ''] : undefined
      if (typeof volume === 'string' && kind.isVolume(key, value)) owners.set(volume, vmid)
    }
  }
  return owners
}

const checkVolumes = (
  world: PlanWorld,
  guests: readonly DesiredGuest[],
  vmidOf: (address: Address) => number | undefined,
): void => {
  const uses = namedVolumes(guests)
  if (uses.length === 0) return
  const inCluster = observedVolumes(world)
  const first = new Map<string, VolumeUse>()
  for (const use of uses) {
    const other = first.get(use.volume)
    const owner = inCluster.get(use.volume)
    const kind = kindOfType(use.guest.kind === 'vm' ? 'qemu' : 'lxc')
    const name = attributeName(kind, use.key)
    const place = { address: use.address, range: use.guest.rangeOf?.(name) ?? use.guest.range }
    if (other) {
      world.report('plan.duplicate-volume', {
        detail: `\`${use.volume}\` is declared as \`${name}\` of \`${use.address}\` and as \`${other.key}\` of \`${other.address}\`. Two guests writing to one volume destroy its data: give one of them a volume of its own.`,
        ...place,
      })
    } else if (owner !== undefined && owner !== vmidOf(use.address)) {
      world.report('plan.duplicate-volume', {
        detail: `\`${use.volume}\` is declared as \`${name}\` of \`${use.address}\` but is in use by guest ${owner}. Two guests writing to one volume destroy its data: detach it there first, or use another.`,
        ...place,
      })
    }
    first.set(use.volume, use)
  }
}

/** Reports addresses, VMIDs and volumes that are claimed twice. */
export const checkDuplicates = (world: PlanWorld, desired: Desired, bindings: Bindings): void => {
  const guests = desired.resources.filter((resource): resource is DesiredGuest => resource.kind !== 'pool')
  checkAddresses(world, desired)
  checkVmids(world, guests, bindings)
  checkVolumes(
    world,
    guests,
    (address) => bindings.bound.get(address)?.guest?.vmid ?? bindings.imported.get(address)?.vmid,
  )
}
