import { raise } from '../api/error.ts'
import type { World } from '../state/world.ts'
import { parseVolname } from '../volume/name.ts'
import { findVolume } from '../volume/volumes.ts'

/** Ends the request unless the volume is a snippet that exists and may be run. PVE source: `check_hookscript`. */
export const checkHookscript = (world: World, node: string, volid: string): void => {
  if (parseVolname(world, volid).type !== 'snippets') raise(`'${volid}' is not in the snippets directory`)
  const volume = findVolume(world, volid, node)
  if (volume === undefined) raise(`script '${volid}' does not exist`)
  else if (volume.executable !== true) raise(`script '${volid}' is not executable`)
}
