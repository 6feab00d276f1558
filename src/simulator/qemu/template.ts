import type { Call } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { checkLock, lockFile } from '../guest/find-guest.ts'
import { type Guest, isTemplate, touch } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'
import type { World } from '../state/world.ts'
import { findVolume, poolOn, volidOf } from '../volume/volumes.ts'
import { guestOf } from './config/show-config.ts'
import { type Drive, drivesOf, isCdrom, isUnusedName, printDrive } from './disk/drive.ts'

/** Gives a volume another name on its storage. */
export const renameVolume = (world: World, node: string, volume: Volume, name: string): void => {
  const { volumes } = poolOn(world, volume.storage, node)
  volumes.delete(volume.name)
  volume.name = name
  volumes.set(name, volume)
}

/** A linked clone keeps its base in its name also as a base itself. */
const baseName = (name: string): string => name.replace(/(^|\/)(?:vm|subvol)-([^/]*)$/, '$1base-$2')

const check = (guest: Guest, disk: string | undefined): void => {
  checkLock(guest)
  if (guest.snapshots.size > 0) raise('unable to create template, because VM contains snapshots')
  if (isTemplate(guest) && disk === undefined) raise("you can't convert a template to a template")
  if (guest.running) raise("you can't convert a VM to template if VM is running")
}

/** Makes a disk's volume a base volume and returns its line. */
export const toBase = (world: World, guest: Guest, key: string, drive: Drive): string => {
  const volume = findVolume(world, drive['file'] as string, guest.node)
  if (volume === undefined) raise(`volume '${drive['file']}' does not exist`)
  renameVolume(world, guest.node, volume, baseName(volume.name))
  return isUnusedName(key) ? volidOf(volume) : printDrive(key, { ...drive, file: volidOf(volume) })
}

/** POST /nodes/{node}/qemu/{vmid}/template: the disks become base volumes. */
export const convertToTemplate = (call: Call): string => {
  const guest = guestOf(call)
  const disk = call.params['disk']
  check(guest, disk)
  const { world } = call
  return call.task('qmtemplate', guest.vmid, (worker) =>
    world.locks.withLock(lockFile('qemu', guest.vmid), async () => {
      check(guest, disk)
      guest.config['template'] = '1'
      touch(guest)
      for (const [key, drive] of drivesOf(guest.config)) {
        if (isCdrom(drive) || (disk !== undefined && disk !== key)) continue
        await worker.work(0.1)
        guest.config[key] = toBase(world, guest, key, drive)
        touch(guest)
      }
    }),
  )
}
