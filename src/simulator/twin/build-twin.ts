import { usualInterfaces } from '../network/interface-state.ts'
import { addFile, addGuest, addNode, addStorage } from '../profile/add.ts'
import { splitVolid } from '../schema/formats.ts'
import { type Guest, type Section, touch } from '../state/guest.ts'
import type { ClusterNode, World } from '../state/world.ts'
import { parseSize } from '../volume/size.ts'
import { findVolume, isOnNode, poolOn, storageOf } from '../volume/volumes.ts'
import type {
  ClusterDescription,
  ConfigValue,
  GuestDescription,
  NodeDescription,
  StorageDescription,
} from './description.ts'

const asText = (value: ConfigValue): string => (value === true ? '1' : value === false ? '0' : String(value))

/** What an answer has beside the configuration. */
const NOT_CONFIG = new Set(['digest', 'lxc'])

const sectionOf = (config: Readonly<Record<string, ConfigValue>>): Section =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => !NOT_CONFIG.has(key))
      .map(([key, value]) => [key, asText(value)]),
  )

const buildNode = (world: World, { name, network, clock_skew, ...node }: NodeDescription): void => {
  const interfaces = (network ?? []).map((each) => [String(each['iface']), each] as const)
  const known = Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined))
  addNode(world, name, { ...known, clockSkew: clock_skew ?? 0, network: new Map(interfaces) })
}

const buildStorage = (world: World, { storage, type, options, total, used, volumes }: StorageDescription): void => {
  addStorage(world, storage, type, sectionOf(options ?? {}), total)
  for (const { volid, node, protected: kept, ...volume } of volumes ?? []) {
    const name = splitVolid(volid)?.name
    if (name === undefined) continue
    const on = node ?? [...world.nodes.keys()].find((each) => isOnNode(storageOf(world, storage), each)) ?? world.local
    addFile(world, on, { format: 'raw', ...volume, storage, name, ...(kept === undefined ? {} : { protected: kept }) })
  }
  if (used === undefined) return
  for (const node of world.nodes.keys()) {
    const pool = poolOn(world, storage, node)
    const known = [...pool.volumes.values()].reduce((sum, volume) => sum + volume.used, 0)
    pool.base = Math.max(0, used - known)
  }
}

const isVolumeKey = (key: string): boolean =>
  /^(?:scsi|virtio|sata|ide|efidisk|tpmstate|mp|unused)\d+$|^rootfs$/.test(key)

const FORMATS = /\.(raw|qcow2|vmdk|subvol)$/

/** Volumes that the configuration names but no list of volumes had: made with the size that stands in the configuration. */
const fillVolumes = (world: World, guest: Guest): void => {
  for (const section of [guest.config, guest.pending, ...guest.snapshots.values()]) {
    for (const [key, value] of Object.entries(section)) {
      const [volid = '', ...options] = isVolumeKey(key) ? value.replace(/^(?:file|volume)=/, '').split(',') : []
      const parts = splitVolid(volid)
      if (parts === undefined || !world.storages.has(parts.storage) || findVolume(world, volid, guest.node)) continue
      const size = options.find((each) => each.startsWith('size='))?.slice('size='.length)
      const [parent] = parts.name.split(/\/(?=\d+\/)/)
      addFile(world, guest.node, {
        storage: parts.storage,
        name: parts.name,
        content: guest.type === 'lxc' ? 'rootdir' : /\.iso$/.test(parts.name) ? 'iso' : 'images',
        format: FORMATS.exec(parts.name)?.[1] ?? 'raw',
        size: parseSize(size ?? '') ?? 2 ** 22,
        vmid: guest.vmid,
        ...(parent !== undefined && parent !== parts.name ? { parent } : {}),
      })
    }
  }
}

const setPending = (guest: Guest, described: GuestDescription): void => {
  for (const { key, pending, delete: gone } of described.pending ?? []) {
    if (pending !== undefined) guest.pending[key] = asText(pending)
    if (gone !== undefined && gone > 0) guest.pendingDelete.set(key, gone > 1)
  }
}

/** The `lxc.*` lines of a container as GET config answers them: pairs under `lxc`. */
const rawOf = ({ config }: GuestDescription): Guest['raw'] => {
  const given: unknown = config['lxc']
  return Array.isArray(given)
    ? given.map((pair: readonly unknown[]) => [String(pair[0]), String(pair[1])] as const)
    : []
}

const FIRST_PID = 2000

const buildGuest = (world: World, described: GuestDescription): void => {
  const { vmid, type, node, status, pool } = described
  const guest = addGuest(world, type, vmid, node, sectionOf(described.config))
  for (const { name, config } of described.snapshots ?? []) guest.snapshots.set(name, sectionOf(config))
  guest.raw = rawOf(described)
  setPending(guest, described)
  fillVolumes(world, guest)
  if (status === 'running' || status === 'paused')
    guest.running = { pid: FIRST_PID + vmid, since: world.clock.now(), paused: status === 'paused' }
  guest.answersUnplug = described.answers_unplug ?? true
  if (pool !== undefined) world.poolOf.set(vmid, pool)
  touch(guest)
  if (described.digest !== undefined) guest.digest = { version: guest.version, value: described.digest }
}

/** A node whose network is not told has the usual one, and every bridge its guests use. */
const fillNetwork = (world: World, node: ClusterNode): void => {
  if (node.network.size > 0) return
  const bridges = [...world.guests.values()]
    .filter((guest) => guest.node === node.name)
    .flatMap(({ config }) => Object.entries(config).filter(([key]) => /^net\d+$/.test(key)))
    .flatMap(([, line]) => /(?:^|,)bridge=([^,]+)/.exec(line)?.[1] ?? [])
  const plain = (bridge: string) => [bridge, { type: 'bridge', method: 'manual', active: 1 }] as const
  for (const [name, iface] of new Map([...bridges.sort().map(plain), ...usualInterfaces(node)]))
    node.network.set(name, { iface: name, ...iface })
}

/**
 * Makes the function that builds a cluster from its description, for `startSimulator({ build })`: it then answers as the described
 * cluster did. What the description does not say (free space, MAC addresses it left out) is made up.
 */
export const buildTwin =
  (description: ClusterDescription) =>
  (world: World): void => {
    for (const node of description.nodes) buildNode(world, node)
    for (const storage of description.storages ?? []) buildStorage(world, storage)
    for (const { poolid, comment, storages } of description.pools ?? [])
      world.pools.set(poolid, { id: poolid, comment, storages: new Set(storages) })
    for (const guest of description.guests ?? []) buildGuest(world, guest)
    for (const node of world.nodes.values()) fillNetwork(world, node)
    Object.assign(world.options, sectionOf(description.options ?? {}))
  }
