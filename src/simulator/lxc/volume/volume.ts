import { raise } from '../../api/error.ts'
import type { Volume } from '../../state/storage.ts'
import type { World } from '../../state/world.ts'
import { parseVolname } from '../../volume/name.ts'
import {
  allocate,
  contentOf,
  findVolume,
  pathOf,
  removeVolume,
  storageOf,
  usableStorage,
  volidOf,
} from '../../volume/volumes.ts'

export type VolumeFeature = 'snapshot' | 'clone' | 'copy' | 'template' | 'rename'
type Kind = 'current' | 'base' | 'snap'

const table: Readonly<Record<string, Readonly<Record<VolumeFeature, readonly Kind[]>>>> = {
  btrfs: {
    snapshot: ['current', 'snap'],
    clone: ['base', 'current', 'snap'],
    copy: ['base', 'current', 'snap'],
    template: ['current'],
    rename: ['current'],
  },
  lvmthin: {
    snapshot: ['current'],
    clone: ['base', 'snap'],
    copy: ['base', 'current', 'snap'],
    template: ['current'],
    rename: ['current'],
  },
  zfspool: {
    snapshot: ['current', 'snap'],
    clone: ['base'],
    copy: ['base', 'current'],
    template: ['current'],
    rename: ['current'],
  },
  rbd: {
    snapshot: ['current', 'snap'],
    clone: ['base', 'snap'],
    copy: ['base', 'current', 'snap'],
    template: ['current'],
    rename: ['current'],
  },
  lvm: { snapshot: [], clone: [], copy: ['base', 'current'], template: [], rename: ['current'] },
}

/** Container volumes on a directory are raw files: copied and renamed, but neither snapshotted nor cloned. */
const directory = {
  snapshot: [],
  clone: [],
  copy: ['base', 'current'],
  template: ['current'],
  rename: ['current'],
} as const

/** Whether a container's volume can do that, as it is or as of a snapshot. PVE source: `volume_has_feature` of the plugins. */
export const hasFeature = (world: World, feature: VolumeFeature, volid: string, snapshot?: string): boolean => {
  if (volid.startsWith('/')) return false
  const name = parseVolname(world, volid)
  const kind: Kind = snapshot !== undefined ? 'snap' : name.isBase ? 'base' : 'current'
  const kinds: readonly Kind[] = (table[storageOf(world, name.storage).type] ?? directory)[feature]
  return kinds.includes(kind)
}

const superblocks = (blocks: number): string => {
  const groups = new Set<number>([1])
  for (const base of [3, 5, 7]) for (let group = base; group * 32768 < blocks; group *= base) groups.add(group)
  return [...groups]
    .sort((a, b) => a - b)
    .map((group) => group * 32768)
    .filter((block) => block < blocks)
    .join(', ')
}

const logFormat = (world: World, bytes: number, log: (line: string) => void): void => {
  const blocks = Math.floor(bytes / 4096)
  log(`Creating filesystem with ${blocks} 4k blocks and ${Math.floor(blocks / 4)} inodes`)
  log(`Filesystem UUID: ${world.random.uuid()}`)
  const copies = superblocks(blocks)
  if (copies !== '') log(`Superblock backups stored on blocks: \n\t${copies}`)
}

/** The format a container's volume has on a storage; ends with PVE's text where the storage holds no containers. */
export const volumeFormat = (world: World, storage: string, bytes: number): string => {
  const definition = storageOf(world, storage)
  if (!contentOf(definition).includes('rootdir'))
    raise(`content type 'rootdir' is not available or configured on storage '${storage}'`)
  if (definition.type === 'zfspool') return 'subvol'
  return definition.options['path'] !== undefined && bytes === 0 ? 'subvol' : 'raw'
}

/** Allocates and formats a container's volume; the log gets the lines PVE writes. A size of 0 on a directory is a `subvol`. */
export const allocDisk = (
  world: World,
  node: string,
  storage: string,
  vmid: number,
  bytes: number,
  log: (line: string) => void,
): Volume => {
  usableStorage(world, storage, node)
  const format = volumeFormat(world, storage, bytes)
  const volume = allocate(world, node, {
    storage,
    vmid,
    format,
    size: bytes,
    content: 'rootdir',
    used: freshUsage(bytes),
  })
  if (format === 'subvol') return volume
  const path = pathOf(world, storage, volume.name)
  if (storageOf(world, storage).type === 'lvmthin') log(`Logical volume "${volume.name}" created.`)
  else if (storageOf(world, storage).type !== 'btrfs')
    log(`Formatting '${path}', fmt=raw size=${bytes} preallocation=off`)
  logFormat(world, bytes, log)
  return volume
}

/** A fresh ext4 file system takes some space of its own. */
const freshUsage = (bytes: number): number => Math.min(bytes, 4096 + Math.round(bytes * 0.03))

/** The volume behind an id, as PVE activates it. */
export const existingVolume = (world: World, node: string, volid: string): Volume =>
  findVolume(world, volid, node) ?? raise(`volume '${volid}' does not exist`)

/** Copies a volume to a storage, as of a snapshot if one is named; gives the new volume. */
export const copyVolume = (
  world: World,
  node: string,
  volid: string,
  target: { readonly storage: string; readonly vmid: number; readonly node: string },
  log: (line: string) => void,
  snapshot?: string,
): Volume => {
  const source = existingVolume(world, node, volid)
  const { size, token } = (snapshot === undefined ? undefined : source.snapshots.get(snapshot)) ?? source
  const made = allocDisk(world, target.node, target.storage, target.vmid, size, log)
  made.token = token
  made.used = Math.max(made.used, Math.min(size, source.used))
  made.payload = source.payload
  logCopy(source.used, log)
  return made
}

const thousands = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',')

const logCopy = (bytes: number, log: (line: string) => void): void => {
  const total = thousands(bytes)
  log('')
  log(`Total file size: ${total} bytes`)
  log(`Total transferred file size: ${total} bytes`)
  log(`total size is ${total}  speedup is 1.00`)
}

/** Gives a volume another owner: a new name on the same storage. Returns its new id. */
export const renameVolume = (world: World, node: string, volume: Volume, vmid: number): string => {
  const made = allocate(world, node, {
    storage: volume.storage,
    vmid,
    format: volume.format,
    size: volume.size,
    content: volume.content,
    used: volume.used,
    token: volume.token,
  })
  made.payload = volume.payload
  removeVolume(world, node, volume)
  return volidOf(made)
}

/** Seconds that moving so many bytes takes on a storage of ordinary speed (400 MB/s), and a little for the start. */
export const copySeconds = (bytes: number): number => 0.3 + bytes / 400e6
