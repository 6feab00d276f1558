import type { Call } from '../../api/call.ts'
import { containerOf, snapshotOf } from '../config.ts'
import { mountsOf } from './mount-point.ts'
import { hasFeature, type VolumeFeature } from './volume.ts'

/** GET feature: whether every volume of the container (or of a snapshot) can be snapshotted, cloned or copied. */
export const readFeature = (call: Call): unknown => {
  const guest = containerOf(call)
  const snapshot = call.has('snapname') ? call.text('snapname') : undefined
  const section = snapshot === undefined ? guest.config : snapshotOf(guest, snapshot)
  const feature = call.text('feature') as VolumeFeature
  const all = mountsOf(section).every(([, mount]) => hasFeature(call.world, feature, mount.volume, snapshot))
  return { hasFeature: all ? 1 : 0 }
}
