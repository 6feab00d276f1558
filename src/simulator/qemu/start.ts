import { raise } from '../api/error.ts'
import { checkLock } from '../guest/find-guest.ts'
import { splitVolid } from '../schema/formats.ts'
import { type Guest, isTemplate, touch } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { findVolume, removeVolume, usableStorage } from '../volume/volumes.ts'
import { checkCicustom } from './cloudinit/cloudinit-files.ts'
import { checkMtu, isNetName, missingBridge, parseNet } from './config/net.ts'
import { applyPending } from './config/pending.ts'
import { drivesOf, isCloudinit } from './disk/drive.ts'
import { markRunning, memoryOf } from './running.ts'

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

/** A virtio card asks its bridge for the MTU before QEMU starts; for others QEMU itself finds that the bridge is missing. */
const checkBridges = (world: World, guest: Guest, log: Worker['log']): void => {
  for (const key of Object.keys(guest.config).filter(isNetName).sort()) {
    const line = guest.config[key] as string
    const { model, mtu } = parseNet(line)
    const bridge = missingBridge(world, guest, line)
    if (model === 'virtio' && bridge === undefined) checkMtu(world, guest, key, line, Number(mtu ?? 1))
    if (bridge === undefined) continue
    if (model === 'virtio') raise(`bridge '${bridge}' does not exist`)
    log(`bridge '${bridge}' does not exist`)
    log(`kvm: -netdev type=tap,id=${key}: network script /usr/libexec/qemu-server/pve-bridge failed with status 512`)
    raise('start failed: QEMU exited with code 1')
  }
}

/** With memory that can be plugged, the first gigabyte is there from the beginning. */
const checkMemory = ({ config }: Guest): void => {
  if (!/memory/.test(config['hotplug'] ?? '')) return
  if (config['numa'] !== '1') raise('NUMA needs to be enabled for memory hotplug')
  if (Object.keys(config).some((key) => /^numa\d+$/.test(key)))
    raise('cannot enable memory hotplugging with custom NUMA topology')
  const sockets = config['hugepages'] === '1024' ? Number(config['sockets'] ?? 1) : 1
  const least = 1024 * sockets
  if (memoryOf(config) < least * 2 ** 20) raise(`minimum memory must be ${least}MB`)
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

/** Ends where QEMU would not start with the guest as it is configured. */
export const checkStart = (world: World, guest: Guest, log: Worker['log']): void => {
  checkMemory(guest)
  checkVolumes(world, guest)
  checkBridges(world, guest, log)
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
  if (Object.keys(guest.pending).length > 0 || guest.pendingDelete.size > 0)
    applyPending(world, guest, { keepCloudinit: true })
  checkStart(world, guest, worker.log)
  if (drivesOf(guest.config).some(([, drive]) => isCloudinit(drive))) {
    guest.cloudinit = undefined
    worker.log('generating cloud-init ISO')
    checkCicustom(world, guest)
  }
  await worker.work(0.3)
  if (suspended) resumeFromDisk(world, guest, worker)
  markRunning(world, guest, { paused: options.paused === true || (suspended && !world.guestsReact) })
  touch(guest)
}

/** Starts a VM in a task of its own, taking the guest's lock. */
export const startGuest = (world: World, guest: Guest, worker: Worker, options: StartOptions = {}): Promise<void> =>
  world.locks.withLock(`/var/lock/qemu-server/lock-${guest.vmid}.conf`, () =>
    startLocked(world, guest, worker, options),
  )
