import { type Guest, makeGuest, type Section } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'
import type { ClusterNode, World } from '../state/world.ts'
import { addVolume, isShared, type Placed, poolOn, storageOf } from '../volume/volumes.ts'

/** Adds a node; the first one gets id 1 and address 10.0.0.11. */
export const addNode = (world: World, name: string, more: Partial<ClusterNode> = {}): ClusterNode => {
  const id = world.nodes.size + 1
  const digits = Array.from({ length: 32 }, () => world.random.hex(2).toUpperCase())
  const node: ClusterNode = {
    name,
    id,
    ip: `10.0.0.${10 + id}`,
    online: true,
    clockSkew: 0,
    cpus: 16,
    memory: 64 * 2 ** 30,
    fingerprint: digits.join(':'),
    facts: {},
    network: new Map(),
    ...more,
  }
  world.nodes.set(name, node)
  return node
}

/** Adds a storage definition. `options` are those of storage.cfg, as text. `total` is the size of each pool in bytes. */
export const addStorage = (
  world: World,
  id: string,
  type: string,
  options: Readonly<Record<string, string>>,
  total = 500 * 2 ** 30,
  base = 0,
): void => {
  world.storages.set(id, { id, type, options: { ...options } })
  const shared = isShared(storageOf(world, id))
  for (const node of shared ? [world.local] : world.nodes.keys())
    Object.assign(poolOn(world, id, node), { total, base })
}

/** Adds a volume as it would be found on the storage; what is not said is plain. */
export const addFile = (
  world: World,
  node: string,
  volume: Pick<Volume, 'storage' | 'name' | 'content' | 'format' | 'size'> & Partial<Placed>,
): Volume =>
  addVolume(world, node, {
    used: volume.size,
    vmid: undefined,
    ctime: Math.floor(world.clock.now() / 1000),
    parent: undefined,
    snapshots: new Map(),
    ...volume,
  })

/** Adds a guest with that configuration text; its volumes are added apart. */
export const addGuest = (world: World, type: 'qemu' | 'lxc', vmid: number, node: string, config: Section): Guest => {
  const guest = makeGuest(type, vmid, node, config)
  world.guests.set(vmid, guest)
  return guest
}
