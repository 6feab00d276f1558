import { type Guest, touch } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { freeVolume } from '../volume/free.ts'
import { parseVolname } from '../volume/name.ts'
import { printSize } from '../volume/size.ts'
import { findVolume, volidOf } from '../volume/volumes.ts'
import { checkBridge, completeNetwork } from './network.ts'
import { storedDescription } from './option.ts'
import {
  addUnused,
  isInUse,
  mountsOf,
  newDisk,
  parseMountPoint,
  printMountPoint,
  unusedOf,
  withParts,
} from './volume/mount-point.ts'
import { allocDisk } from './volume/volume.ts'

type Failed = (key: string, error: unknown) => void
const quiet = (): void => undefined

/** Options a running container takes at once because nothing has to be done in it. PVE source: LXC_FASTPLUG_OPTIONS. */
const fast = new Set([
  'description',
  'onboot',
  'startup',
  'protection',
  'hostname',
  'hookscript',
  'cores',
  'tags',
  'lock',
])
/** Options whose removal a running container takes at once. */
const removable = new Set(['swap', 'cpulimit', 'cpuunits'])
/** Options whose new value a running container takes at once. */
const changeable = new Set(['cpulimit', 'cpuunits', 'memory', 'swap'])

/** Drops pending values that are as the configuration is, and removals of what is not there. */
export const cleanPending = (guest: Guest): void => {
  for (const key of Object.keys(guest.pending)) if (guest.pending[key] === guest.config[key]) delete guest.pending[key]
  for (const key of [...guest.pendingDelete.keys()])
    if (guest.config[key] === undefined) guest.pendingDelete.delete(key)
}

/** Must follow every change: drops `unusedN` whose volume is mounted again, and counts the change. */
export const saveConfig = (guest: Guest): void => {
  const mounted = new Set(mountsOf(guest.config).map(([, mount]) => mount.volume))
  for (const [key, volid] of unusedOf(guest.config)) if (mounted.has(volid)) delete guest.config[key]
  const description = storedDescription(guest.config['description'] ?? '')
  if (description === undefined) delete guest.config['description']
  touch(guest)
}

/** Erases a volume of the container; one that another guest owns stays. PVE source: `delete_mountpoint_volume`. */
export const deleteVolume = (world: World, guest: Guest, volid: string, log: (line: string) => void): void => {
  if (volid.startsWith('/')) return
  if (parseVolname(world, volid).owner === guest.vmid) freeVolume(world, guest.node, volid, log)
  else log(`ignore deletion of '${volid}', CT ${guest.vmid} isn't the owner`)
}

const removeUnused = (world: World, guest: Guest, key: string): void => {
  const volid = guest.config[key] as string
  if (!isInUse(guest, volid)) deleteVolume(world, guest, volid, quiet)
}

class Skip extends Error {}

/** Makes the pending value of a mount point real: allocates its volume, or reads the size of the one that is there. */
const applyMountPoint = (world: World, guest: Guest, key: string, hot: boolean): void => {
  const mount = parseMountPoint(key, guest.pending[key])
  const old = guest.config[key]
  const wanted = mount.type === 'volume' ? newDisk(mount.volume) : undefined
  if (wanted) {
    const bytes = Math.trunc(wanted.gigabytes * 1024) * 2 ** 20
    const volume = allocDisk(world, guest.node, wanted.storage, guest.vmid, bytes, quiet)
    guest.pending[key] = printMountPoint(key, withParts(mount, { volume: volidOf(volume), size: printSize(bytes) }))
  } else {
    if (hot && old !== undefined) throw new Skip()
    const size = mount.type === 'volume' ? findVolume(world, mount.volume, guest.node)?.size : undefined
    guest.pending[key] = printMountPoint(
      key,
      size === undefined ? mount.parts : withParts(mount, { size: printSize(size) }),
    )
  }
  if (old === undefined) return
  const before = parseMountPoint(key, old)
  if (before.type === 'volume') addUnused(guest.config, before.volume)
}

const attempt = (failed: Failed, key: string, work: () => void): boolean => {
  try {
    work()
    return true
  } catch (error) {
    if (!(error instanceof Skip)) failed(key, error)
    return false
  }
}

/** A card that is there already takes another bridge without a look at it. */
const plugNetwork = (world: World, guest: Guest, key: string): void => {
  const completed = completeNetwork(world, guest.pending[key] as string)
  guest.pending[key] = completed
  if (guest.config[key] === undefined) checkBridge(world, guest.node, key, completed)
}

const sortedKeys = (keys: Iterable<string>, modified: ReadonlySet<string> | undefined): string[] =>
  [...keys].filter((key) => modified === undefined || modified.has(key)).sort()

const take = (guest: Guest, key: string): void => {
  guest.config[key] = guest.pending[key] as string
  delete guest.pending[key]
}

/** Applies what a running container can take at once; the rest stays pending. PVE source: `vmconfig_hotplug_pending`. */
export const hotplugPending = (world: World, guest: Guest, modified: ReadonlySet<string>, failed: Failed): void => {
  for (const key of sortedKeys(Object.keys(guest.pending), modified)) if (fast.has(key)) take(guest, key)
  for (const key of sortedKeys(guest.pendingDelete.keys(), modified)) {
    const isUnused = /^unused\d+$/.test(key)
    if (!fast.has(key) && !isUnused && !removable.has(key) && !/^net\d$/.test(key)) continue
    const done = attempt(failed, key, () => {
      if (isUnused) removeUnused(world, guest, key)
    })
    if (!done) continue
    delete guest.config[key]
    guest.pendingDelete.delete(key)
  }
  for (const key of sortedKeys(Object.keys(guest.pending), modified)) {
    const isNew = guest.config[key] === undefined
    if (/^net\d+$/.test(key)) {
      if (attempt(failed, key, () => plugNetwork(world, guest, key))) take(guest, key)
    } else if (changeable.has(key) || (isNew && /^dev\d+$/.test(key))) take(guest, key)
    else if (isNew && /^mp\d+$/.test(key) && attempt(failed, key, () => applyMountPoint(world, guest, key, true)))
      take(guest, key)
  }
}

/** Applies pending changes to a stopped container, or to one about to start. PVE source: `vmconfig_apply_pending`. */
export const applyPending = (
  world: World,
  guest: Guest,
  modified?: ReadonlySet<string>,
  failed: Failed = quiet,
): void => {
  for (const key of sortedKeys(guest.pendingDelete.keys(), modified)) {
    const done = attempt(failed, key, () => {
      if (/^unused\d+$/.test(key)) removeUnused(world, guest, key)
      if (!/^mp\d+$/.test(key)) return
      const mount = parseMountPoint(key, guest.config[key])
      if (mount.type === 'volume') addUnused(guest.config, mount.volume)
    })
    if (!done) continue
    delete guest.config[key]
    guest.pendingDelete.delete(key)
  }
  cleanPending(guest)
  for (const key of sortedKeys(Object.keys(guest.pending), modified)) {
    const done = attempt(failed, key, () => {
      if (/^mp\d+$/.test(key)) applyMountPoint(world, guest, key, false)
      else if (/^net\d+$/.test(key)) guest.pending[key] = completeNetwork(world, guest.pending[key] as string)
    })
    if (done) take(guest, key)
  }
}
