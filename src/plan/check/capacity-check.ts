import { guestKinds } from '../../kinds/registry.ts'
import { formatSize, parseSize } from '../../kinds/value/size.ts'
import type { Address } from '../../resource/address.ts'
import type { AttributeChange } from '../../resource/change.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { PlanningContext } from '../planning-context.ts'
import { stateOf, textOf } from '../state/guest-state.ts'
import type { PlannedResource } from '../state/planned-resource.ts'

/** Room that something new takes on a storage. */
interface Demand {
  readonly storage: string
  readonly node: string
  readonly bytes: number
  /** `disk.scsi0`. */
  readonly name: string
  readonly desired: DesiredGuest
}

/** Storages that set the whole size of a volume aside when it is made; on others it grows with what is written. */
const IN_FULL: ReadonlySet<string> = new Set(['lvm', 'zfspool', 'zfs'])

const MEBIBYTE = 1024 ** 2

/** Bytes as a person reads them: `8T`, `931.5G`. */
const readable = (bytes: number): string => {
  const unit = bytes >= 1024 ** 4 ? 1024 ** 4 : 1024 ** 3
  return bytes % unit === 0 ? formatSize(bytes) : `${(bytes / unit).toFixed(1)}${unit === 1024 ** 3 ? 'G' : 'T'}`
}

const bytesOf = (value: AttributeChange['after']): number => parseSize(String(value ?? '')) ?? 0

/** What the changes of one volume take where: all of it where it is new or moves, else what it grows by. */
const demandOf = (
  name: string,
  changes: ReadonlyMap<string, AttributeChange>,
  observed: ObservedGuest | undefined,
  desired: DesiredGuest,
): Demand | undefined => {
  const kind = guestKinds[desired.kind]
  const key = name.slice(name.lastIndexOf('.') + 1)
  const text = observed && textOf(stateOf(observed), key)
  const value = text === undefined ? undefined : kind.decodeValue(key, text)
  const had = isPropertyMap(value) && kind.isVolume(key, value) ? value : undefined
  const [size, storage] = [changes.get('size'), changes.get('storage')]
  const to = storage?.after ?? had?.['storage']
  if (to === undefined) return undefined
  const isMoved = storage !== undefined || !had
  const bytes = isMoved ? bytesOf(size?.after ?? had?.['size']) : bytesOf(size?.after) - bytesOf(had?.['size'])
  return bytes > 0 ? { storage: String(to), node: desired.node, bytes, name, desired } : undefined
}

const demandsOf = (world: PlanningContext, resource: PlannedResource, desired: DesiredGuest): readonly Demand[] => {
  const kind = guestKinds[desired.kind]
  const byVolume = new Map<string, Map<string, AttributeChange>>()
  for (const attribute of resource.attributes) {
    const at = attribute.name.lastIndexOf('.')
    const volume = attribute.name.slice(0, Math.max(0, at))
    if (kind.volumeProperty(volume.slice(volume.lastIndexOf('.') + 1)) === undefined) continue
    byVolume.set(volume, (byVolume.get(volume) ?? new Map()).set(attribute.name.slice(at + 1), attribute))
  }
  const observed = resource.action === 'update' ? world.guests.get(resource.guest?.vmid ?? 0) : undefined
  return [...byVolume].flatMap(([name, changes]) => demandOf(name, changes, observed, desired) ?? [])
}

const warnOfRoom = (world: PlanningContext, demands: readonly Demand[]): void => {
  const [first] = demands
  const storage = first && world.storages.get(first.storage)?.get(first.node)
  if (!first || !storage || storage.total === 0) return
  const free = Math.max(0, storage.total - storage.used)
  const wanted = demands.reduce((sum, { bytes }) => sum + bytes, 0)
  const tooLarge = demands.find(({ bytes }) => bytes > storage.total)
  if (!tooLarge && !(IN_FULL.has(storage.type) && wanted > free)) return
  const { name, desired } = tooLarge ?? first
  const what = tooLarge
    ? `\`${name}\` of \`${desired.address}\` takes ${readable(tooLarge.bytes)}, and the whole storage \`${storage.storage}\` has ${readable(storage.total)}.`
    : `The plan takes ${readable(wanted)} on storage \`${storage.storage}\` of ${first.node} (${demands.map((demand) => `\`${demand.name}\` of \`${demand.desired.address}\``).join(', ')}), and ${readable(free)} are free there. A storage of type ${storage.type} sets the whole size aside when a volume is made.`
  world.report('plan.storage-full', {
    detail: `${what} Use another storage, or a smaller size.`,
    address: desired.address,
    range: desired.rangeOf?.(`${name}.size`) ?? desired.rangeOf?.(name) ?? desired.range,
  })
}

const numberOf = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

/** Warns of a guest that is larger than its node, where the plan makes it so. */
const warnOfNode = (world: PlanningContext, { attributes }: PlannedResource, desired: DesiredGuest): void => {
  const node = world.nodes.get(desired.node)
  const kind = guestKinds[desired.kind]
  const changes = (...names: readonly string[]) => attributes.some(({ name }) => names.includes(name))
  const { memory, cores, sockets } = desired.config
  const bytes = numberOf(memory, 0) * MEBIBYTE
  const place = (name: string) => ({ address: desired.address, range: desired.rangeOf?.(name) ?? desired.range })
  if (node?.memory !== undefined && changes('memory', 'node') && bytes > node.memory)
    world.report('plan.node-too-small', {
      detail: `\`memory\` of \`${desired.address}\` is ${readable(bytes)}, and node ${desired.node} has ${readable(node.memory)} in all. Declare less, or use a node with more.`,
      ...place('memory'),
    })
  const cpus = numberOf(cores, 1) * numberOf(sockets, 1)
  if (kind.boundToProcessors && node?.cpus !== undefined && changes('cores', 'sockets', 'node') && cpus > node.cpus)
    world.report('plan.node-too-small', {
      detail: `\`${desired.address}\` has ${cpus} virtual processors (\`cores\` times \`sockets\`), and node ${desired.node} has ${node.cpus}: Proxmox VE does not start such a ${kind.label} there. Declare fewer, or use a node with more.`,
      ...place('cores'),
    })
}

/** Warns of volumes that do not fit on their storage, and of guests that do not fit on their node. */
export const checkCapacity = (
  world: PlanningContext,
  planned: readonly PlannedResource[],
  declared: (address: Address) => DesiredGuest | undefined,
): void => {
  const byStorage = new Map<string, Demand[]>()
  for (const resource of planned) {
    const desired = declared(resource.address)
    if (!desired || resource.action === 'destroy') continue
    warnOfNode(world, resource, desired)
    for (const demand of demandsOf(world, resource, desired)) {
      const isShared = world.storages.get(demand.storage)?.get(demand.node)?.shared === true
      const place = isShared ? demand.storage : `${demand.storage}\0${demand.node}`
      byStorage.set(place, [...(byStorage.get(place) ?? []), demand])
    }
  }
  for (const demands of byStorage.values()) warnOfRoom(world, demands)
}
