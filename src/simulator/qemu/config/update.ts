import type { Call } from '../../api/call.ts'
import { PveError, raise, raiseParam } from '../../api/error.ts'
import { digestOf } from '../../guest/config-text.ts'
import { checkLock, lockFile } from '../../guest/find-guest.ts'
import { type Guest, isTemplate, type Section, touch } from '../../state/guest.ts'
import { checkCicustom } from '../cloudinit/cloudinit-files.ts'
import { createDisks, type Log } from '../disk/create-disks.ts'
import { deallocate } from '../disk/deallocate.ts'
import {
  bootOrder,
  dropReattached,
  isCdrom,
  isCloudinit,
  isDriveName,
  isUnusedName,
  parseDrive,
  printBootOrder,
} from '../disk/drive.ts'
import { memoryOf, pinnedMachine } from '../running.ts'
import { toBase } from '../template.ts'
import { type Change, readChange } from './change.ts'
import { isOption } from './config-value.ts'
import { hotplugPending } from './hotplug.ts'
import { checkDevice, checkModify, checkTags } from './modify-permission.ts'
import { addPendingDelete, applyPending, cleanPending, registerUnused } from './pending.ts'
import { dropSmp } from './settings.ts'
import { guestOf } from './show-config.ts'

const checkProtection = (guest: Guest, what: string): void => {
  if (guest.config['protection'] === '1') raise(`${what} - protection mode enabled`)
}

const checkDriveRights = (call: Call, key: string, line: string): void => {
  const drive = parseDrive(key, line)
  const path = `/vms/${call.vmid()}`
  if (isCloudinit(drive)) call.require(path, ['VM.Config.Cloudinit', 'VM.Config.CDROM'])
  else call.require(path, [isCdrom(drive) ? 'VM.Config.CDROM' : 'VM.Config.Disk'])
}

/** The boot order as this request found it and changes it (PVE looks at the current one, not at a pending one), and whether it adds a cloud-init drive. */
type Progress = { readonly modified: Set<string>; order: string[]; drive: boolean }

const dropFromBoot = (guest: Guest, name: string, progress: Progress): void => {
  if (!progress.order.includes(name)) return
  progress.order = progress.order.filter((device) => device !== name)
  guest.pending['boot'] = spaced(printBootOrder(progress.order))
  progress.modified.add('boot')
}

/** An empty text in a configuration file reads back as one blank. */
export const spaced = (text: string): string => text.trim() || ' '

const deleteOne = (call: Call, guest: Guest, name: string, change: Change, progress: Progress): void => {
  const value = guest.config[name] ?? guest.pending[name]
  const wasPending = guest.pending[name]
  delete guest.pending[name]
  if (value === undefined) return
  progress.modified.add(name)
  if (!change.deleted.includes('boot')) dropFromBoot(guest, name, progress)
  if (isUnusedName(name)) {
    const drive = parseDrive(name, value)
    checkProtection(guest, `can't remove unused disk '${drive['file']}'`)
    call.require(`/vms/${guest.vmid}`, ['VM.Config.Disk'])
    if (deallocate(call.world, guest, name, drive, { force: false })) delete guest.config[name]
    return
  }
  if (name === 'vmstate') {
    checkProtection(guest, `can't remove vmstate '${value}'`)
    if (deallocate(call.world, guest, name, { file: value }, { force: true })) delete guest.config[name]
    return
  }
  if (isDriveName(name)) {
    checkProtection(guest, `can't remove drive '${name}'`)
    checkDriveRights(call, name, value)
    if (wasPending !== undefined) registerUnused(call.world, guest, parseDrive(name, wasPending))
  } else if (/^(?:serial|usb|hostpci|virtiofs)\d+$/.test(name)) checkDevice(call, guest.vmid, name, value, 'delete')
  else if (name === 'tags') checkTags(call, guest.vmid)
  addPendingDelete(guest, name, { force: change.force })
}

const setBoot = (guest: Guest, value: string, change: Change): void => {
  const order = bootOrder({ boot: value })
  if (order.length === 0) return
  for (const device of order) {
    const exists = guest.config[device] ?? guest.pending[device] ?? change.settings[device]
    if (exists === undefined || change.deleted.includes(device))
      raise(`invalid bootorder: device '${device}' does not exist'`)
  }
  guest.pending['boot'] = printBootOrder(order)
  if (guest.config['bootdisk'] !== undefined) addPendingDelete(guest, 'bootdisk', { force: false })
}

const setDrive = (call: Call, guest: Guest, name: string, value: string, progress: Progress, log: Log): void => {
  if (guest.config[name] !== undefined) checkDriveRights(call, name, guest.config[name])
  checkDriveRights(call, name, value)
  const waiting = guest.pending[name]
  if (waiting !== undefined) registerUnused(call.world, guest, parseDrive(name, waiting))
  const made = createDisks(call, guest.vmid, { [name]: value }, { config: guest.config, pending: guest.pending }, log)
  Object.assign(guest.pending, made.settings)
  for (const volume of isTemplate(guest) ? made.volumes : [])
    if (!/-cloudinit/.test(volume.name))
      guest.pending[name] = toBase(call.world, guest, name, parseDrive(name, made.settings[name] as string))
  const drive = parseDrive(name, made.settings[name] as string)
  progress.drive ||= isCloudinit(drive)
  if (progress.order.length === 0 || !isCdrom(drive) || isCloudinit(drive) || progress.order.includes(name)) return
  progress.order = [...progress.order, name]
  guest.pending['boot'] = printBootOrder(progress.order)
  progress.modified.add('boot')
}

/** Windows guests get their machine version pinned, unless the request (or a pending change) says something of the machine itself. */
const pinMachine = (guest: Guest, ostype: string, progress: Progress): void => {
  if (guest.pending['machine'] !== undefined || progress.modified.has('machine')) return
  const pinned = pinnedMachine(ostype, guest.pending['machine'] ?? guest.config['machine'])
  if (pinned === undefined) return
  guest.pending['machine'] = pinned
  progress.modified.add('machine')
}

const setOne = (call: Call, guest: Guest, name: string, change: Change, progress: Progress, log: Log): void => {
  const value = change.settings[name] as string
  progress.modified.add(name)
  if (guest.pending[name] === value) return
  if (isDriveName(name)) setDrive(call, guest, name, value, progress, log)
  else {
    if (
      /^serial\d+$/.test(name) &&
      !call.isRoot() &&
      guest.config[name] !== undefined &&
      guest.config[name] !== 'socket'
    )
      raise(`only root can modify '${name}' config for real devices`)
    if (/^(?:serial|usb|hostpci|virtiofs)\d+$/.test(name))
      checkDevice(call, guest.vmid, name, value, name.startsWith('serial') ? 'modify' : 'set')
    if (name === 'tags') checkTags(call, guest.vmid)
    guest.pending[name] = name === 'description' ? value.trimEnd() : spaced(value)
    if (name === 'boot') setBoot(guest, value, change)
    if (name === 'ostype') pinMachine(guest, value, progress)
  }
  guest.pendingDelete.delete(name)
}

const checkBalloon = (guest: Guest, settings: Section): void => {
  if (settings['memory'] === undefined && settings['balloon'] === undefined) return
  const memory = settings['memory'] ?? guest.pending['memory'] ?? guest.config['memory']
  const balloon = Number(settings['balloon'] ?? guest.pending['balloon'] ?? guest.config['balloon'] ?? 0)
  if (balloon * 2 ** 20 > memoryOf(memory === undefined ? {} : { memory }))
    raise('balloon value too large (must be smaller than assigned memory)')
}

/** One option is changed wholly or, when it is refused, not at all; what was done before stays, as pending. */
const step = (guest: Guest, action: () => void): void => {
  const before = {
    config: { ...guest.config },
    pending: { ...guest.pending },
    pendingDelete: new Map(guest.pendingDelete),
  }
  try {
    action()
  } catch (error) {
    Object.assign(guest, before)
    throw error
  }
}

const work = (call: Call, guest: Guest, change: Change, log: Log): void => {
  const progress: Progress = { modified: new Set(), order: bootOrder(guest.config), drive: false }
  try {
    for (const name of change.deleted) step(guest, () => deleteOne(call, guest, name, change, progress))
    for (const name of Object.keys(change.settings).sort())
      step(guest, () => setOne(call, guest, name, change, progress, log))
    cleanPending(guest)
    const errors = guest.running
      ? hotplugPending(call.world, guest, progress.modified)
      : applyPending(call.world, guest)
    cleanPending(guest)
    if (progress.drive && !guest.running) checkCicustom(call.world, guest)
    if (Object.keys(errors).length > 0) raiseParam(errors)
  } finally {
    dropReattached(guest.config, guest.pending)
    dropSmp(guest.config)
    if (guest.config['description'] === '') delete guest.config['description']
    touch(guest)
  }
}

const revert = (guest: Guest, change: Change): void => {
  for (const name of change.reverted) {
    if (guest.config[name] !== undefined) change.settings[name] = guest.config[name]
    else if (guest.pending[name] !== undefined) change.deleted.push(name)
  }
}

const dropSuspension = (guest: Guest, change: Change): void => {
  if (!change.deleted.includes('vmstate')) return
  if (guest.config['lock'] === 'suspended') {
    delete guest.config['lock']
    touch(guest)
  }
  if (guest.config['runningmachine'] !== undefined) change.deleted.push('runningmachine')
  if (guest.config['runningcpu'] !== undefined) change.deleted.push('runningcpu')
}

const prepare = (call: Call, change: Change): Guest => {
  const guest = guestOf(call)
  if (change.digest !== undefined && change.digest !== digestOf(guest))
    raise('checksum mismatch (file change by other user?)')
  dropSuspension(guest, change)
  if (!change.skiplock) checkLock(guest)
  revert(guest, change)
  checkBalloon(guest, change.settings)
  return guest
}

const locked = <T>(call: Call, action: () => Promise<T> | T): Promise<T> =>
  call.world.locks.withLock(lockFile('qemu', call.vmid()), action)

/** PUT /nodes/{node}/qemu/{vmid}/config: everything at once, answers null. */
export const putConfig = async (call: Call): Promise<null> => {
  const change = readChange(call)
  await locked(call, () => work(call, prepare(call, change), change, () => undefined))
  return null
}

/** POST /nodes/{node}/qemu/{vmid}/config: in a task; null when it ends within `background_delay` seconds. */
export const postConfig = async (call: Call): Promise<string | null> => {
  const change = readChange(call)
  return locked(call, async () => {
    const guest = prepare(call, change)
    const upid = call.task('qmconfig', guest.vmid, async (worker) => {
      worker.log(`update VM ${guest.vmid}: ${change.spoken}`)
      await worker.work(0.2)
      work(call, guest, change, worker.log)
    })
    const delay = call.number('background_delay')
    if (delay === 0) return upid
    const ended = await Promise.race([
      call.world.tasks.ended(upid),
      call.world.clock.sleep(delay * 1000).then(() => undefined),
    ])
    if (ended === undefined) return upid
    if (ended !== 'OK' && !ended.startsWith('WARNINGS'))
      throw new PveError(500, `failed to update VM ${guest.vmid}: ${ended}`)
    return null
  })
}

/** The same change of one drive as `PUT config` would make it, for calls that are written in its terms (unlink). */
export const deleteKeys = async (
  call: Call,
  names: readonly string[],
  { force }: { readonly force: boolean },
): Promise<void> => {
  const change: Change = {
    settings: {},
    deleted: [...names],
    reverted: [],
    force,
    skiplock: false,
    digest: undefined,
    spoken: '',
  }
  for (const name of names) if (!isOption(name)) raiseParam({ delete: `unknown option '${name}'` })
  checkModify(call, call.vmid(), names)
  await locked(call, () => work(call, prepare(call, change), change, () => undefined))
}
