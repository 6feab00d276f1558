import type { Call, RouteTable } from '../api/call.ts'
import { errorText, raise, raiseParam } from '../api/error.ts'
import { guestHooks } from '../guest/all-hooks.ts'
import { checkLock, lockFile } from '../guest/find-guest.ts'
import { splitVolid } from '../schema/formats.ts'
import { type Guest, touch } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'
import type { Worker } from '../task/task.ts'
import { addVolume, findVolume, isShared, removeVolume, storageOf, usableStorage, volidOf } from '../volume/volumes.ts'
import { guestOf } from './config/show-config.ts'
import {
  type Drive,
  drivesOf,
  isCdrom,
  isCloudinit,
  isUnusedName,
  ownerOf,
  printDrive,
  volumesOf,
} from './disk/drive.ts'

type Move = { readonly volume: Volume; readonly storage: string }

/** The storage a volume goes to: by `targetstorage` (`1`, `one`, `a:b,c:d`), else the one it is on. */
const targetStorage = (call: Call, from: string): string => {
  const map = call.params['targetstorage']
  if (map === undefined || map === '1') return from
  for (const pair of map.split(',')) {
    const [one = '', other] = pair.split(':')
    if (other === undefined) return one
    if (one === from) return other
  }
  return from
}

const localStorage = (call: Call, volid: string): string | undefined => {
  const storage = splitVolid(volid)?.storage
  if (storage === undefined || !call.world.storages.has(storage)) return undefined
  return isShared(storageOf(call.world, storage)) ? undefined : storage
}

const checkAvailable = (call: Call, guest: Guest, target: string): void => {
  for (const [, drive] of drivesOf(guest.config)) {
    const storage = splitVolid(drive['file'] as string)?.storage
    if (storage === undefined) continue
    usableStorage(call.world, storage, guest.node)
    usableStorage(call.world, targetStorage(call, storage), target)
  }
}

const refuse = (worker: Worker, text: string): never => {
  worker.log(`ERROR: Problem found while scanning volumes - ${text}`)
  worker.log(`aborting phase 1 - cleanup resources`)
  worker.log(`ERROR: migration aborted (duration 00:00:00): Problem found while scanning volumes - ${text}`)
  return raise('migration aborted')
}

const checkDrive = (call: Call, drive: Drive, worker: Worker): void => {
  const volid = drive['file'] as string
  if (volid === 'none') return
  if (volid === 'cdrom') refuse(worker, "can't migrate local cdrom drive")
  if (localStorage(call, volid) === undefined) return
  if (isCdrom(drive) && !isCloudinit(drive)) refuse(worker, `can't migrate local cdrom '${volid}'`)
}

const plan = (call: Call, guest: Guest, online: boolean, worker: Worker): Move[] => {
  const moves: Move[] = []
  const attached = new Set(drivesOf(guest.config).map(([, drive]) => drive['file'] as string))
  for (const [, drive] of drivesOf(guest.config)) checkDrive(call, drive, worker)
  const all = new Set(volumesOf(guest.config))
  for (const section of guest.snapshots.values()) for (const volid of volumesOf(section)) all.add(volid)
  for (const volid of all) {
    const storage = localStorage(call, volid)
    const volume = findVolume(call.world, volid, guest.node)
    if (storage === undefined || volume === undefined || ownerOf(volid) !== guest.vmid) continue
    if (online && attached.has(volid) && !call.flag('with-local-disks') && !/-cloudinit/.test(volid))
      refuse(worker, `can't live migrate attached local disks without with-local-disks option`)
    if (volume.parent !== undefined) refuse(worker, `can't migrate '${volid}' as it's a clone of '${volume.parent}'`)
    if (volume.snapshots.size > 0 && !['dir', 'zfspool', 'btrfs'].includes(storageOf(call.world, storage).type))
      refuse(worker, `non-migratable snapshot exists`)
    moves.push({ volume, storage: targetStorage(call, storage) })
  }
  return moves
}

const rewrite = (guest: Guest, from: string, to: string): void => {
  if (from === to) return
  for (const section of [guest.config, ...guest.snapshots.values()]) {
    for (const [key, drive] of drivesOf(section))
      if (drive['file'] === from) section[key] = printDrive(key, { ...drive, file: to })
    for (const key of Object.keys(section)) if (isUnusedName(key) && section[key] === from) section[key] = to
  }
}

const carry = async (
  call: Call,
  guest: Guest,
  target: string,
  { volume, storage }: Move,
  worker: Worker,
): Promise<void> => {
  const from = volidOf(volume)
  worker.log(`copying local disk image '${from}'`)
  await worker.work(0.2 + volume.size / 2 ** 30)
  removeVolume(call.world, guest.node, volume)
  addVolume(call.world, target, storage === volume.storage ? volume : { ...volume, storage })
  rewrite(guest, from, `${storage}:${volume.name}`)
}

const migrate = async (call: Call, guest: Guest, target: string, worker: Worker): Promise<void> => {
  const { world } = call
  const online = guest.running !== undefined
  checkLock(guest)
  worker.log(`starting migration of VM ${guest.vmid} to node '${target}' (${world.nodes.get(target)?.ip})`)
  if (world.nodes.get(target)?.online === false) {
    worker.log(`ERROR: migration aborted (duration 00:00:00): Can't connect to destination address using public key`)
    raise('migration aborted')
  }
  guest.config['lock'] = 'migrate'
  touch(guest)
  try {
    for (const move of plan(call, guest, online, worker)) await carry(call, guest, target, move, worker)
    await worker.work(online ? 2 : 0.3)
  } finally {
    delete guest.config['lock']
    touch(guest)
  }
  guest.node = target
  if (guest.running) worker.log('migration status: completed')
  touch(guest)
  worker.log('migration finished successfully (duration 00:00:02)')
}

const start = (call: Call): string => {
  const { world } = call
  const target = call.text('target')
  if (target === call.node().name || target === 'localhost') raiseParam({ target: 'target is local node.' })
  if (!world.nodes.has(target)) raise(`no such cluster node '${target}'`)
  if (call.flag('force') && !call.isRoot()) raiseParam({ force: 'Only root may use this option.' })
  const guest = guestOf(call)
  checkLock(guest)
  if (guest.running && !call.flag('online')) raise("can't migrate running VM without --online")
  checkAvailable(call, guest, target)
  if (guestHooks.some((hooks) => hooks.manages?.(world, guest)))
    return call.task('hamigrate', guest.vmid, async (worker) => {
      worker.log(`Requesting HA migration for VM ${guest.vmid} to node ${target}`)
      await worker.work(0.5)
      world.tasks.start(guest.node, 'qmigrate', String(guest.vmid), 'root@pam', (inner) =>
        migrate(call, guest, target, inner),
      )
    })
  return call.task('qmigrate', guest.vmid, async (worker) => {
    try {
      await world.locks.withLock(lockFile('qemu', guest.vmid), () => migrate(call, guest, target, worker))
    } catch (error) {
      raise(errorText(error))
    }
  })
}

const preconditions = (call: Call): unknown => {
  const { world } = call
  const guest = guestOf(call)
  const others = [...world.nodes.keys()].filter((name) => name !== guest.node)
  const disks = drivesOf(guest.config).flatMap(([key, drive]) => {
    const volid = drive['file'] as string
    const volume = findVolume(world, volid, guest.node)
    if (volume === undefined || localStorage(call, volid) === undefined) return []
    const cloudinit = isCloudinit(drive) ? 1 : 0
    return [
      {
        drivename: key,
        volid,
        size: volume.size,
        cdrom: isCdrom(drive) ? 1 : 0,
        is_cloudinit: cloudinit,
        is_attached: 1,
        is_unused: 0,
        is_vmstate: 0,
        is_tpmstate: key === 'tpmstate0' ? 1 : 0,
        replicate: 1,
        shared: 0,
      },
    ]
  })
  const missing = (node: string): string[] => [
    ...new Set(
      drivesOf(guest.config).flatMap(([, drive]) => {
        const storage = world.storages.get(splitVolid(drive['file'] as string)?.storage ?? '')
        const nodes = storage?.options['nodes']
        return storage !== undefined && nodes !== undefined && !nodes.split(',').includes(node) ? [storage.id] : []
      }),
    ),
  ]
  const refused = others.filter((node) => missing(node).length > 0)
  return {
    running: guest.running ? 1 : 0,
    allowed_nodes: others.filter((node) => !refused.includes(node)),
    not_allowed_nodes: Object.fromEntries(refused.map((node) => [node, { unavailable_storages: missing(node) }])),
    local_disks: disks,
    local_resources: [],
    'mapped-resources': [],
    'mapped-resource-info': {},
    'has-dbus-vmstate': 1,
  }
}

/** Moving a VM to another node, and what stands in the way of it. */
export const migrateRoutes: RouteTable = {
  'GET /nodes/{node}/qemu/{vmid}/migrate': preconditions,
  'POST /nodes/{node}/qemu/{vmid}/migrate': start,
}
