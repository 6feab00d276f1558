import type { Call } from '../api/call.ts'
import { guestHooks } from '../guest/all-hooks.ts'
import type { Guest } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { parseSize } from '../volume/size.ts'
import { findVolume } from '../volume/volumes.ts'
import { guestOf } from './config/show-config.ts'
import { bootOrder, drivesOf, isCdrom, parseDrive } from './disk/drive.ts'
import { cpusOf, memoryOf } from './running.ts'

/** Size of the first boot disk in bytes: what status calls show as `maxdisk`. */
export const bootDiskSize = (world: World, guest: Guest): number => {
  const drives = drivesOf(guest.config)
  const named = bootOrder(guest.config).find((device) =>
    drives.some(([key, drive]) => key === device && !isCdrom(drive)),
  )
  const legacy = guest.config['bootdisk']
  const key = named ?? (legacy !== undefined && guest.config[legacy] !== undefined ? legacy : undefined)
  const line = key === undefined ? undefined : guest.config[key]
  if (line === undefined || key === undefined) return 0
  const drive = parseDrive(key, line)
  return parseSize(drive['size'] ?? '') ?? findVolume(world, drive['file'] as string, guest.node)?.size ?? 0
}

const uptimeOf = (world: World, guest: Guest): number =>
  guest.running ? Math.floor((world.clock.now() - guest.running.since) / 1000) : 0

/** What every status call says of a VM. PVE source: vmstatus. */
const vmStatus = (world: World, guest: Guest): Record<string, unknown> => {
  const config = guest.config
  const running = guest.running !== undefined
  const maxmem = memoryOf(config)
  const status: Record<string, unknown> = {
    vmid: guest.vmid,
    name: config['name'] ?? `VM ${guest.vmid}`,
    status: running ? 'running' : 'stopped',
    cpus: cpusOf(config),
    maxmem,
    maxdisk: bootDiskSize(world, guest),
    uptime: uptimeOf(world, guest),
    cpu: 0,
    mem: running ? Math.floor(maxmem / 2) : 0,
    memhost: running ? Math.floor(maxmem / 2) : 0,
    netin: 0,
    netout: 0,
    disk: 0,
  }
  if (config['tags'] !== undefined) status['tags'] = config['tags']
  const balloon = Number(config['balloon'] ?? 0)
  if (balloon > 0) Object.assign(status, { balloon_min: balloon * 2 ** 20, shares: Number(config['shares'] ?? 1000) })
  if (config['template'] === '1') status['template'] = 1
  if (config['lock'] !== undefined) status['lock'] = config['lock']
  if (Object.keys(config).some((key) => /^serial\d$/.test(key))) status['serial'] = 1
  if (guest.running) {
    status['pid'] = guest.running.pid
    for (const kind of ['cpu', 'io', 'memory'])
      for (const amount of ['full', 'some']) status[`pressure${kind}${amount}`] = 0
  }
  return status
}

const agentEnabled = (guest: Guest): boolean =>
  /^(?:enabled=)?1(?:,|$)|(?:^|,)enabled=1/.test(guest.config['agent'] ?? '')

/** GET /nodes/{node}/qemu/{vmid}/status/current */
export const showCurrent = (call: Call): unknown => {
  const guest = guestOf(call)
  const status = vmStatus(call.world, guest)
  if (guest.running) {
    status['qmpstatus'] = guest.running.paused ? 'paused' : 'running'
    if (call.world.guestsReact) {
      status['running-machine'] = 'pc-i440fx-10.0+pve1'
      status['running-qemu'] = call.world.qemuVersion
    }
    const nics = Object.keys(guest.config).filter((key) => /^net\d+$/.test(key))
    if (nics.length > 0)
      status['nics'] = Object.fromEntries(
        nics.map((key) => [`tap${guest.vmid}i${key.slice(3)}`, { netin: 0, netout: 0 }]),
      )
  } else status['qmpstatus'] = 'stopped'
  const managed = guestHooks.map((hooks) => hooks.haStatus?.(call.world, guest)).find((found) => found !== undefined)
  status['ha'] = managed ?? { managed: 0 }
  if (agentEnabled(guest)) status['agent'] = 1
  const vga = guest.config['vga']
  if (vga !== undefined) {
    if (/^(?:type=)?(?:virtio|qxl)/.test(vga)) status['spice'] = 1
    status['clipboard'] = /(?:^|,)clipboard=([^,]+)/.exec(vga)?.[1] ?? null
  }
  return status
}

/** GET /nodes/{node}/qemu: the VMs of a node the caller may see. */
export const listVms = (call: Call): unknown => {
  const node = call.node().name
  return [...call.world.guests.values()]
    .filter((guest) => guest.type === 'qemu' && guest.node === node && call.allowed(`/vms/${guest.vmid}`, ['VM.Audit']))
    .map((guest) => vmStatus(call.world, guest))
}
