import { raise } from '../api/error.ts'
import { checkLock } from '../guest/find-guest.ts'
import { splitVolid } from '../schema/formats.ts'
import { type Guest, isTemplate, touch } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { findVolume, removeVolume, usableStorage } from '../volume/volumes.ts'
import { drivesOf, isCloudinit } from './drive.ts'
import { isNetName, missingBridge } from './net.ts'
import { applyPending } from './pending.ts'
import { markRunning } from './running.ts'

export type StartOptions = { readonly skiplock?: boolean; readonly paused?: boolean; readonly resume?: boolean }

const checkVolumes = (world: World, guest: Guest): void => {
  for (const [, drive] of drivesOf(guest.config)) {
    const file = drive['file'] as string
    if (file === 'none' || file === 'cdrom' || file.startsWith('/')) continue
    const storage = splitVolid(file)?.storage
    if (storage !== undefined) usableStorage(world, storage, guest.node)
    if (findVolume(world, file, guest.node) === undefined) raise(`volume '${file}' does not exist`)
  }
}

const checkBridges = (world: World, guest: Guest, worker: Worker): void => {
  for (const key of Object.keys(guest.config)) {
    const bridge = isNetName(key) ? missingBridge(world, guest, guest.config[key] as string) : undefined
    if (bridge === undefined) continue
    worker.log(`bridge '${bridge}' does not exist`)
    worker.log(
      `kvm: -netdev type=tap,id=${key}: network script /usr/libexec/qemu-server/pve-bridge failed with status 512`,
    )
    raise('start failed: QEMU exited with code 1')
  }
}

const resumeFromDisk = (world: World, guest: Guest, worker: Worker): void => {
  const state = guest.config['vmstate']
  worker.log('Resuming suspended VM')
  worker.log(`activating and using '${state}' as vmstate`)
  for (const key of ['lock', 'vmstate', 'runningmachine', 'runningcpu', 'running-nets-host-mtu'])
    delete guest.config[key]
  const volume = state === undefined ? undefined : findVolume(world, state, guest.node)
  if (volume !== undefined) removeVolume(world, guest.node, volume)
  worker.log('Resumed VM, removing state')
}

/** What a start does once it has the guest's lock. PVE source: vm_start. */
export const startLocked = async (
  world: World,
  guest: Guest,
  worker: Worker,
  options: StartOptions = {},
): Promise<void> => {
  const suspended = guest.config['lock'] === 'suspended'
  if (isTemplate(guest)) raise("you can't start a vm if it's a template")
  if (!options.skiplock && !suspended) checkLock(guest)
  if (guest.running) raise(`VM ${guest.vmid} already running`)
  if (Object.keys(guest.pending).length > 0 || guest.pendingDelete.size > 0) applyPending(world, guest, true)
  if (/memory/.test(guest.config['hotplug'] ?? '') && guest.config['numa'] !== '1')
    raise('NUMA needs to be enabled for memory hotplug')
  checkVolumes(world, guest)
  checkBridges(world, guest, worker)
  if (drivesOf(guest.config).some(([, drive]) => isCloudinit(drive))) {
    guest.cloudinit = undefined
    worker.log('generating cloud-init ISO')
  }
  await worker.work(0.3)
  if (suspended) resumeFromDisk(world, guest, worker)
  markRunning(world, guest, options.paused === true || (suspended && !world.guestsReact))
  touch(guest)
}

/** Starts a VM in a task of its own, taking the guest's lock. */
export const startGuest = (world: World, guest: Guest, worker: Worker, options: StartOptions = {}): Promise<void> =>
  world.locks.withLock(`/var/lock/qemu-server/lock-${guest.vmid}.conf`, () =>
    startLocked(world, guest, worker, options),
  )
