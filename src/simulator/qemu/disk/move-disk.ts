import type { Call } from '../../api/call.ts'
import { errorText, raise, raiseParam } from '../../api/error.ts'
import { digestOf } from '../../guest/config-text.ts'
import { checkLock, lockFile } from '../../guest/find-guest.ts'
import { splitVolid } from '../../schema/formats.ts'
import { type Guest, isTemplate, touch } from '../../state/guest.ts'
import { findVolume, removeVolume, usableStorage, volidOf } from '../../volume/volumes.ts'
import { guestOf } from '../config/show-config.ts'
import { toBase } from '../template.ts'
import { copyVolume } from './copy-volume.ts'
import { addUnused, type Drive, isCdrom, isUnusedName, parseDrive, printDrive, volumesOf } from './drive.ts'
import { reassignDisk } from './reassign-disk.ts'

const modified = 'detected modified configuration - file changed by other user? Try again.'

const isSnapshotted = (guest: Guest, volid: string): boolean =>
  [...guest.snapshots.values()].some((section) => volumesOf(section).includes(volid))

type Source = { readonly guest: Guest; readonly drive: Drive; readonly volid: string }

const check = (call: Call, key: string, storage: string): Source => {
  const guest = guestOf(call)
  checkLock(guest)
  if (call.has('digest') && call.text('digest') !== digestOf(guest)) raise(modified)
  const line = guest.config[key] ?? raise(`disk '${key}' does not exist`)
  const drive = parseDrive(key, line)
  const volid = drive['file'] ?? raise(`disk '${key}' has no associated volume`)
  if (isCdrom(drive)) raise("you can't move a cdrom")
  const own = splitVolid(volid)?.storage
  const format = /\.(raw|qcow2|vmdk)$/.exec(volid)?.[1]
  const wanted = call.params['format']
  if (own === storage && (wanted === undefined || format === undefined || format === wanted))
    raise("you can't move to the same storage with same format")
  if (call.flag('delete') && isSnapshotted(guest, volid))
    raise("you can't move a disk with snapshots and delete the source")
  usableStorage(call.world, storage, guest.node)
  return { guest, drive, volid }
}

const finish = (
  call: Call,
  { guest, drive, volid }: Source,
  key: string,
  target: string,
  log: (line: string) => void,
): void => {
  const old = findVolume(call.world, volid, guest.node)
  const size = findVolume(call.world, target, guest.node)?.size
  const moved = { ...drive, file: target, ...(size === undefined ? {} : { size: String(size) }) }
  guest.config[key] = isUnusedName(key) ? target : printDrive(key, moved)
  if (isTemplate(guest)) guest.config[key] = toBase(call.world, guest, key, { ...drive, file: target })
  for (const section of call.flag('delete') ? [] : [guest.config]) {
    addUnused(section, volid)
    const name = Object.keys(section).find((one) => isUnusedName(one) && section[one] === volid)
    log(`adding source volume '${volid}' as '${name}' to config`)
  }
  if (call.flag('delete') && old !== undefined) {
    log(`removing source volume '${volid}' after successful copy`)
    removeVolume(call.world, guest.node, old)
  }
  touch(guest)
}

const moveToStorage = async (call: Call, key: string, storage: string): Promise<string> => {
  call.require(`/storage/${storage}`, ['Datastore.AllocateSpace'])
  await call.world.locks.withLock(lockFile('qemu', call.vmid()), () => check(call, key, storage))
  return call.task('qmmove', call.vmid(), (worker) =>
    call.world.locks.withLock(lockFile('qemu', call.vmid()), async () => {
      const source = check(call, key, storage)
      const from = splitVolid(source.volid)?.storage
      worker.log(`copying volume '${source.volid}' from current storage '${from}' to target storage '${storage}'`)
      if (isSnapshotted(source.guest, source.volid))
        worker.log('moving disk with snapshots, snapshots will not be moved!')
      try {
        const { vmid, node } = source.guest
        const volume = copyVolume(
          call,
          key,
          source.volid,
          { vmid, storage, format: call.params['format'], node },
          worker.log,
        )
        await worker.work(0.2 + volume.size / (2 * 2 ** 30))
        finish(call, source, key, volidOf(volume), worker.log)
      } catch (error) {
        raise(`storage migration failed: ${errorText(error)}`)
      }
    }),
  )
}

/** POST /nodes/{node}/qemu/{vmid}/move_disk: to another storage, or to another VM. */
export const moveDisk = (call: Call): Promise<string> | string => {
  const storage = call.params['storage']
  const target = call.has('target-vmid')
  if (storage !== undefined && target) {
    const text = "either set 'storage' or 'target-vmid', but not both"
    return raiseParam({ 'target-vmid': text, storage: text })
  }
  if (target) return reassignDisk(call)
  if (storage !== undefined) return moveToStorage(call, call.text('disk'), storage)
  const text = "both 'storage' and 'target-vmid' missing, either needs to be set"
  return raiseParam({ storage: text, 'target-vmid': text })
}
