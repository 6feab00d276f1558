import type { Call } from '../../api/call.ts'
import { raise, raiseParam } from '../../api/error.ts'
import { digestOf } from '../../guest/config-text.ts'
import { checkLock, loadGuest, lockFile } from '../../guest/find-guest.ts'
import { splitVolid } from '../../schema/formats.ts'
import { type Guest, isTemplate, touch } from '../../state/guest.ts'
import type { Volume } from '../../state/storage.ts'
import { findVolume, imageName, nextImageName, volidOf } from '../../volume/volumes.ts'
import { renameVolume } from '../template.ts'
import { bootOrder, type Drive, isCdrom, isUnusedName, parseDrive, printBootOrder, printDrive } from './drive.ts'

type Reassignment = {
  readonly source: Guest
  readonly target: Guest
  readonly drive: Drive
  readonly volume: Volume
}

const checkDigest = (call: Call, name: string, guest: Guest): void => {
  if (call.has(name) && call.text(name) !== digestOf(guest))
    raise(`VM ${guest.vmid}: detected modified configuration - file changed by other user? Try again.`)
}

const checkBoth = (call: Call, sourceId: number, targetId: number): readonly [Guest, Guest] => {
  const { world } = call
  const [one, other] = [world.guests.get(sourceId), world.guests.get(targetId)]
  if (one === undefined) raise(`could not find VM ${sourceId}`)
  if (other === undefined) raise(`could not find target VM ${targetId}`)
  if (one.node !== other.node)
    raise(`Both VMs need to be on the same node (${one.node}) but target VM is on ${other.node}`)
  const source = loadGuest(world, 'qemu', one.node, sourceId)
  checkLock(source)
  const target = loadGuest(world, 'qemu', other.node, targetId)
  checkLock(target)
  if (isTemplate(source) || isTemplate(target)) raise("Can't move disks from or to template VMs")
  return [source, target]
}

const check = (call: Call, key: string, targetKey: string): Reassignment => {
  const targetId = call.number('target-vmid')
  const [source, target] = checkBoth(call, call.vmid(), targetId)
  checkDigest(call, 'digest', source)
  checkDigest(call, 'target-digest', target)
  const line = source.config[key] ?? raise(`Disk '${key}' for VM '${source.vmid}' does not exist`)
  if (target.config[targetKey] !== undefined)
    raise(`Target disk key '${targetKey}' is already in use for VM '${targetId}'`)
  const drive = parseDrive(key, line)
  if (isCdrom(drive)) raise("CD drive contents can't be moved to another VM")
  const volid = drive['file'] as string
  if (splitVolid(volid) === undefined) raise(`Volume '${volid}' not managed by PVE`)
  const volume = findVolume(call.world, volid, source.node) ?? raise(`volume '${volid}' does not exist`)
  if (source.running && !isUnusedName(key))
    raise('Cannot move disk to another VM while the source VM is running - detach first')
  return { source, target, drive, volume }
}

const reassign = (
  call: Call,
  { source, target, drive, volume }: Reassignment,
  key: string,
  targetKey: string,
  log: (line: string) => void,
): void => {
  log(`reassign disk '${key}' from VM '${source.vmid}' as '${targetKey}' to VM '${target.vmid}'`)
  const order = bootOrder(source.config)
  if (order.includes(key)) {
    log(`removing disk '${key}' from boot order config`)
    source.config['boot'] = printBootOrder(order.filter((device) => device !== key)) || ' '
  }
  const { world } = call
  const image = nextImageName(world, volume.storage, source.node, target.vmid)
  renameVolume(world, source.node, volume, imageName(world, volume.storage, target.vmid, image, volume.format))
  volume.vmid = target.vmid
  log(`removing disk '${key}' from VM '${source.vmid}' config`)
  delete source.config[key]
  const line = isUnusedName(targetKey) ? volidOf(volume) : printDrive(targetKey, { ...drive, file: volidOf(volume) })
  if (!isUnusedName(targetKey)) log(`update VM ${target.vmid}: -${targetKey} ${line}`)
  target.config[targetKey] = line
  touch(source)
  touch(target)
}

/** move_disk with `target-vmid`: gives the volume to another VM on the node. */
export const reassignDisk = (call: Call): string => {
  const targetId = call.number('target-vmid')
  call.require(`/vms/${targetId}`, ['VM.Config.Disk'])
  if (targetId === call.vmid()) raiseParam({ 'target-vmid': 'must be different than source VMID to reassign disk' })
  const key = call.text('disk')
  const targetKey = call.params['target-disk'] ?? key
  const planned = check(call, key, targetKey)
  call.require(`/storage/${planned.volume.storage}`, ['Datastore.AllocateSpace'])
  const { locks } = call.world
  return call.task('qmmove', `${call.vmid()}-${key}>${targetId}-${targetKey}`, (worker) =>
    locks.withLock(lockFile('qemu', call.vmid()), () =>
      locks.withLock(lockFile('qemu', targetId), async () => {
        const found = check(call, key, targetKey)
        await worker.work(0.2)
        reassign(call, found, key, targetKey, worker.log)
      }),
    ),
  )
}
