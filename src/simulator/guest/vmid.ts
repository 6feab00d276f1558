import { raise } from '../api/error.ts'
import type { World } from '../state/world.ts'

/** Ends the request when a guest has that number already. PVE source: `check_vmid_unused`. */
export const checkUnused = (world: World, vmid: number): void => {
  const guest = world.guests.get(vmid)
  if (guest) raise(`${guest.type === 'qemu' ? 'VM' : 'CT'} ${vmid} already exists on node '${guest.node}'`)
}
