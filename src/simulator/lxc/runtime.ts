import type { Guest } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { usableStorage } from '../volume/volumes.ts'
import { applyPending, saveConfig } from './apply.ts'
import { writeStartConfig } from './config.ts'
import { mountsOf } from './volume/mount-point.ts'
import { existingVolume } from './volume/volume.ts'

const firstPid = 20_000

/** Fails as PVE does when a volume the container mounts is not there. */
const activateVolumes = (world: World, guest: Guest): void => {
  for (const [, mount] of mountsOf(guest.config)) {
    if (mount.type !== 'volume') continue
    usableStorage(world, existingVolume(world, guest.node, mount.volume).storage, guest.node)
  }
}

/** Starts a container: pending changes first, then its volumes and devices. PVE source: `vm_start`. */
export const bringUp = (world: World, guest: Guest): void => {
  if (Object.keys(guest.pending).length > 0 || guest.pendingDelete.size > 0) {
    applyPending(world, guest)
    saveConfig(guest)
  }
  writeStartConfig(world, guest)
  activateVolumes(world, guest)
  guest.running = { pid: firstPid + world.random.below(40_000), since: world.clock.now(), paused: false }
}

/** What is left of a container that has ended: its pending changes are applied. */
export const bringDown = (world: World, guest: Guest): void => {
  guest.running = undefined
  if (Object.keys(guest.pending).length === 0 && guest.pendingDelete.size === 0) return
  applyPending(world, guest)
  saveConfig(guest)
}

/** Whether the container's init ends on a shutdown request. Seen on PVE 9.2: a minimal Alpine does not. */
export const reacts = (world: World, guest: Guest): boolean => world.guestsReact || guest.config['ostype'] !== 'alpine'
