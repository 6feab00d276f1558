import { raise } from '../api/error.ts'
import { splitVolid } from '../schema/formats.ts'
import type { Pool, StorageDefinition, Volume } from '../state/storage.ts'
import { nodeSeconds, type World } from '../state/world.ts'
import { type Backend, backendOf } from './backend.ts'
import { freshToken } from './content.ts'

/** A storage definition; ends the request with PVE's text when there is none. */
export const storageOf = (world: World, id: string): StorageDefinition =>
  world.storages.get(id) ?? raise(`storage '${id}' does not exist`)

export const isShared = (storage: StorageDefinition): boolean =>
  storage.options['shared'] === '1' || backendOf(storage.type).shared

export const contentOf = (storage: StorageDefinition): readonly string[] =>
  (storage.options['content'] ?? '').split(',').filter((x) => x !== '')

/** Whether a storage is there for a node: its `nodes` restriction. */
export const isOnNode = (storage: StorageDefinition, node: string): boolean => {
  const nodes = storage.options['nodes']
  return nodes === undefined || nodes === '' || nodes.split(',').includes(node)
}

export const isEnabled = (storage: StorageDefinition): boolean => storage.options['disable'] !== '1'

/** The storage if it can be used on the node; else ends the request as PVE's `storage_check_enabled`. */
export const usableStorage = (world: World, id: string, node: string): StorageDefinition => {
  const storage = storageOf(world, id)
  if (!isEnabled(storage)) raise(`storage '${id}' is disabled`)
  if (!isOnNode(storage, node)) raise(`storage '${id}' is not available on node '${node}'`)
  return storage
}

export const backend = (world: World, storage: string): Backend => backendOf(storageOf(world, storage).type)

/** Where a storage keeps its volumes as seen from a node. */
export const poolOn = (world: World, storage: string, node: string): Pool => {
  const definition = storageOf(world, storage)
  const key = isShared(definition) ? storage : `${storage}@${node}`
  const known = world.volumePools.get(key)
  if (known) return known
  const made: Pool = { volumes: new Map(), total: 100 * 2 ** 30, base: 2 * 2 ** 30 }
  world.volumePools.set(key, made)
  return made
}

/** The volume behind a volume id as seen from a node; nothing when it does not exist. */
export const findVolume = (world: World, volid: string, node: string): Volume | undefined => {
  const parts = splitVolid(volid)
  if (parts === undefined || !world.storages.has(parts.storage)) return undefined
  return poolOn(world, parts.storage, node).volumes.get(parts.name)
}

export const volidOf = (volume: Volume): string => `${volume.storage}:${volume.name}`

/** Bytes in use on a storage as seen from a node. */
export const usedOn = (pool: Pool): number => {
  let used = pool.base
  for (const volume of pool.volumes.values()) used += volume.used
  return used
}

/** A volume to be: one that is told no content holds something of its own. */
export type Placed = Omit<Volume, 'token'> & { readonly token?: string | undefined }

/** Puts a volume into its storage's pool: fails when the name is taken. */
export const addVolume = (world: World, node: string, placed: Placed): Volume => {
  const pool = poolOn(world, placed.storage, node)
  if (pool.volumes.has(placed.name)) raise(`disk image '${pathOf(world, placed.storage, placed.name)}' already exists`)
  const volume = Object.assign(placed, { token: placed.token ?? freshToken(world, placed.name) })
  pool.volumes.set(volume.name, volume)
  return volume
}

export const removeVolume = (world: World, node: string, volume: Volume): void => {
  poolOn(world, volume.storage, node).volumes.delete(volume.name)
}

const folders: Readonly<Record<string, string>> = {
  iso: 'template/iso',
  vztmpl: 'template/cache',
  backup: 'dump',
  snippets: 'snippets',
  import: 'import',
}

/** The path of a volume on its node, as PVE's `path` gives it. */
export const pathOf = (world: World, storage: string, name: string): string => {
  const definition = storageOf(world, storage)
  const base = definition.options['path'] ?? `/mnt/pve/${storage}`
  const folder = /^(iso|vztmpl|backup|snippets|import)\/(.+)$/.exec(name)
  if (folder) return `${base}/${folders[folder[1] as string]}/${folder[2]}`
  const last = name.split('/').slice(-2).join('/')
  switch (definition.type) {
    case 'lvm':
    case 'lvmthin':
      return `/dev/${definition.options['vgname'] ?? 'pve'}/${name}`
    case 'zfspool': {
      const image = name.split('/').at(-1) as string
      return image.startsWith('subvol-')
        ? `/${definition.options['pool'] ?? storage}/${image}`
        : `/dev/zvol/${definition.options['pool'] ?? storage}/${image}`
    }
    case 'rbd':
      return `rbd:${definition.options['pool'] ?? 'rbd'}/${name}`
    case 'btrfs':
      return last.endsWith('.raw')
        ? `${base}/images/${last.slice(0, -4)}/disk.raw`
        : `${base}/images/${last.replace(/\.subvol$/, '')}`
    default:
      return `${base}/images/${last}`
  }
}

const inUse = (world: World, storage: string, node: string): Set<string> => {
  const taken = new Set<string>()
  for (const name of poolOn(world, storage, node).volumes.keys())
    taken.add(
      name
        .split('/')
        .at(-1)
        ?.replace(/\.\w+$/, '') ?? '',
    )
  return taken
}

/** The next free `vm-N-disk-M` (or `base-…`, `subvol-…`) name of a guest on a storage, without folder and ending. */
export const nextImageName = (world: World, storage: string, node: string, vmid: number, prefix = 'vm'): string => {
  const taken = inUse(world, storage, node)
  for (let index = 0; ; index++) {
    const ending = `-${vmid}-disk-${index}`
    if (!taken.has(`vm${ending}`) && !taken.has(`base${ending}`) && !taken.has(`subvol${ending}`))
      return `${prefix}${ending}`
  }
}

/** The volume name an image of a guest has on a storage: with folder and ending where the storage keeps files. */
export const imageName = (world: World, storage: string, vmid: number, image: string, format: string): string =>
  backend(world, storage).fileBased ? `${vmid}/${image}.${format}` : image

export type NewVolume = {
  readonly storage: string
  readonly vmid: number
  readonly format: string
  readonly size: number
  /** The image's name without folder and ending; the next free one unless given. */
  readonly image?: string
  readonly content?: string
  readonly parent?: string
  readonly used?: number
  /** What it holds when it is a copy. */
  readonly token?: string | undefined
}

/** What of its base a linked clone carries in its name: a base that is a clone itself leaves its own base out. */
const baseInName = ({ fileBased }: Backend, base: string): string =>
  base
    .split('/')
    .slice(fileBased ? -2 : -1)
    .join('/')

const MIB = 2 ** 20

/** Volumes on block storages come in whole extents or megabytes. PVE source: the plugins' alloc_image. */
const granularity: Readonly<Record<string, number>> = { lvm: 4 * MIB, lvmthin: 4 * MIB, zfspool: MIB, rbd: MIB }

/** Allocates a volume for a guest. Fails with PVE's text when the storage cannot hold the format or is full. */
export const allocate = (world: World, node: string, wanted: NewVolume): Volume => {
  const storage = usableStorage(world, wanted.storage, node)
  const kind = backendOf(storage.type)
  if (!kind.formats.includes(wanted.format)) raise(`unsupported format '${wanted.format}'`)
  const pool = poolOn(world, wanted.storage, node)
  const thick = storage.type === 'lvm' ? wanted.size : 0
  if (usedOn(pool) + thick > pool.total)
    raise(`unable to allocate image - not enough free space on storage '${wanted.storage}'`)
  const prefix = wanted.format === 'subvol' ? 'subvol' : 'vm'
  const image = wanted.image ?? nextImageName(world, wanted.storage, node, wanted.vmid, prefix)
  const own = imageName(world, wanted.storage, wanted.vmid, image, wanted.format)
  const name = wanted.parent !== undefined ? `${baseInName(kind, wanted.parent)}/${own}` : own
  const unit = granularity[storage.type] ?? 1
  const size = Math.ceil(wanted.size / unit) * unit
  return addVolume(world, node, {
    storage: wanted.storage,
    name,
    content: wanted.content ?? 'images',
    format: wanted.format,
    size,
    used: wanted.used ?? (storage.type === 'lvm' ? size : Math.min(size, 200 * 1024)),
    vmid: wanted.vmid,
    ctime: nodeSeconds(world, node),
    parent: wanted.parent,
    snapshots: new Map(),
    token: wanted.token,
  })
}
