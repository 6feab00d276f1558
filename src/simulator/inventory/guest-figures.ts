import type { Guest } from '../state/guest.ts'
import { nowSeconds, type World } from '../state/world.ts'
import { parseSize } from '../volume/size.ts'

const MIB = 2 ** 20

/** What the status daemon measures of a guest: cores, bytes of memory and disk, seconds since its start. */
export type GuestFigures = {
  readonly maxcpu: number
  readonly maxmem: number
  readonly maxdisk: number
  readonly cpu: number
  readonly mem: number
  readonly uptime: number
}

const sizeOf = (drive: string | undefined): number => {
  const text = /(?:^|,)size=([^,]+)/.exec(drive ?? '')?.[1]
  return text === undefined ? 0 : (parseSize(text) ?? 0)
}

/** Size of the disk a VM boots from: the first of the boot order that has one. */
const bootDiskSize = ({ config }: Guest): number => {
  const order = /(?:^|,)order=([^,]*)/.exec(config['boot'] ?? '')?.[1]?.split(';') ?? []
  const slots = config['bootdisk'] === undefined ? order : [config['bootdisk'], ...order]
  const disk = slots.find(
    (slot) => /^(?:scsi|virtio|sata|ide)\d+$/.test(slot) && !/media=cdrom/.test(config[slot] ?? 'media=cdrom'),
  )
  return disk === undefined ? 0 : sizeOf(config[disk])
}

const memoryOf = ({ type, config }: Guest): number => {
  const memory = config['memory'] ?? '512'
  return Number(type === 'qemu' ? (/(?:^|current=)(\d+)/.exec(memory)?.[1] ?? 512) : memory) * MIB
}

const coresOf = (world: World, { type, node, config }: Guest): number => {
  if (type === 'lxc') return Number(config['cores'] ?? world.nodes.get(node)?.cpus ?? 1)
  return Number(config['vcpus'] ?? Number(config['sockets'] ?? 1) * Number(config['cores'] ?? 1))
}

/** A guest's figures as the status daemon would have them; a guest that runs uses a part of what it has, always the same. */
export const guestFigures = (world: World, guest: Guest): GuestFigures => {
  const maxmem = memoryOf(guest)
  const running = guest.running !== undefined
  return {
    maxcpu: coresOf(world, guest),
    maxmem,
    maxdisk: guest.type === 'qemu' ? bootDiskSize(guest) : sizeOf(guest.config['rootfs']),
    cpu: running ? (1 + (guest.vmid % 9)) / 100 : 0,
    mem: running ? Math.floor((maxmem * (30 + (guest.vmid % 40))) / 100) : 0,
    uptime: running ? Math.max(0, nowSeconds(world) - Math.floor((guest.running?.since ?? 0) / 1000)) : 0,
  }
}

/** A guest's name as lists show it. */
export const guestName = ({ type, vmid, config }: Guest): string =>
  type === 'qemu' ? (config['name'] ?? `VM ${vmid}`) : (config['hostname'] ?? `CT${vmid}`)
