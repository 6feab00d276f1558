import type { Call } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { checkLock, lockFile } from '../guest/find-guest.ts'
import { type Guest, isTemplate, touch } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'
import type { World } from '../state/world.ts'
import { allocate, backend, contentOf, isEnabled, isOnNode, storageOf, volidOf } from '../volume/volumes.ts'
import { logFormatting } from './disk/create-disks.ts'
import { drivesOf, isCdrom } from './disk/drive.ts'
import { hardwareOf, memoryOf } from './running.ts'

/** Bytes of RAM state an idle guest really writes: what a state file has when it is finished. */
const idleState = 2_432_000

/** The storage a saved state goes to: the one asked for, the guest's `vmstatestorage`, else one of its disks', else any for images. */
export const stateStorage = (world: World, guest: Guest, wanted: string | undefined): string => {
  const chosen = wanted ?? guest.config['vmstatestorage']
  if (chosen !== undefined) return chosen
  const own = drivesOf(guest.config)
    .filter(([, drive]) => !isCdrom(drive) && drive['file']?.includes(':'))
    .map(([, drive]) => (drive['file'] as string).split(':')[0] as string)
  const shared = own.find((id) => backend(world, id).shared)
  if (shared !== undefined) return shared
  if (own[0] !== undefined) return own[0]
  for (const storage of world.storages.values())
    if (contentOf(storage).includes('images') && isEnabled(storage) && isOnNode(storage, guest.node)) return storage.id
  return raise('no storage found for the VM state')
}

const date = (world: World): string => new Date(world.clock.now()).toISOString().slice(0, 10)

/** Makes the volume for a saved state: twice the memory and some, later cut to what was written. */
export const allocateState = (world: World, guest: Guest, storage: string, name: string): Volume => {
  storageOf(world, storage)
  const size = Math.floor(memoryOf(guest.config) * 2 + 500 * 2 ** 20)
  const image = `vm-${guest.vmid}-state-${name}`
  return allocate(world, guest.node, { storage, vmid: guest.vmid, format: 'raw', size, image })
}

/** A state file that has been written: cut to what the guest's memory took. */
export const finishState = (volume: Volume, { fileBased }: { readonly fileBased: boolean }): void => {
  if (fileBased) volume.size = idleState
  volume.used = idleState + 1024
}

/** POST status/suspend with todisk: saves the memory and ends the VM, which is then locked with `suspended`. */
export const suspendToDisk = (call: Call, guest: Guest): string => {
  const storage = call.params['statestorage']
  call.require(`/vms/${guest.vmid}`, ['VM.Config.Disk'])
  if (storage !== undefined) call.require(`/storage/${storage}`, ['Datastore.AllocateSpace'])
  const { world } = call
  return call.task('qmsuspend', guest.vmid, (worker) =>
    world.locks.withLock(lockFile('qemu', guest.vmid), async () => {
      if (isTemplate(guest)) raise("you can't suspend a template")
      if (!call.flag('skiplock')) checkLock(guest)
      const volume = allocateState(world, guest, stateStorage(world, guest, storage), `suspend-${date(world)}`)
      logFormatting(call, volume, worker.log)
      await worker.work(1)
      finishState(volume, { fileBased: backend(world, volume.storage).fileBased })
      Object.assign(guest.config, { lock: 'suspended', vmstate: volidOf(volume) }, hardwareOf(guest.config))
      worker.log('State saved, quitting')
      guest.running = undefined
      touch(guest)
    }),
  )
}
