import type { Call } from '../api/call.ts'
import { errorText, raise, raiseParam, raisePerm } from '../api/error.ts'
import type { FirewallConfig } from '../firewall/config.ts'
import { saveFirewall } from '../firewall/state.ts'
import { checkLock, loadGuest, lockFile } from '../guest/find-guest.ts'
import { checkUnused } from '../guest/vmid.ts'
import { makeBase } from '../lxc/template.ts'
import { completeNet, isNetName, parseNet } from '../qemu/config/net.ts'
import { normalizeSettings, settingsOf } from '../qemu/config/settings.ts'
import {
  addUnused,
  type Drive,
  drivesOf,
  isCdrom,
  isCloudinit,
  isDriveName,
  parseDrive,
  printDrive,
} from '../qemu/disk/drive.ts'
import { startGuest } from '../qemu/start.ts'
import { splitVolid } from '../schema/formats.ts'
import { printPropertyString } from '../schema/property-string.ts'
import { type Guest, makeGuest, type Section, touch } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'
import { momentOf, type World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { requireVolume } from '../volume/access.ts'
import { freeVolume } from '../volume/free.ts'
import { allocate, backend, findVolume, pathOf, volidOf } from '../volume/volumes.ts'
import { type BackupPayload, firewallToRestore, payloadOf } from './payload.ts'

type Plan = {
  readonly vmid: number
  readonly node: string
  readonly archive: Volume
  readonly payload: BackupPayload
  readonly storage: string | undefined
  readonly unique: boolean
  /** The archive's firewall file; nothing where it has none, or the caller may not change a firewall. */
  readonly firewall: FirewallConfig | undefined
  /** Options of the request: they win over those of the backup. */
  readonly settings: Section
}

const notRestored = /^(?:lock|parent|snapstate|template|unused\d+)$/

const existing = (call: Call): Guest | undefined => {
  const guest = call.world.guests.get(call.vmid())
  return guest?.type === 'qemu' && guest.node === call.node().name ? guest : undefined
}

const requireRestore = (call: Call, pool: string | undefined): void => {
  const vmid = call.vmid()
  if (pool !== undefined && !call.world.pools.has(pool)) raisePerm(`pool '${pool}' does not exist`)
  if (call.has('storage')) call.require(`/storage/${call.text('storage')}`, ['Datastore.AllocateSpace'])
  if (call.allowed(`/vms/${vmid}`, ['VM.Allocate'])) return
  if (pool !== undefined && call.allowed(`/pool/${pool}`, ['VM.Allocate'])) return
  const over = call.flag('force') && existing(call) !== undefined
  if (!over || !call.allowed(`/vms/${vmid}`, ['VM.Backup'])) raisePerm()
}

const planOf = (call: Call): Plan => {
  const settings = settingsOf(call)
  normalizeSettings(call, settings, { creating: true })
  requireRestore(call, call.params['pool'])
  const archive = call.text('archive')
  if (archive === '-') raise('pipe requires cli environment')
  requireVolume(call, call.vmid(), archive, 'backup')
  const volume = findVolume(call.world, archive, call.node().name) ?? raise(`volume '${archive}' does not exist`)
  const payload = payloadOf(volume)
  if (payload === undefined || payload.type !== 'qemu') return raise(`'${archive}' is no backup of a virtual machine`)
  for (const key of Object.keys(settings).sort())
    if (isDriveName(key)) raiseParam({ [key]: "option conflicts with option 'archive'" })
  if (call.flag('live-restore'))
    raise('live-restore is only compatible with backup images from a Proxmox Backup Server')
  return {
    vmid: call.vmid(),
    node: call.node().name,
    archive: volume,
    payload,
    storage: call.params['storage'],
    unique: call.flag('unique'),
    firewall: firewallToRestore(call, payload),
    settings,
  }
}

const reserve = (call: Call, vmid: number): Guest => {
  const { world } = call
  const known = call.flag('force') ? existing(call) : undefined
  if (known === undefined) {
    checkUnused(world, vmid)
    const guest = makeGuest('qemu', vmid, call.node().name, { lock: 'create' }, momentOf(world))
    world.guests.set(vmid, guest)
    return guest
  }
  checkLock(known)
  known.config['lock'] = 'create'
  touch(known)
  return known
}

/** Frees the disks that will be restored; the others of the VM become unused. Its snapshots are gone. */
const clearOld = (world: World, guest: Guest, plan: Plan, config: Section, log: (line: string) => void): void => {
  for (const [key, drive] of drivesOf(guest.config)) {
    const volid = drive['file'] ?? ''
    if ((isCdrom(drive) && !isCloudinit(drive)) || findVolume(world, volid, guest.node)?.vmid !== guest.vmid) continue
    if (plan.payload.sizes[key] !== undefined || isCloudinit(drive)) freeVolume(world, guest.node, volid, log)
    else addUnused(config, volid)
  }
  guest.snapshots.clear()
  guest.pending = {}
  guest.pendingDelete.clear()
}

const placeOf = (plan: Plan, drive: Drive): string =>
  plan.storage ?? splitVolid(drive['file'] ?? '')?.storage ?? 'local'

const formatOn = (world: World, storage: string, drive: Drive): string => {
  const kind = backend(world, storage)
  const old = drive['format'] ?? /\.(qcow2|raw|vmdk)$/.exec(drive['file'] ?? '')?.[1] ?? kind.defaultFormat
  return kind.formats.includes(old) ? old : kind.defaultFormat
}

const restoreDrive = (world: World, plan: Plan, key: string, drive: Drive, made: Volume[]): string | undefined => {
  const isCloud = isCloudinit(drive)
  if (isCdrom(drive) && !isCloud) return printDrive(key, drive)
  const size = isCloud ? 4 * 2 ** 20 : plan.payload.sizes[key]
  if (size === undefined) return undefined
  const storage = placeOf(plan, drive)
  const volume = allocate(world, plan.node, {
    storage,
    vmid: plan.vmid,
    format: formatOn(world, storage, drive),
    size,
    token: plan.payload.tokens[key],
    ...(isCloud ? { image: `vm-${plan.vmid}-cloudinit` } : {}),
  })
  made.push(volume)
  const { format: _, ...rest } = drive
  return printDrive(key, { ...rest, file: volidOf(volume), ...(isCloud ? {} : { size: String(size) }) })
}

const renewed = (world: World, text: string): string => {
  const { macaddr: _, ...rest } = parseNet(text)
  const { model = 'virtio', ...others } = rest
  const options = printPropertyString({}, others)
  return completeNet(world, options === '' ? model : `${model},${options}`)
}

const restoreOption = (world: World, plan: Plan, key: string, value: string): string => {
  if (key === 'vmgenid' && value !== '0') return world.random.uuid()
  if (!plan.unique) return value
  if (key === 'smbios1') return value.replace(/uuid=[^,]*/, `uuid=${world.random.uuid()}`)
  return isNetName(key) ? renewed(world, value) : value
}

const restoreConfig = (world: World, plan: Plan, made: Volume[], config: Section): void => {
  for (const key of Object.keys(plan.payload.config).sort()) {
    if (notRestored.test(key)) continue
    const value = plan.payload.config[key] as string
    const line = isDriveName(key)
      ? restoreDrive(world, plan, key, parseDrive(key, value), made)
      : restoreOption(world, plan, key, value)
    if (line !== undefined) config[key] = line
  }
  Object.assign(config, plan.settings)
}

const convert = (world: World, plan: Plan, made: readonly Volume[], config: Section): void => {
  for (const volume of made) {
    const before = volidOf(volume)
    if (/cloudinit/.test(before)) continue
    makeBase(world, plan.node, volume)
    for (const [key, drive] of drivesOf(config))
      if (drive['file'] === before) config[key] = printDrive(key, { ...drive, file: volidOf(volume) })
  }
  config['template'] = '1'
}

const restore = async (world: World, plan: Plan, guest: Guest, worker: Worker): Promise<void> => {
  const text = `unable to restore VM ${plan.vmid} -`
  if (guest.config['protection'] === '1') raise(`${text} - protection mode enabled`)
  if (guest.running) raise(`${text} vm is running`)
  worker.log(`restore vma archive: ${pathOf(world, plan.archive.storage, plan.archive.name)}`)
  const config: Section = {}
  const made: Volume[] = []
  clearOld(world, guest, plan, config, worker.log)
  try {
    restoreConfig(world, plan, made, config)
    await worker.work(0.3 + plan.payload.unpacked / 200e6)
  } catch (error) {
    for (const volume of made) freeVolume(world, plan.node, volidOf(volume), worker.log)
    world.guests.delete(plan.vmid)
    throw error
  }
  worker.log('progress 100% (read all of it)')
  if (plan.payload.config['template'] === '1') convert(world, plan, made, config)
  guest.config = config
  if (plan.firewall !== undefined) saveFirewall(world, `guest/${plan.vmid}`, plan.firewall)
  touch(guest)
}

const giveBack = (world: World, guest: Guest, fresh: boolean): void => {
  if (fresh) world.guests.delete(guest.vmid)
  if (guest.config['lock'] !== 'create') return
  delete guest.config['lock']
  touch(guest)
}

/** POST /nodes/{node}/qemu with `archive`: a VM from a backup, over the one of that number with `force`. */
export const restoreVm = (call: Call): unknown => {
  const { world } = call
  const plan = planOf(call)
  const fresh = existing(call) === undefined
  const guest = ((): Guest => {
    try {
      return reserve(call, plan.vmid)
    } catch (error) {
      return raise(`unable to restore VM ${plan.vmid} - ${errorText(error)}`)
    }
  })()
  return call.task('qmrestore', plan.vmid, async (worker) => {
    try {
      await world.locks.withLock(lockFile('qemu', plan.vmid), () => restore(world, plan, guest, worker), 1)
    } catch (error) {
      giveBack(world, guest, fresh)
      throw error
    }
    if (call.has('pool')) world.poolOf.set(plan.vmid, call.text('pool'))
    if (!call.flag('start')) return
    worker.log('Execute autostart')
    const started = loadGuest(world, 'qemu', plan.node, plan.vmid)
    world.tasks.start(plan.node, 'qmstart', plan.vmid, call.who.id, (inner) => startGuest(world, started, inner))
  })
}
