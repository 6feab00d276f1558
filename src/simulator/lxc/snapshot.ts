import type { Call } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { underConfigLock } from '../guest/config-lock.ts'
import { digestOf } from '../guest/config-text.ts'
import { checkLock, loadGuest, lockFile } from '../guest/find-guest.ts'
import type { Guest, Section } from '../state/guest.ts'
import { nodeSeconds, type World } from '../state/world.ts'
import { bringBack, keepState } from '../volume/content.ts'
import { findVolume, storageOf } from '../volume/volumes.ts'
import { saveConfig } from './apply.ts'
import { containerOf, snapshotOf } from './config.ts'
import { shownSection, storedDescription } from './option.ts'
import { kill, startWork } from './power.ts'
import { addUnused, mountsOf } from './volume/mount-point.ts'
import { existingVolume, hasFeature } from './volume/volume.ts'

const snapshotSeconds = 0.2
const reserved = new Set(['current', 'vzdump'])
const notCopied = /^(?:snapstate|snaptime|vmstate|lock|digest|description|unused\d+)$/

const copied = (section: Readonly<Section>): Section =>
  Object.fromEntries(Object.entries(section).filter(([key]) => !notCopied.test(key)))

const volumesOf = (section: Readonly<Section>): string[] =>
  mountsOf(section)
    .filter(([, mount]) => mount.type === 'volume')
    .map(([, mount]) => mount.volume)

const checkFeature = (world: World, guest: Guest): void => {
  for (const [, mount] of mountsOf(guest.config))
    if (!hasFeature(world, 'snapshot', mount.volume)) raise('snapshot feature is not available')
}

/** Drops references to a snapshot that is about to be made, so that no snapshot descends from itself. */
const forgetParent = (guest: Guest, name: string): void => {
  for (const section of guest.snapshots.values()) if (section['parent'] === name) delete section['parent']
}

const checkCreate = (world: World, guest: Guest, name: string): void => {
  if (guest.config['template'] === '1') raise("you can't take a snapshot if it's a template")
  checkLock(guest)
  if (guest.snapshots.has(name)) raise(`snapshot name '${name}' already used`)
  checkFeature(world, guest)
}

const takeSnapshot = (world: World, guest: Guest, name: string, description: string | undefined): void => {
  forgetParent(guest, name)
  const text = storedDescription(description ?? '')
  guest.snapshots.set(name, {
    ...copied(guest.config),
    snaptime: String(nodeSeconds(world, guest.node)),
    ...(text === undefined ? {} : { description: text }),
  })
  for (const volid of volumesOf(guest.config)) {
    const volume = existingVolume(world, guest.node, volid)
    keepState(volume, name)
  }
  guest.config['parent'] = name
  saveConfig(guest)
}

/** POST snapshot: all but a reserved name fails in the task. */
export const createSnapshot = (call: Call): unknown => {
  const { world } = call
  const name = call.text('snapname')
  if (reserved.has(name)) raise(`unable to use snapshot name '${name}' (reserved name)`)
  const node = call.node().name
  return call.task('vzsnapshot', call.vmid(), (worker) =>
    underConfigLock(
      world,
      () => loadGuest(world, 'lxc', node, call.vmid()),
      'snapshot',
      (guest) => checkCreate(world, guest, name),
      async (guest) => {
        await worker.work(snapshotSeconds)
        takeSnapshot(world, guest, name, call.text('description'))
      },
    ),
  )
}

const removeSnapshot = (world: World, guest: Guest, name: string): void => {
  const section = snapshotOf(guest, name)
  for (const volid of volumesOf(section)) findVolume(world, volid, guest.node)?.snapshots.delete(name)
  const still = new Set([...volumesOf(guest.config), ...[...guest.snapshots.values()].flatMap(volumesOf)])
  for (const volid of volumesOf(section)) if (!still.has(volid)) addUnused(guest.config, volid)
  guest.snapshots.delete(name)
  for (const child of [guest.config, ...guest.snapshots.values()]) {
    if (child['parent'] !== name) continue
    if (section['parent'] === undefined) delete child['parent']
    else child['parent'] = section['parent']
  }
  saveConfig(guest)
}

/** DELETE snapshot/{snapname}. */
export const deleteSnapshot = (call: Call): unknown => {
  const { world } = call
  const node = call.node().name
  const name = call.text('snapname')
  return call.task('vzdelsnapshot', call.vmid(), (worker) =>
    underConfigLock(
      world,
      () => loadGuest(world, 'lxc', node, call.vmid()),
      'snapshot-delete',
      (guest) => snapshotOf(guest, name),
      async (guest) => {
        await worker.work(snapshotSeconds)
        removeSnapshot(world, guest, name)
      },
    ),
  )
}

/** ZFS goes back to the newest snapshot only. */
const checkNewest = (world: World, guest: Guest, name: string): void => {
  for (const volid of volumesOf(snapshotOf(guest, name))) {
    const volume = existingVolume(world, guest.node, volid)
    if (storageOf(world, volume.storage).type !== 'zfspool') continue
    if ([...volume.snapshots.keys()].at(-1) !== name)
      raise(`can't rollback, '${name}' is not most recent snapshot on '${volid}'`)
  }
}

const goBack = (world: World, guest: Guest, name: string): void => {
  const section = snapshotOf(guest, name)
  const kept: Section = Object.fromEntries(
    Object.entries(guest.config).filter(([key]) => key === 'description' || /^unused\d+$/.test(key)),
  )
  const then = new Set(volumesOf(section))
  for (const volid of volumesOf(guest.config)) if (!then.has(volid)) addUnused(kept, volid)
  guest.config = { ...kept, ...copied(section), parent: name }
  guest.pending = {}
  guest.pendingDelete.clear()
  for (const volid of then) {
    const volume = existingVolume(world, guest.node, volid)
    bringBack(volume, name)
  }
  saveConfig(guest)
}

/** POST snapshot/{snapname}/rollback: a container that runs is stopped; it stays so unless `start`. */
export const rollback = (call: Call): unknown => {
  const { world } = call
  const node = call.node().name
  const name = call.text('snapname')
  return call.task('vzrollback', call.vmid(), async (worker) => {
    await underConfigLock(
      world,
      () => loadGuest(world, 'lxc', node, call.vmid()),
      'rollback',
      (guest) => {
        if (guest.config['template'] === '1') raise("you can't rollback if vm is a template")
        snapshotOf(guest, name)
        checkNewest(world, guest, name)
      },
      async (guest) => {
        await kill(world, guest, worker)
        await worker.work(snapshotSeconds)
        goBack(world, guest, name)
      },
    )
    if (!call.flag('start')) return
    await world.tasks.ended(call.task('vzstart', call.vmid(), startWork(world, node, call.vmid())))
  })
}

/** GET snapshot: every snapshot, and `current` for the container as it is. */
export const listSnapshots = (call: Call): unknown => {
  const guest = containerOf(call)
  const entries: Record<string, unknown>[] = [...guest.snapshots.keys()].sort().map((name) => {
    const section = guest.snapshots.get(name) as Section
    return {
      name,
      description: section['description'] ?? '',
      snaptime: Number(section['snaptime'] ?? 0),
      ...(section['parent'] === undefined ? {} : { parent: section['parent'] }),
    }
  })
  entries.push({
    name: 'current',
    description: 'You are here!',
    digest: digestOf(guest),
    running: guest.running ? 1 : 0,
    ...(guest.config['parent'] === undefined ? {} : { parent: guest.config['parent'] }),
  })
  return entries
}

/** GET snapshot/{snapname}/config. */
export const readSnapshot = (call: Call): unknown => shownSection(snapshotOf(containerOf(call), call.text('snapname')))

/** PUT snapshot/{snapname}/config: only the description changes. */
export const describeSnapshot = async (call: Call): Promise<unknown> => {
  await call.world.locks.withLock(lockFile('lxc', call.vmid()), () => {
    const guest = containerOf(call)
    checkLock(guest)
    const section = snapshotOf(guest, call.text('snapname'))
    if (!call.has('description')) return
    const text = storedDescription(call.text('description'))
    if (text === undefined) delete section['description']
    else section['description'] = text
    saveConfig(guest)
  })
  return null
}
