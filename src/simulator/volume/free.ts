import { raise } from '../api/error.ts'
import type { Volume } from '../state/storage.ts'
import type { World } from '../state/world.ts'
import { parseVolname } from './name.ts'
import { findVolume, pathOf, poolOn, removeVolume, usableStorage, volidOf } from './volumes.ts'

const isBaseOf = (base: Volume, other: Volume): boolean => other.parent !== undefined && other.parent === base.name

/** Whether linked clones stand on this volume. */
const hasClones = (world: World, node: string, base: Volume): boolean => {
  for (const other of poolOn(world, base.storage, node).volumes.values()) if (isBaseOf(base, other)) return true
  return false
}

/**
 * Erases a volume. One that is gone already is no error, as in PVE: `log` gets the line that tells so. A base volume with linked
 * clones and a protected backup are refused.
 */
export const freeVolume = (world: World, node: string, volid: string, log: (line: string) => void): void => {
  const name = parseVolname(world, volid)
  usableStorage(world, name.storage, node)
  const volume = findVolume(world, volid, node)
  if (volume === undefined) {
    log(`disk image '${pathOf(world, name.storage, volid.slice(name.storage.length + 1))}' does not exist`)
    return
  }
  if (volume.protected) raise(`cannot remove protected volume '${volume.name}' on '${volume.storage}'`)
  if (hasClones(world, node, volume)) raise(`base volume '${volidOf(volume)}' is still in use by linked cloned`)
  removeVolume(world, node, volume)
}
