import { raise } from '../api/error.ts'
import type { Guest } from '../state/guest.ts'
import type { World } from '../state/world.ts'

const folder = { qemu: 'qemu-server', lxc: 'lxc' } as const

/** The guest whose configuration stands on that node; else 500 as PVE says it. */
export const loadGuest = (world: World, type: 'qemu' | 'lxc', node: string, vmid: number): Guest => {
  const guest = world.guests.get(vmid)
  if (guest === undefined || guest.type !== type || guest.node !== node)
    return raise(`Configuration file 'nodes/${node}/${folder[type]}/${vmid}.conf' does not exist`)
  return guest
}

/** The file lock PVE takes for changes of this guest's configuration: use with `world.locks.withLock`. */
export const lockFile = (type: 'qemu' | 'lxc', vmid: number): string =>
  type === 'qemu' ? `/var/lock/qemu-server/lock-${vmid}.conf` : `/run/lock/lxc/pve-config-${vmid}.lock`

/** Ends the request (or task) with `VM is locked (…)` when the configuration holds a lock. */
export const checkLock = (guest: Guest): void => {
  const lock = guest.config['lock']
  if (lock !== undefined) raise(`${guest.type === 'qemu' ? 'VM' : 'CT'} is locked (${lock})`)
}
