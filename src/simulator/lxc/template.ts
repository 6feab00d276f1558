import type { Call } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { checkLock, lockFile } from '../guest/find-guest.ts'
import type { Guest, Section } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'
import type { World } from '../state/world.ts'
import { poolOn, volidOf } from '../volume/volumes.ts'
import { saveConfig } from './apply.ts'
import { containerOf } from './config.ts'
import { mountsOf, printMountPoint, withParts } from './volume/mount-point.ts'
import { existingVolume, hasFeature } from './volume/volume.ts'

/** Makes a volume the base of linked clones: its image is called `base-…`. */
export const makeBase = (world: World, node: string, volume: Volume): void => {
  const { volumes } = poolOn(world, volume.storage, node)
  volumes.delete(volume.name)
  volume.name = volume.name.replace(/(^|\/)vm-([^/]*)$/, '$1base-$2').replace(/(^|\/)subvol-([^/]*)$/, '$1basevol-$2')
  volumes.set(volume.name, volume)
}

/** Makes the volumes of a configuration bases, and it that of a template. */
export const makeTemplateOf = (world: World, node: string, config: Section): void => {
  const mounts = mountsOf(config)
  for (const [, mount] of mounts)
    if (!hasFeature(world, 'template', mount.volume)) raise(`Template feature is not available for '${mount.volume}'`)
  for (const [key, mount] of mounts) {
    const volume = existingVolume(world, node, mount.volume)
    makeBase(world, node, volume)
    config[key] = printMountPoint(key, withParts(mount, { volume: volidOf(volume) }))
  }
  config['template'] = '1'
}

const check = (guest: Guest): void => {
  checkLock(guest)
  if (guest.snapshots.size > 0) raise('unable to create template, because CT contains snapshots')
  if (guest.config['template'] === '1') raise("you can't convert a template to a template")
  if (guest.running) raise("you can't convert a CT to template if the CT is running")
}

/**
 * POST template: answers `null` at once while a task goes on converting. It holds the configuration's file lock until it has ended:
 * reads see the container as it was until then, writes wait (seen on PVE 9.2).
 */
export const makeTemplate = (call: Call): Promise<unknown> => {
  const { world } = call
  return new Promise((answer, refuse) => {
    world.locks
      .withLock(lockFile('lxc', call.vmid()), async () => {
        const guest = containerOf(call)
        check(guest)
        const upid = call.task('vztemplate', guest.vmid, async (worker) => {
          await worker.work(0.2)
          makeTemplateOf(world, guest.node, guest.config)
          saveConfig(guest)
        })
        answer(null)
        await world.tasks.ended(upid)
      })
      .catch(refuse)
  })
}
