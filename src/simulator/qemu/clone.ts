import type { Call } from '../api/call.ts'
import { errorText, raise } from '../api/error.ts'
import { guestHooks } from '../guest/all-hooks.ts'
import { checkLock, lockFile } from '../guest/find-guest.ts'
import { splitVolid } from '../schema/formats.ts'
import { propertyFormats } from '../schema/property-formats.ts'
import { printPropertyString, splitPropertyString } from '../schema/property-string.ts'
import { type Guest, isTemplate, makeGuest, type Section, touch } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'
import { momentOf } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { findVolume, isShared, removeVolume, storageOf, usableStorage, volidOf } from '../volume/volumes.ts'
import { completeNet, isNetName, parseNet } from './config/net.ts'
import { guestOf } from './config/show-config.ts'
import { checkPool } from './create.ts'
import { canLink, copyVolume, linkVolume } from './disk/copy-volume.ts'
import { checkVolumeAccess } from './disk/disk-access.ts'
import { drivesOf, isCdrom, isCloudinit, isDriveName, isUnusedName, printDrive } from './disk/drive.ts'

type Plan = {
  readonly source: Guest
  readonly section: Section
  readonly full: boolean
  readonly node: string
}

const checkDrives = (call: Call, section: Section): boolean => {
  let shared = true
  const storage = call.params['storage']
  for (const [, drive] of drivesOf(section)) {
    const file = drive['file'] as string
    if (file === 'none' || file === 'cdrom') {
      if (file === 'cdrom') call.require('/', ['Sys.Console'])
      continue
    }
    const own = splitVolid(file)?.storage
    if (isCdrom(drive) && !isCloudinit(drive)) checkVolumeAccess(call, call.vmid(), file)
    else call.require(`/storage/${storage ?? own}`, ['Datastore.AllocateSpace'])
    if (own === undefined || !isShared(storageOf(call.world, own))) shared = false
  }
  return shared
}

const targetNode = (call: Call): string | undefined => {
  const target = call.params['target']
  if (target === undefined || target === call.node().name || target === 'localhost') return undefined
  if (!call.world.nodes.has(target)) raise(`no such cluster node '${target}'`)
  return target
}

const checkTargetStorage = (call: Call, target: string | undefined): void => {
  const storage = call.params['storage']
  if (storage === undefined) return
  usableStorage(call.world, storage, call.node().name)
  if (target === undefined) return
  usableStorage(call.world, storage, target)
  if (!isShared(storageOf(call.world, storage))) raise(`can't clone to non-shared storage '${storage}'`)
}

/** Everything PVE checks before the clone's task starts, in its order. */
const plan = (call: Call): Plan => {
  const { world } = call
  if (world.guests.get(call.vmid())?.type !== 'qemu' || world.guests.get(call.vmid())?.node !== call.node().name)
    raise(`unable to find configuration file for VM ${call.vmid()} on node '${call.node().name}'`)
  checkPool(call, call.params['pool'])
  const target = targetNode(call)
  checkTargetStorage(call, target)
  const source = guestOf(call)
  checkLock(source)
  const snapshot = call.params['snapname']
  const section =
    snapshot === undefined
      ? source.config
      : (source.snapshots.get(snapshot) ?? raise(`snapshot '${snapshot}' does not exist`))
  const full = call.has('full') ? call.flag('full') : !isTemplate(source)
  for (const name of ['storage', 'format'])
    if (call.has(name) && !full) raise(`parameter '${name}' not allowed for linked clones`)
  const shared = checkDrives(call, section)
  if (target !== undefined && !shared) raise(`can't clone VM to node '${target}' (VM uses local storage)`)
  const newid = call.number('newid')
  const taken = call.world.guests.get(newid)
  if (taken !== undefined) raise(`unable to create VM ${newid}: config file already exists`)
  for (const [key, drive] of drivesOf(section)) {
    if (isCloudinit(drive) || isCdrom(drive) || full) continue
    if (!canLink(call.world, drive['file'] as string, source.node, snapshot))
      raise(`Linked clone feature is not supported for '${drive['file']}' (${key})`)
  }
  return { source, section, full, node: target ?? call.node().name }
}

const newSmbios = (call: Call, line: string | undefined): string => {
  const format = propertyFormats['pve-qm-smbios1'] ?? {}
  return printPropertyString(format, { ...splitPropertyString(format, line ?? ''), uuid: call.world.random.uuid() })
}

const notCloned = new Set([
  'parent',
  'snaptime',
  'vmstate',
  'lock',
  'template',
  'runningmachine',
  'runningcpu',
  'running-nets-host-mtu',
  'digest',
])

const newConfig = (call: Call, section: Section, sourceName: string | undefined): Section => {
  const config: Section = {}
  for (const [key, value] of Object.entries(section)) {
    if (notCloned.has(key) || isUnusedName(key) || isDriveName(key)) continue
    if (isNetName(key)) {
      const { macaddr: _, model = 'virtio', ...rest } = parseNet(value)
      config[key] = completeNet(
        call.world,
        [model, ...Object.entries(rest).map(([name, one]) => `${name}=${one}`)].join(','),
      )
    } else config[key] = value
  }
  config['smbios1'] = newSmbios(call, section['smbios1'])
  if (config['vmgenid'] !== undefined) config['vmgenid'] = call.world.random.uuid()
  config['name'] = call.params['name'] ?? `Copy-of-VM-${sourceName ?? call.vmid()}`
  if (call.text('description') !== '') config['description'] = call.text('description')
  return config
}

const cloneDrives = async (
  call: Call,
  { source, section, full }: Plan,
  config: Section,
  made: Volume[],
  worker: Worker,
): Promise<void> => {
  const newid = call.number('newid')
  const snapshot = call.params['snapname']
  for (const [key, drive] of drivesOf(section)) {
    const file = drive['file'] as string
    if (isCdrom(drive) && !isCloudinit(drive)) {
      config[key] = section[key] as string
      continue
    }
    const cloudinit = isCloudinit(drive)
    const storage = call.params['storage'] ?? (splitVolid(file)?.storage as string)
    const copy = full || cloudinit
    const volume = copy
      ? copyVolume(
          call,
          key,
          file,
          { vmid: newid, storage, format: call.params['format'], node: source.node, cloudinit },
          worker.log,
        )
      : linkVolume(call, key, file, newid, source.node, worker.log)
    const then = snapshot === undefined ? undefined : findVolume(call.world, file, source.node)?.snapshots.get(snapshot)
    if (then !== undefined) Object.assign(volume, then)
    made.push(volume)
    await worker.work(copy && !cloudinit ? 0.2 + volume.size / (2 * 2 ** 30) : 0.1)
    config[key] = printDrive(key, { ...drive, file: volidOf(volume), size: String(volume.size) })
  }
}

/** POST /nodes/{node}/qemu/{vmid}/clone */
export const cloneVm = (call: Call): string => {
  const planned = plan(call)
  const { world } = call
  const { source } = planned
  const newid = call.number('newid')
  const pool = call.params['pool']
  const guest = makeGuest('qemu', newid, source.node, { lock: 'clone' }, momentOf(world))
  world.guests.set(newid, guest)
  return call.task('qmclone', source.vmid, async (worker) => {
    const made: Volume[] = []
    try {
      worker.log(`creating a clone of VM ${source.vmid} with ID ${newid}`)
      await world.locks.withLock(`${lockFile('qemu', newid)}`, async () => {
        const config = newConfig(call, planned.section, planned.section['name'])
        await worker.work(0.1)
        await cloneDrives(call, planned, config, made, worker)
        guest.config = config
        guest.node = planned.node
        if (pool !== undefined) world.poolOf.set(newid, pool)
        for (const hooks of guestHooks) hooks.cloned?.(world, source, guest)
        touch(guest)
      })
    } catch (error) {
      for (const volume of made) removeVolume(world, source.node, volume)
      world.guests.delete(newid)
      raise(`clone failed: ${errorText(error)}`)
    }
  })
}
