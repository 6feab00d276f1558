import type { Call } from '../api/call.ts'
import { haStateOf } from '../ha/state.ts'
import type { Guest } from '../state/guest.ts'
import type { ClusterNode, World } from '../state/world.ts'
import { contentOf, isEnabled, isOnNode, isShared, poolOn, usedOn } from '../volume/volumes.ts'
import { guestFigures, guestName } from './guest-figures.ts'
import { formerFigures, isMeasured } from './status-daemon.ts'

export type Entry = Readonly<Record<string, unknown>>

/** A guest as resource lists show it, without its pool. */
export const guestEntry = (world: World, guest: Guest): Entry => {
  const known = { id: `${guest.type}/${guest.vmid}`, type: guest.type, vmid: guest.vmid, node: guest.node }
  const node = world.nodes.get(guest.node)
  if (node?.online !== true) return { ...known, status: 'unknown' }
  if (!isMeasured(world, guest)) return { status: 'unknown', ...formerFigures(world, guest), ...known }
  const { maxcpu, maxmem, maxdisk, cpu, mem, uptime } = guestFigures(world, guest)
  const { tags, lock } = guest.config
  const hastate = haStateOf(world, guest)
  return {
    ...known,
    name: guestName(guest),
    status: guest.running === undefined ? 'stopped' : 'running',
    template: guest.config['template'] === '1' ? 1 : 0,
    maxcpu,
    maxmem,
    maxdisk,
    cpu,
    mem,
    memhost: mem,
    uptime,
    disk: 0,
    diskread: 0,
    diskwrite: 0,
    netin: 0,
    netout: 0,
    ...(tags === undefined || tags.trim() === '' ? {} : { tags }),
    ...(lock === undefined ? {} : { lock }),
    ...(hastate === undefined ? {} : { hastate }),
  }
}

/** A storage's entries: one for each node it is on. */
export const storageEntries = (world: World, id: string): readonly Entry[] => {
  const storage = world.storages.get(id)
  if (storage === undefined || !isEnabled(storage)) return []
  return [...world.nodes.values()]
    .filter(({ name }) => isOnNode(storage, name))
    .map(({ name, online }) => {
      const pool = poolOn(world, id, name)
      return {
        id: `storage/${name}/${id}`,
        type: 'storage',
        storage: id,
        node: name,
        status: online ? 'available' : 'unknown',
        shared: isShared(storage) ? 1 : 0,
        content: contentOf(storage).join(','),
        plugintype: storage.type,
        maxdisk: pool.total,
        disk: usedOn(pool),
      }
    })
}

type NodeFigures = {
  readonly mem: number
  readonly cpu: number
  readonly disk: number
  readonly maxdisk: number
  readonly uptime: number
}

const ROOT_DISK = 100 * 2 ** 30

type Load = { mem: number; cpu: number }

/** What the running guests of each node use, in one look at all of them. */
const loadsOf = (world: World): ReadonlyMap<string, Load> => {
  const loads = new Map<string, Load>()
  for (const guest of world.guests.values()) {
    if (guest.running === undefined) continue
    const { mem, cpu, maxcpu } = guestFigures(world, guest)
    const load = loads.get(guest.node) ?? { mem: 0, cpu: 0 }
    loads.set(guest.node, { mem: load.mem + mem, cpu: load.cpu + cpu * maxcpu })
  }
  return loads
}

/** What a node uses: a base, and what its running guests use. */
export const nodeFigures = (
  world: World,
  node: ClusterNode,
  load: Load | undefined = loadsOf(world).get(node.name),
): NodeFigures => {
  const local = world.storages.has('local') ? poolOn(world, 'local', node.name) : undefined
  return {
    mem: Math.min(2 ** 30 + (load?.mem ?? 0), node.memory),
    cpu: Math.min(0.01 + (load?.cpu ?? 0) / node.cpus, 1),
    disk: local === undefined ? 2 ** 33 : usedOn(local),
    maxdisk: local?.total ?? ROOT_DISK,
    uptime: 86_400 + Math.floor(world.clock.elapsed() / 1000),
  }
}

/** The nodes as resource lists show them; who may not audit a node sees only that it is there. */
export const nodeEntries = (call: Call): readonly Entry[] => {
  const loads = loadsOf(call.world)
  return [...call.world.nodes.values()].map((node) => {
    const known = {
      id: `node/${node.name}`,
      type: 'node',
      node: node.name,
      status: node.online ? 'online' : 'offline',
      level: '',
    }
    if (!node.online || !call.allowed(`/nodes/${node.name}`, ['Sys.Audit'])) return known
    const figures = nodeFigures(call.world, node, loads.get(node.name) ?? { mem: 0, cpu: 0 })
    return { ...known, maxcpu: node.cpus, maxmem: node.memory, ...figures }
  })
}

const guests = (call: Call): readonly Entry[] => {
  const { world } = call
  return [...world.guests.values()]
    .filter(({ vmid }) => call.allowed(`/vms/${vmid}`, ['VM.Audit']))
    .sort((a, b) => a.vmid - b.vmid)
    .map((guest) => {
      const pool = world.poolOf.get(guest.vmid)
      const entry = guestEntry(world, guest)
      return pool !== undefined && call.allowed(`/pool/${pool}`, ['Pool.Audit']) ? { ...entry, pool } : entry
    })
}

const pools = (call: Call): readonly Entry[] =>
  [...call.world.pools.keys()]
    .sort()
    .filter((id) => call.allowed(`/pool/${id}`, ['Pool.Audit']))
    .map((id) => ({ type: 'pool', id: `/pool/${id}`, pool: id }))

const storages = (call: Call): readonly Entry[] =>
  [...call.world.storages.keys()]
    .filter((id) => call.allowed(`/storage/${id}`, ['Datastore.Audit']))
    .flatMap((id) => storageEntries(call.world, id))

const networks = (call: Call): readonly Entry[] =>
  call.allowed('/sdn/zones/localnetwork', ['SDN.Audit'])
    ? [...call.world.nodes.values()].map(({ name, online }) => ({
        id: `network/${name}/zone/localnetwork`,
        type: 'network',
        node: name,
        network: 'localnetwork',
        'network-type': 'zone',
        status: online ? 'ok' : 'unknown',
      }))
    : []

const nodes = (call: Call): readonly Entry[] => nodeEntries(call).map((entry) => ({ ...entry, 'cgroup-mode': 2 }))

/** Everything there is, as far as the caller may see it. PVE API: GET /cluster/resources. */
export const listResources = (call: Call): readonly Entry[] => {
  const type = call.text('type')
  return [
    ...(type === '' ? pools(call) : []),
    ...(type === '' || type === 'vm' ? guests(call) : []),
    ...(type === '' || type === 'node' ? nodes(call) : []),
    ...(type === '' || type === 'storage' ? storages(call) : []),
    ...(type === '' ? networks(call) : []),
  ]
}
