import type { Call } from '../../api/call.ts'
import { raise } from '../../api/error.ts'
import { digestOf } from '../../guest/config-text.ts'
import { checkLock } from '../../guest/find-guest.ts'
import { splitVolid } from '../../schema/formats.ts'
import type { Guest } from '../../state/guest.ts'
import { saveConfig } from '../apply.ts'
import { writeStartConfig } from '../config.ts'
import { withContainerLock } from '../power.ts'
import { updateConfig } from '../update.ts'
import { type MountPoint, parseMountPoint, printMountPoint, usedBySnapshot, withParts } from './mount-point.ts'
import { existingVolume, hasFeature, renameVolume } from './volume.ts'

type Reassignment = {
  readonly source: Guest
  readonly target: Guest
  readonly mount: MountPoint
  readonly volid: string
}

const found = (call: Call, vmid: number): Guest => {
  const guest = call.world.guests.get(vmid)
  return guest?.type === 'lxc' ? guest : raise(`could not find CT ${vmid}`)
}

const checkDigests = (call: Call, source: Guest, target: Guest): void => {
  const stale = 'detected modified configuration - file changed by other user? Try again.'
  if (call.has('digest') && call.text('digest') !== digestOf(source)) raise(`Container ${source.vmid}: ${stale}`)
  if (call.has('target-digest') && call.text('target-digest') !== digestOf(target))
    raise(`Container ${target.vmid}: ${stale}`)
}

/** What must hold before a volume changes its owner, in PVE's order. */
const check = (call: Call, key: string, targetKey: string): Reassignment => {
  if (key === 'rootfs' || targetKey === 'rootfs') raise("Cannot move to/from 'rootfs'")
  const isUnused = key.startsWith('unused')
  if (isUnused && !targetKey.startsWith('unused')) raise('Moving an unused volume to a used one is not possible')
  const source = found(call, call.vmid())
  const target = found(call, call.number('target-vmid'))
  if (source.node !== target.node)
    raise(`Both containers need to be on the same node (${source.node} != ${target.node})`)
  checkLock(source)
  checkLock(target)
  if (source.config['template'] === '1' || target.config['template'] === '1')
    raise("Can't move volumes from or to template CT")
  checkDigests(call, source, target)
  if (source.config[key] === undefined) raise(`volume '${key}' for container '${source.vmid}' does not exist`)
  if (target.config[targetKey] !== undefined)
    raise(`Target volume key '${targetKey}' is already in use for container '${target.vmid}'`)
  const mount = parseMountPoint(key, source.config[key])
  if (usedBySnapshot(source, mount.volume)) raise('Cannot move volume used by a snapshot to another container')
  if (!hasFeature(call.world, 'rename', mount.volume))
    raise('Storage does not support moving of this disk to another container')
  if (mount.type !== 'volume') raise('Cannot move a bindmount or device mount to another container')
  if (source.running && !isUnused)
    raise('Cannot move in-use volume while the source CT is running - detach or shutdown first')
  return { source, target, mount, volid: mount.volume }
}

const move = (call: Call, key: string, targetKey: string, log: (line: string) => void): void => {
  const { world } = call
  const { source, target, mount, volid } = check(call, key, targetKey)
  log(`moving volume '${key}' from container '${source.vmid}' to '${target.vmid}'`)
  const renamed = renameVolume(world, source.node, existingVolume(world, source.node, volid), target.vmid)
  log(`removing volume '${key}' from container '${source.vmid}' config`)
  delete source.config[key]
  saveConfig(source)
  if (targetKey.startsWith('unused')) target.config[targetKey] = renamed
  else {
    const value = printMountPoint(targetKey, withParts(mount, { volume: renamed }))
    updateConfig(world, target, { set: { [targetKey]: value }, remove: [], revert: [] })
  }
  saveConfig(target)
  if (!targetKey.startsWith('unused')) writeStartConfig(world, target)
  log(`target container '${target.vmid}' updated with '${targetKey}'`)
}

/** POST move_volume with `target-vmid`: gives a volume to another container of the node. */
export const reassign = (call: Call): unknown => {
  const { world } = call
  const vmid = call.vmid()
  const target = call.number('target-vmid')
  const key = call.text('volume')
  const targetKey = call.text('target-volume') || key
  if (!call.isRoot()) call.require(`/vms/${target}`, ['VM.Config.Disk'])
  const { volid } = check(call, key, targetKey)
  call.require(`/storage/${splitVolid(volid)?.storage}`, ['Datastore.AllocateSpace'])
  return call.task('move_volume', `${vmid}-${key}>${target}-${targetKey}`, (worker) =>
    withContainerLock(world, vmid, worker, async () => {
      if (vmid === target) move(call, key, targetKey, worker.log)
      else await withContainerLock(world, target, worker, () => move(call, key, targetKey, worker.log))
      await worker.work(0.1)
    }),
  )
}
