import type { Call } from '../../api/call.ts'
import { errorText, raise, raiseParam } from '../../api/error.ts'
import { digestOf } from '../../guest/config-text.ts'
import { checkLock, lockFile } from '../../guest/find-guest.ts'
import type { Guest } from '../../state/guest.ts'
import { freeVolume } from '../../volume/free.ts'
import { volidOf } from '../../volume/volumes.ts'
import { saveConfig } from '../apply.ts'
import { checkDigest, containerOf } from '../config.ts'
import { withContainerLock } from '../power.ts'
import { makeBase } from '../template.ts'
import { addUnused, parseMountPoint, printMountPoint, usedBySnapshot, withParts } from './mount-point.ts'
import { reassign } from './reassign.ts'
import { copySeconds, copyVolume, existingVolume } from './volume.ts'

const releaseLock = (guest: Guest): void => {
  if (guest.config['lock'] !== 'disk') return
  delete guest.config['lock']
  saveConfig(guest)
}

/** What must hold before a volume is copied to another storage; takes the lock `disk`. */
const prepare = (call: Call, key: string): string => {
  const guest = containerOf(call)
  checkLock(guest)
  if (guest.running) raise('cannot move volumes of a running container')
  if (key.startsWith('unused'))
    raise(`cannot move volume '${key}', only configured volumes can be moved to another storage`)
  const mount = parseMountPoint(key, guest.config[key])
  if (call.flag('delete') && usedBySnapshot(guest, mount.volume))
    raise("you can't move a volume with snapshots and delete the source")
  checkDigest(call, guest)
  guest.config['lock'] = 'disk'
  saveConfig(guest)
  return digestOf(guest)
}

const moveToStorage = async (call: Call): Promise<unknown> => {
  const { world } = call
  const key = call.text('volume')
  const storage = call.text('storage')
  call.require(`/storage/${storage}`, ['Datastore.AllocateSpace'])
  const digest = await world.locks.withLock(lockFile('lxc', call.vmid()), () => prepare(call, key))
  return call.task('move_volume', call.vmid(), async (worker) => {
    const guest = containerOf(call)
    const mount = parseMountPoint(key, guest.config[key])
    const target = { storage, vmid: guest.vmid, node: guest.node }
    try {
      const source = existingVolume(world, guest.node, mount.volume)
      const copy = copyVolume(world, guest.node, mount.volume, target, worker.log)
      try {
        await worker.work(copySeconds(source.used))
        if (guest.config['template'] === '1') makeBase(world, guest.node, copy)
        await withContainerLock(world, guest.vmid, worker, () => {
          if (digestOf(guest) !== digest)
            raise('detected modified configuration - file changed by other user? Try again.')
          guest.config[key] = printMountPoint(key, withParts(mount, { volume: volidOf(copy) }))
          if (!call.flag('delete')) addUnused(guest.config, mount.volume)
          saveConfig(guest)
        })
      } catch (error) {
        freeVolume(world, guest.node, volidOf(copy), worker.log)
        throw error
      }
      if (call.flag('delete')) freeSource(call, guest, mount.volume, worker.log)
    } finally {
      releaseLock(guest)
    }
  })
}

/** The source that cannot be erased stays as an unused volume. */
const freeSource = (call: Call, guest: Guest, volid: string, log: (line: string) => void): void => {
  try {
    freeVolume(call.world, guest.node, volid, log)
  } catch (error) {
    log(errorText(error))
    addUnused(guest.config, volid)
    saveConfig(guest)
  }
}

/** POST move_volume: to another storage, or to another container of the node. */
export const moveVolume = (call: Call): unknown => {
  const both = call.has('storage') && call.has('target-vmid')
  if (both) raise('either set storage or target-vmid, but not both')
  if (call.has('target-vmid')) return reassign(call)
  if (call.has('storage')) return moveToStorage(call)
  const text = "both 'storage' and 'target-vmid' missing, either needs to be set"
  return raiseParam({ 'target-vmid': text, storage: text })
}
