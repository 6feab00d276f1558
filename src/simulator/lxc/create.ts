import type { Call } from '../api/call.ts'
import { errorText, raise, raiseParam, raisePerm } from '../api/error.ts'
import type { Origin } from '../backup/content.ts'
import { type BackupPayload, firewallToRestore } from '../backup/payload.ts'
import { saveFirewall } from '../firewall/state.ts'
import { checkLock, loadGuest } from '../guest/find-guest.ts'
import { checkUnused } from '../guest/vmid.ts'
import { carryOut } from '../ha/manager.ts'
import { haState, sidOf } from '../ha/state.ts'
import { splitVolid } from '../schema/formats.ts'
import { type Guest, makeGuest, type Section } from '../state/guest.ts'
import { momentOf, type World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { requireVolume } from '../volume/access.ts'
import { freeVolume } from '../volume/free.ts'
import { printSize } from '../volume/size.ts'
import { contentOf, pathOf, usableStorage, volidOf } from '../volume/volumes.ts'
import { saveConfig } from './apply.ts'
import { destroyVolumes } from './destroy.ts'
import { requireChange } from './permission.ts'
import { startWork, withContainerLock } from './power.ts'
import { fillMounts, mergeBackup, type Recovered, readBackup } from './restore.ts'
import { makeTemplateOf } from './template.ts'
import { updateConfig } from './update.ts'
import { architectureOf, systemOf, unpackedSize } from './volume/archive.ts'
import { isMountKey, mountsOf, newDisk, parseMountPoint, printMountPoint, withParts } from './volume/mount-point.ts'
import { allocDisk, existingVolume } from './volume/volume.ts'

/** Everything a create or restore was asked for, taken apart. */
type Request = {
  readonly vmid: number
  readonly node: string
  readonly archive: string
  readonly storage: string
  readonly restore: boolean
  readonly force: boolean
  readonly unique: boolean
  readonly unprivileged: boolean | undefined
  readonly pool: string | undefined
  readonly start: boolean
  readonly managed: boolean
  /** rootfs and mount points. */
  readonly mounts: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
}

const notOptions = new Set(
  'node vmid ostemplate password storage force restore unique pool ignore-unpack-errors ssh-public-keys bwlimit start unprivileged ha-managed'.split(
    ' ',
  ),
)
const publicKey = /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+)\s+[A-Za-z0-9+/]{20,}={0,3}(?:\s.*)?$/

const checkKeys = (text: string): void => {
  for (const line of text.split('\n'))
    if (!/^\s*(?:#|$)/.test(line) && !publicKey.test(line.trim())) raise('SSH public key validation error')
}

const readRequest = (call: Call): Request => {
  const restore = call.flag('restore')
  const storage = call.text('storage') || 'local'
  const mounts: Record<string, string> = {}
  const options: Record<string, string> = {}
  for (const [key, value] of Object.entries(call.params)) {
    if (notOptions.has(key) || /^unused\d+$/.test(key)) continue
    if (isMountKey(key)) mounts[key] = value
    else if (key === 'cpuunits') options[key] = String(Math.min(10_000, Math.max(1, Number(value))))
    else options[key] = value
  }
  const asked = call.has('unprivileged') ? call.flag('unprivileged') : undefined
  return {
    vmid: call.vmid(),
    node: call.node().name,
    archive: call.text('ostemplate'),
    storage,
    restore,
    force: call.flag('force'),
    unique: call.flag('unique'),
    unprivileged: restore ? asked : (asked ?? true),
    pool: call.has('pool') ? call.text('pool') : undefined,
    start: call.flag('start'),
    managed: call.flag('ha-managed'),
    mounts,
    options,
  }
}

const existing = (world: World, request: Request): Guest | undefined => {
  const guest = world.guests.get(request.vmid)
  return guest?.type === 'lxc' && guest.node === request.node ? guest : undefined
}

const checkOverwrite = (world: World, request: Request): void => {
  const guest = existing(world, request)
  if (guest === undefined || !request.restore || !request.force) {
    checkUnused(world, request.vmid)
    return
  }
  if (guest.running) raise("can't overwrite running container")
  if (guest.config['protection'] === '1') raise(`unable to restore CT ${request.vmid} - protection mode enabled`)
}

const requireAllocate = (call: Call, request: Request): void => {
  const { vmid, pool } = request
  if (call.allowed(`/vms/${vmid}`, ['VM.Allocate'])) return
  if (pool !== undefined && call.allowed(`/pool/${pool}`, ['VM.Allocate'])) return
  const guest = existing(call.world, request)
  if (!request.restore || !request.force || guest === undefined || !call.allowed(`/vms/${vmid}`, ['VM.Backup']))
    raisePerm()
  if (guest?.config['unprivileged'] === '1' && request.unprivileged === false) call.require('/', ['Sys.Modify'])
}

const requireStorage = (call: Call, request: Request, id: string): void => {
  const storage = usableStorage(call.world, id, request.node)
  if (!contentOf(storage).includes('rootdir'))
    raiseParam({ storage: `storage '${id}' does not support container directories` })
  call.require(`/storage/${id}`, ['Datastore.AllocateSpace'])
}

/** Bare numbers are sizes on the default storage. */
const spelledMounts = (request: Request): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.mounts).map(([key, value]) => [
      key,
      /^\d+(?:\.\d+)?$/.test(value) ? `${request.storage}:${value}` : value,
    ]),
  )

const checkMounts = (call: Call, request: Request, mounts: Readonly<Record<string, string>>): void => {
  if (Object.keys(mounts).length > 0 && mounts['rootfs'] === undefined)
    raise("mount points configured, but 'rootfs' not set - aborting")
  for (const [, mount] of mountsOf(mounts)) {
    if (mount.type === 'volume') {
      const id = splitVolid(mount.volume)?.storage ?? raise(`unable to parse volume ID '${mount.volume}'`)
      requireStorage(call, request, id)
    } else if (!call.isRoot()) raise('Only root can pass arbitrary filesystem paths.')
  }
  if (mounts['rootfs'] === undefined) requireStorage(call, request, request.storage)
}

/** Everything PVE checks before it makes a task, in its order. */
const check = (call: Call, request: Request): Record<string, string> => {
  if (!request.restore && request.unprivileged === false) call.require('/', ['Sys.Modify'])
  checkOverwrite(call.world, request)
  if (call.has('ssh-public-keys')) checkKeys(call.text('ssh-public-keys'))
  if (request.pool !== undefined && !call.world.pools.has(request.pool))
    raisePerm(`pool '${request.pool}' does not exist`)
  requireAllocate(call, request)
  requireChange(call, {
    vmid: request.vmid,
    pool: request.pool,
    old: undefined,
    set: { ...request.options, ...request.mounts },
    remove: [],
    unprivileged: request.unprivileged === true,
  })
  if (request.archive === '-') raise('pipe requires cli environment')
  requireVolume(call, request.vmid, request.archive, request.restore ? 'backup' : 'vztmpl')
  const mounts = spelledMounts(request)
  checkMounts(call, request, mounts)
  return mounts
}

/** Reserves the number: an empty configuration with the lock `create`, or that lock on the container to be overwritten. */
const reserve = (world: World, request: Request): Guest => {
  const known = existing(world, request)
  if (known === undefined) {
    checkUnused(world, request.vmid)
    const guest = makeGuest('lxc', request.vmid, request.node, { lock: 'create' }, momentOf(world))
    world.guests.set(request.vmid, guest)
    return guest
  }
  checkLock(known)
  known.config['lock'] = 'create'
  saveConfig(known)
  return known
}

const makeVolumes = (
  world: World,
  request: Request,
  mounts: Readonly<Record<string, string>>,
  config: Section,
  made: string[],
  log: (line: string) => void,
): number => {
  let bytes = 0
  for (const [key, mount] of mountsOf(mounts)) {
    const disk = mount.type === 'volume' ? newDisk(mount.volume) : undefined
    if (disk === undefined) {
      config[key] = printMountPoint(key, mount.parts)
      continue
    }
    const size = Math.trunc(disk.gigabytes * 1024) * 2 ** 20
    const volume = allocDisk(world, request.node, disk.storage, request.vmid, size, log)
    made.push(volidOf(volume))
    bytes += size
    config[key] = printMountPoint(key, withParts(mount, { volume: volidOf(volume), size: printSize(size) }))
  }
  return bytes
}

const giveDefaults = (vmid: number, config: Section): void => {
  config['hostname'] ??= `CT${vmid}`
  config['memory'] ??= '512'
  config['swap'] ??= '512'
}

/** Notes on the root volume what was put there: backups weigh by it. */
const fillRoot = (world: World, node: string, config: Section, origin: Origin): void => {
  const root = parseMountPoint('rootfs', config['rootfs'])
  if (root.type !== 'volume') return
  const volume = existingVolume(world, node, root.volume)
  volume.payload = origin
  volume.used += origin.unpacked
}

/** Unpacks a template into the new root file system and finds out what is in it. */
const unpack = async (world: World, request: Request, config: Section, worker: Worker): Promise<void> => {
  const archive = existingVolume(world, request.node, request.archive)
  worker.log(`extracting archive '${pathOf(world, archive.storage, archive.name)}'`)
  const bytes = unpackedSize(archive)
  fillRoot(world, request.node, config, { packed: archive.size, unpacked: bytes })
  await worker.work(0.2 + bytes / 250e6)
  worker.log(`Total bytes read: ${bytes} (${(bytes / 2 ** 20).toFixed(1)}MiB, 118MiB/s)`)
  if (config['arch'] === undefined) {
    config['arch'] = architectureOf(archive.name)
    worker.log(`Detected container architecture: ${config['arch']}`)
  }
  config['ostype'] ??= systemOf(archive.name)
}

/** Fills a restored container from its archive. */
const unpackBackup = async (
  world: World,
  request: Request,
  config: Section,
  backup: Recovered,
  worker: Worker,
): Promise<void> => {
  worker.log(`restoring '${request.archive}' now..`)
  worker.log(`extracting archive '${backup.path}'`)
  await worker.work(0.2 + backup.payload.unpacked / 250e6)
  worker.log(
    `Total bytes read: ${backup.payload.unpacked} (${(backup.payload.unpacked / 2 ** 20).toFixed(1)}MiB, 272MiB/s)`,
  )
  fillRoot(world, request.node, config, { packed: backup.packed, unpacked: backup.payload.unpacked })
  fillMounts(world, request.node, config, backup.payload)
  worker.log('merging backed-up and given configuration..')
  mergeBackup(world, config, backup.payload.config, { unique: request.unique })
}

/** LXC's own lines come back for root only. */
const restoreRaw = (call: Call, { raw }: BackupPayload, worker: Worker): Guest['raw'] => {
  if (call.isRoot() || raw.length === 0) return raw
  const line = '--------------------------------'
  const lines = raw.map(([key, value]) => `${key}: ${value}\n`).join('')
  worker.warn(`skipping custom lxc options, restore manually as root:\n${line}\n${lines}${line}`)
  return []
}

const volumesToMake = (
  request: Request,
  mounts: Readonly<Record<string, string>>,
  backup: Recovered | undefined,
): Readonly<Record<string, string>> => {
  if (Object.keys(mounts).length > 0) return mounts
  return backup === undefined ? { rootfs: `${request.storage}:4` } : backup.mounts(request.storage)
}

/** The work of the task: volumes, archive, configuration. Anything that fails takes back what was made. */
const build = async (
  call: Call,
  request: Request,
  mounts: Readonly<Record<string, string>>,
  config: Section,
  fresh: boolean,
  worker: Worker,
): Promise<void> => {
  const { world } = call
  const guest = loadGuest(world, 'lxc', request.node, request.vmid)
  const made: string[] = []
  let touched = fresh
  let raw: Guest['raw'] = []
  try {
    const backup = request.restore
      ? readBackup(call, { ...request, explicit: Object.keys(mounts).length > 0 }, worker.log)
      : undefined
    if (request.unprivileged ?? backup?.payload.config['unprivileged'] === '1') config['unprivileged'] = '1'
    const bytes = makeVolumes(world, request, volumesToMake(request, mounts, backup), config, made, worker.log)
    touched = true
    await worker.work(0.1 + bytes / 400e9)
    if (!fresh) destroyVolumes(world, guest, { stray: false }, worker.log)
    if (backup) {
      await unpackBackup(world, request, config, backup, worker)
      raw = restoreRaw(call, backup.payload, worker)
      const firewall = firewallToRestore(call, backup.payload)
      if (firewall !== undefined) saveFirewall(world, `guest/${request.vmid}`, firewall)
    } else await unpack(world, request, config, worker)
    giveDefaults(request.vmid, config)
    Object.assign(config, backup?.later)
    if (backup?.payload.config['template'] === '1') makeTemplateOf(world, request.node, config)
  } catch (error) {
    for (const volid of made) freeVolume(world, request.node, volid, worker.log)
    if (touched) world.guests.delete(request.vmid)
    else {
      delete guest.config['lock']
      saveConfig(guest)
    }
    raise(`unable to ${request.restore ? 'restore' : 'create'} CT ${request.vmid} - ${errorText(error)}`)
  }
  guest.config = config
  guest.raw = raw
  guest.pending = {}
  guest.pendingDelete.clear()
  guest.snapshots.clear()
  saveConfig(guest)
  if (request.pool !== undefined) world.poolOf.set(request.vmid, request.pool)
}

/** Makes the container an HA resource; from then on the HA manager starts it. */
const manage = (world: World, { vmid, start }: Request): void => {
  const guest = world.guests.get(vmid)
  if (guest === undefined) return
  haState(world).resources.set(sidOf(guest), { state: start ? 'started' : 'stopped' })
  carryOut(world, guest)
}

/** Model milliseconds between the checks and the reservation: who asks for the same number meanwhile gets it (seen on PVE 9.2). */
const checkTime = 40

/** POST /nodes/{node}/lxc: creates a container from a template, or restores one from a backup. */
export const create = async (call: Call): Promise<unknown> => {
  const { world } = call
  const request = readRequest(call)
  const mounts = check(call, request)
  await world.clock.sleep(checkTime)
  const draft = makeGuest('lxc', request.vmid, request.node, {})
  updateConfig(world, draft, { set: request.options, remove: [], revert: [] })
  const emptyDescription = draft.config['description'] === ''
  if (emptyDescription) delete draft.config['description']
  const fresh = existing(world, request) === undefined
  const what = request.restore ? 'restore' : 'create'
  try {
    reserve(world, request)
  } catch (error) {
    raise(`unable to ${what} CT ${request.vmid} - ${errorText(error)}`)
  }
  return call.task(request.restore ? 'vzrestore' : 'vzcreate', request.vmid, async (worker) => {
    await withContainerLock(world, request.vmid, worker, () =>
      build(call, request, mounts, draft.config, fresh, worker),
    )
    if (request.managed) {
      worker.log('Add as HA resource')
      manage(world, request)
    }
    if (!request.start || request.managed) return
    const upid = call.task('vzstart', request.vmid, startWork(world, request.node, request.vmid))
    await world.tasks.ended(upid)
  })
}
