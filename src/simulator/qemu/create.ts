import type { Call } from '../api/call.ts'
import { errorText, raise, raisePerm } from '../api/error.ts'
import { lockFile } from '../guest/find-guest.ts'
import { carryOut } from '../ha/manager.ts'
import { haState, sidOf } from '../ha/state.ts'
import { makeGuest, type Section, touch } from '../state/guest.ts'
import { momentOf, nodeSeconds } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { checkBridge, checkDevice, checkModify } from './config/modify-permission.ts'
import { isNetName } from './config/net.ts'
import { checkSshKeys, dropSmp, normalizeSettings, settingsOf } from './config/settings.ts'
import { spaced } from './config/update.ts'
import { createDisks } from './disk/create-disks.ts'
import { checkDriveParameters, checkStorageAccess } from './disk/disk-access.ts'
import { defaultBootOrder, isDriveName, printBootOrder } from './disk/drive.ts'
import { pinnedMachine } from './running.ts'
import { startGuest } from './start.ts'

/** Seconds until a VM that is to run from its creation has been started: by a task of its own, after the creation's. */
const autostartDelay = 4

/** Ends with `VM 130 already exists on node 'pve1'` when the id is taken by any guest of the cluster. */
const checkVmidFree = (call: Call, vmid: number, prefix: string): void => {
  const taken = call.world.guests.get(vmid)
  if (taken !== undefined)
    raise(`${prefix}${taken.type === 'qemu' ? 'VM' : 'CT'} ${vmid} already exists on node '${taken.node}'`)
}

/** Ends with 403 unless the pool exists. */
export const checkPool = (call: Call, pool: string | undefined): void => {
  if (pool !== undefined && !call.world.pools.has(pool)) raisePerm(`pool '${pool}' does not exist`)
}

const checkCreate = (call: Call, vmid: number, pool: string | undefined, settings: Section): void => {
  checkPool(call, pool)
  const storage = call.params['storage']
  if (storage !== undefined) call.require(`/storage/${storage}`, ['Datastore.AllocateSpace'])
  const may =
    call.allowed(`/vms/${vmid}`, ['VM.Allocate']) ||
    (pool !== undefined && call.allowed(`/pool/${pool}`, ['VM.Allocate']))
  if (!may) raisePerm()
  const drives: Section = Object.fromEntries(Object.entries(settings).filter(([key]) => isDriveName(key)))
  checkStorageAccess(call, vmid, drives, storage)
  checkModify(call, vmid, Object.keys(settings), pool)
  for (const key of Object.keys(settings)) {
    if (/^(?:serial|usb|hostpci|virtiofs)\d+$/.test(key)) checkDevice(call, vmid, key, settings[key] as string)
    if (isNetName(key)) checkBridge(call, settings[key] as string)
  }
  checkDriveParameters(drives)
  Object.assign(settings, drives)
}

/** What PVE adds to a new configuration: meta, SMBIOS uuid, generation id. */
const identity = (call: Call, config: Section): void => {
  config['meta'] = `creation-qemu=${call.world.qemuVersion},ctime=${nodeSeconds(call.world, call.node().name)}`
  if (!config['smbios1']) config['smbios1'] = `uuid=${call.world.random.uuid()}`
  if (config['vmgenid'] === undefined || config['vmgenid'] === '1') config['vmgenid'] = call.world.random.uuid()
}

const fill = (call: Call, vmid: number, settings: Section, worker: Worker): Section => {
  const plain = Object.fromEntries(Object.entries(settings).filter(([key]) => !isDriveName(key)))
  const drives = Object.fromEntries(Object.entries(settings).filter(([key]) => isDriveName(key)))
  const made = createDisks(call, vmid, drives, { config: {}, pending: {} }, worker.log, call.params['storage'])
  const config: Section = {}
  for (const [key, value] of Object.entries(plain))
    config[key] = key === 'description' ? value.trimEnd() : spaced(value)
  Object.assign(config, made.settings)
  if (config['description'] === '') delete config['description']
  if (!config['boot'] || config['boot'] === ' ') config['boot'] = spaced(printBootOrder(defaultBootOrder(config)))
  const machine = pinnedMachine(config['ostype'], config['machine'])
  if (machine !== undefined) config['machine'] = machine
  dropSmp(config)
  identity(call, config)
  return config
}

/** POST /nodes/{node}/qemu without `archive`: the volumes first, then the configuration; nothing stays when it fails. */
export const createVm = (call: Call): string => {
  const vmid = call.vmid()
  const pool = call.params['pool']
  const settings = settingsOf(call)
  checkSshKeys(settings)
  checkCreate(call, vmid, pool, settings)
  normalizeSettings(call, settings, { creating: true })
  const prefix = `unable to create VM ${vmid} - `
  checkVmidFree(call, vmid, prefix)
  const world = call.world
  const guest = makeGuest('qemu', vmid, call.node().name, { lock: 'create' }, momentOf(world))
  world.guests.set(vmid, guest)
  return call.task('qmcreate', vmid, async (worker) => {
    try {
      await world.locks.withLock(
        lockFile('qemu', vmid),
        async () => {
          await worker.work(0.1 + 0.1 * Object.keys(settings).filter(isDriveName).length)
          guest.config = fill(call, vmid, settings, worker)
          touch(guest)
          if (pool !== undefined) world.poolOf.set(vmid, pool)
        },
        1,
      )
    } catch (error) {
      world.guests.delete(vmid)
      return raise(`${prefix}${errorText(error)}`)
    }
    if (call.flag('ha-managed')) {
      worker.log('Add as HA resource')
      haState(world).resources.set(sidOf(guest), { state: call.flag('start') ? 'started' : 'stopped' })
      carryOut(world, guest)
      return undefined
    }
    if (call.flag('start')) {
      worker.log('Execute autostart')
      world.tasks.start(guest.node, 'qmstart', String(vmid), call.who.id, async (inner) => {
        await inner.work(autostartDelay)
        await startGuest(world, guest, inner)
      })
    }
    return undefined
  })
}
