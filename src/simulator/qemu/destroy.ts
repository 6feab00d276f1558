import type { Call } from '../api/call.ts'
import { errorText, raise, raiseParam } from '../api/error.ts'
import { guestHooks } from '../guest/all-hooks.ts'
import { checkLock, loadGuest, lockFile } from '../guest/find-guest.ts'
import type { Guest } from '../state/guest.ts'
import { isTemplate } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { findVolume, removeVolume } from '../volume/volumes.ts'
import { guestOf } from './config/show-config.ts'
import { clonesOf } from './disk/deallocate.ts'
import { diskVolumesOf, ownerOf } from './disk/drive.ts'

const checkProtection = (guest: Guest): void => {
  if (guest.config['protection'] === '1') raise(`can't remove VM ${guest.vmid} - protection mode enabled`)
}

/**
 * Volumes that go with the guest: its own disks, unused ones included, current and pending, and saved memory. An image in a CD drive stays, and so
 * does one that only a snapshot names. PVE source: destroy_vm.
 */
const ownVolumes = (guest: Guest): string[] => {
  const found = new Set([guest.config, guest.pending].flatMap(diskVolumesOf))
  for (const { vmstate } of guest.snapshots.values()) if (vmstate !== undefined) found.add(vmstate)
  return [...found].filter((volid) => ownerOf(volid) === guest.vmid)
}

const checkClones = (world: World, guest: Guest): void => {
  if (!isTemplate(guest)) return
  for (const volid of ownVolumes(guest)) {
    const volume = findVolume(world, volid, guest.node)
    if (volume !== undefined && clonesOf(world, volume.storage, volume.name).length > 0)
      raise(`base volume '${volid}' is still in use by linked cloned`)
  }
}

/** Volumes on any enabled storage that carry the VMID but that nobody names. */
const freeUnreferenced = (world: World, node: string, vmid: number): void => {
  for (const pool of world.volumePools.values())
    for (const volume of [...pool.volumes.values()]) {
      if (volume.vmid !== vmid || (volume.content !== 'images' && volume.content !== 'rootdir')) continue
      if (findVolume(world, `${volume.storage}:${volume.name}`, node) === volume) removeVolume(world, node, volume)
    }
}

/** Removes what the rest of the cluster knows of a guest: pool, rights, and what the areas keep. */
const forgetGuest = (world: World, guest: Guest, { purge }: { readonly purge: boolean }): void => {
  for (const hooks of guestHooks) hooks.destroyed?.(world, guest, purge)
  world.poolOf.delete(guest.vmid)
  const before = world.access.acl.length
  world.access.acl = world.access.acl.filter((entry) => entry.path !== `/vms/${guest.vmid}`)
  if (world.access.acl.length !== before) world.access.generation++
  world.guests.delete(guest.vmid)
}

const destroy = async (call: Call, guest: Guest, worker: Worker): Promise<void> => {
  const { world } = call
  if (guest.config['lock'] === 'suspended') delete guest.config['lock']
  if (!call.flag('skiplock')) checkLock(guest)
  checkProtection(guest)
  if (guest.running) raise(`VM ${guest.vmid} is running - destroy failed`)
  checkClones(world, guest)
  const volumes = ownVolumes(guest)
  if (volumes.length > 0) await worker.work(0.2)
  for (const volid of volumes) {
    const volume = findVolume(world, volid, guest.node)
    if (volume === undefined) continue
    if (clonesOf(world, volume.storage, volume.name).length === 0) removeVolume(world, guest.node, volume)
    else
      worker.warn(
        `Could not remove disk '${volid}', check manually: base volume '${volid}' is still in use by linked cloned`,
      )
  }
  if (call.flag('destroy-unreferenced-disks')) freeUnreferenced(world, guest.node, guest.vmid)
  const purge = call.flag('purge')
  if (purge) worker.log(`purging VM ${guest.vmid} from related configurations..`)
  forgetGuest(world, guest, { purge })
}

/** Model milliseconds between reading a configuration and looking for the process: two destroys at once see each other. */
const checkTime = 40

/** DELETE /nodes/{node}/qemu/{vmid} */
export const destroyVm = async (call: Call): Promise<string> => {
  if (call.flag('skiplock') && !call.isRoot()) raiseParam({ skiplock: 'Only root may use this option.' })
  const { world } = call
  const node = call.node().name
  const guest = guestOf(call)
  checkProtection(guest)
  for (const hooks of guestHooks) hooks.refuseDestroy?.(world, guest, call.flag('purge'))
  await world.clock.sleep(checkTime)
  if (world.guests.get(guest.vmid) !== guest)
    raise(`unable to find configuration file for VM ${guest.vmid} on node '${node}'`)
  if (guest.running) raise(`VM ${guest.vmid} is running - destroy failed`)
  return call.task('qmdestroy', guest.vmid, async (worker) => {
    try {
      await world.locks.withLock(lockFile('qemu', guest.vmid), () =>
        destroy(call, loadGuest(world, 'qemu', node, guest.vmid), worker),
      )
    } catch (error) {
      raise(errorText(error))
    }
  })
}
