import type { Call } from '../api/call.ts'
import { requestedState } from '../ha/state.ts'
import type { Guest } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { parseSize } from '../volume/size.ts'
import { containerOf } from './config.ts'
import { mountsOf } from './volume/mount-point.ts'

const megabyte = 2 ** 20
const pressures = 'cpufull cpusome iofull iosome memoryfull memorysome'.split(' ')

const rootSize = (guest: Guest): number => {
  const root = mountsOf(guest.config).find(([key]) => key === 'rootfs')?.[1]
  return parseSize(root?.parts['size'] ?? '') ?? 4 * 2 ** 30
}

const cpusOf = (world: World, guest: Guest): number =>
  Number(guest.config['cores'] ?? 0) ||
  Number(guest.config['cpulimit'] ?? 0) ||
  (world.nodes.get(guest.node)?.cpus ?? 1)

/** A little less than the volume: what the file system leaves for files. */
const usable = (bytes: number): number => Math.floor(bytes * 0.9506)

const load = (world: World, guest: Guest, running: NonNullable<Guest['running']>): Record<string, unknown> => {
  const uptime = Math.floor((world.clock.now() - running.since) / 1000)
  const memory = Number(guest.config['memory'] ?? 512) * megabyte
  return {
    status: 'running',
    pid: running.pid,
    uptime,
    mem: Math.floor(memory * 0.06) + 3 * megabyte,
    maxdisk: usable(rootSize(guest)),
    disk: Math.floor(usable(rootSize(guest)) * 0.05),
    netin: uptime * 180,
    netout: uptime * 20,
    ...Object.fromEntries(pressures.map((name) => [`pressure${name}`, '0.00'])),
  }
}

/** What PVE tells of a container's state, without HA: an entry of GET /nodes/{node}/lxc. PVE source: `vmstatus`. */
const containerStatus = (world: World, guest: Guest): Record<string, unknown> => {
  const { config } = guest
  const optional = Object.fromEntries(
    (['tags', 'lock'] as const).flatMap((key) => (config[key] === undefined ? [] : [[key, config[key]]])),
  )
  return {
    vmid: guest.vmid,
    type: 'lxc',
    name: (config['hostname'] ?? `CT${guest.vmid}`).replace(/\s/g, ''),
    status: 'stopped',
    cpus: cpusOf(world, guest),
    cpu: 0,
    maxmem: Number(config['memory'] ?? 512) * megabyte,
    maxswap: Number(config['swap'] ?? 0) * megabyte,
    maxdisk: rootSize(guest),
    mem: 0,
    swap: 0,
    disk: 0,
    netin: 0,
    netout: 0,
    diskread: 0,
    diskwrite: 0,
    uptime: 0,
    ...optional,
    ...(config['template'] === '1' ? { template: 1 } : {}),
    ...(guest.running ? load(world, guest, guest.running) : {}),
  }
}

/** GET status/current. */
export const readStatus = (call: Call): unknown => {
  const guest = containerOf(call)
  const state = requestedState(call.world, guest)
  return {
    ...containerStatus(call.world, guest),
    ha: state === undefined ? { managed: 0 } : { managed: 1, state },
  }
}

/** GET /nodes/{node}/lxc: the containers the caller may see. */
export const listContainers = (call: Call): unknown => {
  const { world } = call
  const node = call.node().name
  return [...world.guests.values()]
    .filter((guest) => guest.type === 'lxc' && guest.node === node && call.allowed(`/vms/${guest.vmid}`, ['VM.Audit']))
    .map((guest) => containerStatus(world, guest))
}
