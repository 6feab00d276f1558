import type { Call } from '../../api/call.ts'
import { raise } from '../../api/error.ts'
import { checkLock } from '../../guest/find-guest.ts'
import type { Guest } from '../../state/guest.ts'
import type { Volume } from '../../state/storage.ts'
import { parseVolname } from '../../volume/name.ts'
import { parseSize, printSize } from '../../volume/size.ts'
import { pathOf } from '../../volume/volumes.ts'
import { saveConfig } from '../apply.ts'
import { checkDigest, containerOf } from '../config.ts'
import { requireChange } from '../permission.ts'
import { withContainerLock } from '../power.ts'
import { type MountPoint, parseMountPoint, printMountPoint, withParts } from './mount-point.ts'
import { existingVolume } from './volume.ts'

type Plan = {
  readonly guest: Guest
  readonly key: string
  readonly mount: MountPoint
  readonly volume: Volume
  readonly size: number
}

const plan = (call: Call): Plan => {
  const { world } = call
  const guest = containerOf(call)
  const key = call.text('disk')
  checkLock(guest)
  requireChange(call, {
    vmid: guest.vmid,
    old: guest.config,
    set: { disk: key },
    remove: [],
    unprivileged: guest.config['unprivileged'] === '1',
  })
  checkDigest(call, guest)
  const mount = parseMountPoint(key, guest.config[key])
  const { owner, storage } = parseVolname(world, mount.volume)
  if (owner !== guest.vmid) raise(`can't resize mount point owned by another container (${owner})`)
  call.require(`/storage/${storage}`, ['Datastore.AllocateSpace'])
  const volume = existingVolume(world, guest.node, mount.volume)
  const asked = call.text('size')
  const bytes = parseSize(asked.replace(/^\+/, '')) ?? raise('invalid size string')
  const size = asked.startsWith('+') ? volume.size + bytes : bytes
  if (size < volume.size) raise('unable to shrink disk size')
  if (size === volume.size) raise('disk is already at specified size')
  return { guest, key, mount, volume, size }
}

/** PUT resize: what cannot be done is refused at once; only growing is possible. */
export const resize = (call: Call): unknown => {
  const { guest } = plan(call)
  return call.task('resize', guest.vmid, (worker) =>
    withContainerLock(call.world, guest.vmid, worker, async () => {
      const { key, mount, volume, size, guest: current } = plan(call)
      worker.log('Image resized.')
      volume.size = size
      current.config[key] = printMountPoint(key, withParts(mount, { size: printSize(size) }))
      saveConfig(current)
      await worker.work(0.3)
      if (volume.format !== 'raw') return
      const path = pathOf(call.world, volume.storage, volume.name)
      worker.log('resize2fs 1.47.2 (1-Jan-2025)')
      worker.log(`The filesystem on ${path} is now ${Math.floor(size / 4096)} (4k) blocks long.`)
    }),
  )
}
