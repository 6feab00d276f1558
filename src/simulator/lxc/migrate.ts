import type { Call } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { checkLock } from '../guest/find-guest.ts'
import { isManaged } from '../ha/state.ts'
import { splitList } from '../schema/check.ts'
import type { Guest } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'
import type { World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import {
  addVolume,
  contentOf,
  imageName,
  isShared,
  nextImageName,
  removeVolume,
  storageOf,
  usableStorage,
  volidOf,
} from '../volume/volumes.ts'
import { saveConfig } from './apply.ts'
import { containerOf } from './config.ts'
import { withContainerLock } from './power.ts'
import { bringDown, bringUp } from './runtime.ts'
import { mountsOf, printMountPoint, unusedOf, withParts } from './volume/mount-point.ts'
import { copySeconds, existingVolume, volumeFormat } from './volume/volume.ts'

/** A local volume on its way: where it is and where it goes. */
type Move = { readonly volume: Volume; readonly storage: string }

/** `target-storage`: one storage for all, or pairs `from:to`; `1` keeps each. */
const mapStorage = (mapping: string): ((storage: string) => string) => {
  const pairs = new Map(splitList(mapping).map((pair) => pair.split(':') as [string, string | undefined]))
  const all = [...pairs].find(([name, to]) => to === undefined && name !== '1')?.[0]
  return (storage) => pairs.get(storage) ?? all ?? storage
}

const checkMounts = (guest: Guest): void => {
  for (const [key, mount] of mountsOf(guest.config))
    if (mount.type !== 'volume' && mount.parts['shared'] !== '1')
      raise(`cannot migrate local ${mount.type} mount point '${key}'`)
}

const planMoves = (world: World, guest: Guest, target: string, mapping: string): Move[] => {
  const place = mapStorage(mapping)
  const volids = new Set([
    ...mountsOf(guest.config)
      .filter(([, mount]) => mount.type === 'volume')
      .map(([, mount]) => mount.volume),
    ...unusedOf(guest.config).map(([, volid]) => volid),
  ])
  const moves: Move[] = []
  for (const volid of volids) {
    const volume = existingVolume(world, guest.node, volid)
    if (isShared(storageOf(world, volume.storage))) {
      usableStorage(world, volume.storage, target)
      continue
    }
    const storage = place(volume.storage)
    if (!contentOf(usableStorage(world, storage, target)).includes('rootdir'))
      raise(`content type 'rootdir' is not available on storage '${storage}'`)
    if (volume.snapshots.size > 0 && storageOf(world, volume.storage).type !== 'zfspool')
      raise(`can't migrate snapshot of local volume '${volid}'`)
    moves.push({ volume, storage })
  }
  return moves
}

const carry = async (world: World, guest: Guest, target: string, move: Move, worker: Worker): Promise<void> => {
  const { volume } = move
  const before = volidOf(volume)
  worker.log(`found local volume '${before}' (in current VM config)`)
  await worker.work(copySeconds(volume.used) * 4)
  const kept = move.storage === volume.storage
  const format = kept ? volume.format : volumeFormat(world, move.storage, volume.size)
  const image = kept
    ? ''
    : nextImageName(world, move.storage, target, guest.vmid, format === 'subvol' ? 'subvol' : 'vm')
  const copy = addVolume(world, target, {
    ...volume,
    storage: move.storage,
    format,
    name: kept ? volume.name : imageName(world, move.storage, guest.vmid, image, format),
    snapshots: new Map(volume.snapshots),
  })
  removeVolume(world, guest.node, volume)
  for (const [key, mount] of mountsOf(guest.config))
    if (mount.volume === before) guest.config[key] = printMountPoint(key, withParts(mount, { volume: volidOf(copy) }))
  for (const [key, volid] of unusedOf(guest.config)) if (volid === before) guest.config[key] = volidOf(copy)
}

const migrateWork =
  (call: Call, guest: Guest, target: string) =>
  (worker: Worker): Promise<void> => {
    const { world } = call
    return withContainerLock(world, guest.vmid, worker, async () => {
      checkLock(guest)
      const running = guest.running !== undefined
      if (running && !call.flag('restart')) raise('lxc live migration is currently not implemented')
      checkMounts(guest)
      const moves = planMoves(world, guest, target, call.text('target-storage'))
      worker.log(`starting migration of CT ${guest.vmid} to node '${target}' (${world.nodes.get(target)?.ip})`)
      guest.config['lock'] = 'migrate'
      saveConfig(guest)
      try {
        if (running) {
          worker.log(`shutdown CT ${guest.vmid}`)
          await worker.work(3)
          bringDown(world, guest)
        }
        for (const move of moves) await carry(world, guest, target, move, worker)
        await worker.work(0.5)
        guest.node = target
      } finally {
        delete guest.config['lock']
        saveConfig(guest)
      }
      if (running) {
        worker.log(`start container on target node`)
        bringUp(world, guest)
        await worker.work(1)
      }
      worker.log('migration finished successfully')
    })
  }

/** POST migrate: volumes on local storages are copied; a running container is shut down and started on the other node with `restart`. */
export const migrate = (call: Call): unknown => {
  const { world } = call
  const target = call.text('target')
  if (target === call.node().name) raiseParam({ target: 'target is local node.' })
  if (!world.nodes.has(target)) raise(`no such cluster node '${target}'`)
  const guest = containerOf(call)
  if (guest.running && !call.flag('online') && !call.flag('restart'))
    raise("can't migrate running container without --online or --restart")
  if (!isManaged(world, guest)) return call.task('vzmigrate', guest.vmid, migrateWork(call, guest, target))
  return call.task('hamigrate', guest.vmid, (worker) => {
    worker.log(`Requesting HA migration for CT ${guest.vmid} to node ${target}`)
    world.clock.after(5000, () => {
      world.tasks.start(guest.node, 'vzmigrate', guest.vmid, 'root@pam', migrateWork(call, guest, target))
    })
  })
}

/** GET migrate: whether it runs, and where it could go. */
export const migratePreconditions = (call: Call): unknown => {
  const { world } = call
  const guest = containerOf(call)
  const others = [...world.nodes.values()].filter((node) => node.name !== guest.node && node.online)
  return { running: guest.running ? 1 : 0, 'allowed-nodes': others.map((node) => node.name) }
}
