import type { Call } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { guestHooks } from '../guest/all-hooks.ts'
import { checkLock } from '../guest/find-guest.ts'
import type { Guest } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { freeVolume } from '../volume/free.ts'
import { contentOf, isEnabled, isOnNode, poolOn, volidOf } from '../volume/volumes.ts'
import { deleteVolume } from './apply.ts'
import { containerOf } from './config.ts'
import { kill, withContainerLock } from './power.ts'
import { mountsOf, unusedOf } from './volume/mount-point.ts'

const strayVolumes = (world: World, guest: Guest): string[] =>
  [...world.storages.values()]
    .filter((storage) => isEnabled(storage) && isOnNode(storage, guest.node) && contentOf(storage).includes('rootdir'))
    .flatMap((storage) =>
      [...poolOn(world, storage.id, guest.node).volumes.values()]
        .filter((volume) => volume.vmid === guest.vmid && /^(images|rootdir)$/.test(volume.content))
        .map(volidOf),
    )

/** Erases the volumes of a container: those it mounts, the unused ones, and with `stray` every other that carries its number. */
export const destroyVolumes = (
  world: World,
  guest: Guest,
  { stray }: { readonly stray: boolean },
  log: (line: string) => void,
): void => {
  const done = new Set<string>()
  const erase = (volid: string): void => {
    if (done.has(volid)) return
    done.add(volid)
    deleteVolume(world, guest, volid, log)
  }
  for (const section of [guest.config, guest.pending]) {
    for (const [, mount] of mountsOf(section)) erase(mount.volume)
    for (const [, volid] of unusedOf(section)) erase(volid)
  }
  if (stray) for (const volid of strayVolumes(world, guest)) freeVolume(world, guest.node, volid, log)
}

const checkDestroy = (call: Call, guest: Guest): void => {
  if (guest.config['protection'] === '1') raise(`can't remove CT ${guest.vmid} - protection mode enabled`)
  checkLock(guest)
  for (const hooks of guestHooks) hooks.refuseDestroy?.(call.world, guest, call.flag('purge'))
}

const refuseRunning = (guest: Guest): never => raise(`unable to destroy CT ${guest.vmid} - container is running`)

/** DELETE /nodes/{node}/lxc/{vmid}. */
export const destroy = (call: Call): unknown => {
  const { world } = call
  const guest = containerOf(call)
  const force = call.flag('force')
  const purge = call.flag('purge')
  const stray = call.flag('destroy-unreferenced-disks')
  checkDestroy(call, guest)
  if (guest.running && !force) refuseRunning(guest)
  return call.task('vzdestroy', guest.vmid, (worker) =>
    withContainerLock(world, guest.vmid, worker, async () => {
      const current = containerOf(call)
      checkDestroy(call, current)
      if (current.running) {
        if (!force) refuseRunning(current)
        worker.log(`forced to stop CT ${current.vmid} before destroying!`)
        await kill(world, current, worker)
      }
      await worker.work(0.2)
      destroyVolumes(world, current, { stray }, worker.log)
      for (const hooks of guestHooks) hooks.destroyed?.(world, current, purge)
      if (purge) worker.log(`purging CT ${current.vmid} from related configurations..`)
      world.guests.delete(current.vmid)
    }),
  )
}
