import { raise } from '../../api/error.ts'
import type { Guest } from '../../state/guest.ts'
import type { World } from '../../state/world.ts'
import { findVolume, removeVolume } from '../../volume/volumes.ts'
import { type Drive, isCdrom, isUnusedName, ownerOf, volumesOf } from './drive.ts'

/** Whether anything of the guest but this key still uses the volume: another line or a snapshot. */
const isInUse = (world: World, guest: Guest, key: string, volid: string): boolean => {
  const others = { ...guest.config }
  delete others[key]
  if (volumesOf(others).includes(volid)) return true
  for (const section of guest.snapshots.values()) if (volumesOf(section).includes(volid)) return true
  const volume = findVolume(world, volid, guest.node)
  return volume !== undefined && volume.snapshots.size > 0 && guest.snapshots.size > 0
}

/** Linked clones of a base volume: their names. */
export const clonesOf = (world: World, storage: string, base: string): readonly string[] => {
  const found: string[] = []
  for (const pool of world.volumePools.values())
    for (const volume of pool.volumes.values())
      if (volume.storage === storage && volume.parent === base && volume.name !== base) found.push(volume.name)
  return found
}

/** Frees a volume; fails when linked clones hang on it. */
const freeVolume = (world: World, node: string, volid: string): void => {
  const volume = findVolume(world, volid, node)
  if (volume === undefined) return
  if (clonesOf(world, volume.storage, volume.name).length > 0)
    raise(`base volume '${volume.name}' is still in use by linked clones`)
  removeVolume(world, node, volume)
}

/**
 * Erases the volume of an `unusedN` line (or, with `force`, of a drive). Fails when a snapshot still uses it. Volumes of other guests stay.
 * Returns whether the line may go. PVE source: try_deallocate_drive.
 */
export const deallocate = (
  world: World,
  guest: Guest,
  key: string,
  drive: Drive,
  { force }: { readonly force: boolean },
): boolean => {
  if (!(force || isUnusedName(key)) || isCdrom(drive)) return false
  const volid = drive['file'] as string
  if (ownerOf(volid) !== guest.vmid) return true
  if (isInUse(world, guest, key, volid)) raise(`unable to delete '${volid}' - volume is still in use (snapshot?)`)
  freeVolume(world, guest.node, volid)
  return true
}
