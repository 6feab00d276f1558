import type { Call, RouteTable } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { underConfigLock } from '../guest/config-lock.ts'
import { digestOf } from '../guest/config-text.ts'
import { checkLock, loadGuest, lockFile } from '../guest/find-guest.ts'
import { type Guest, isTemplate, type Section, touch } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'
import { nodeSeconds, type World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { bringBack, keepState } from '../volume/content.ts'
import { backend, findVolume, removeVolume, volidOf } from '../volume/volumes.ts'
import { shownSection } from './config/config-value.ts'
import { guestOf } from './config/show-config.ts'
import { logFormatting } from './disk/create-disks.ts'
import { addUnused, drivesOf, isCdrom, isUnusedName, volumesOf } from './disk/drive.ts'
import { hardwareOf, markRunning } from './running.ts'
import { startLocked } from './start.ts'
import { allocateState, finishState, stateStorage } from './suspend.ts'

const runtimeKeys = ['vmstate', 'runningmachine', 'runningcpu', 'running-nets-host-mtu']
const notCopied = new Set(['snaptime', 'lock', 'digest', 'description', 'parent', 'snapstate', ...runtimeKeys])

/** What a snapshot takes from a configuration, or a rollback from a snapshot. */
const copyConfig = (from: Section): Section =>
  Object.fromEntries(Object.entries(from).filter(([key]) => !notCopied.has(key) && !isUnusedName(key)))

/** The disks of a section that a snapshot of it concerns. */
const disksOf = (section: Section): (readonly [string, string])[] =>
  drivesOf(section)
    .filter(([, drive]) => !isCdrom(drive) && drive['file'] !== 'none')
    .map(([key, drive]) => [key, drive['file'] as string] as const)

const canSnapshot = (world: World, guest: Guest, volid: string): boolean => {
  const volume = findVolume(world, volid, guest.node)
  return volume !== undefined && backend(world, volume.storage).snapshotFormats.includes(volume.format)
}

/** Whether all disks can be snapshotted: what `feature?feature=snapshot` answers. */
export const hasSnapshotFeature = (world: World, guest: Guest, section = guest.config): boolean =>
  disksOf(section).every(([, volid]) => canSnapshot(world, guest, volid))

const snapshotVolume = (world: World, guest: Guest, volid: string, name: string): void => {
  const volume = findVolume(world, volid, guest.node) ?? raise(`volume '${volid}' does not exist`)
  keepState(volume, name)
  volume.used += 10_240
}

const saveState = async (world: World, guest: Guest, name: string, worker: Worker): Promise<Volume> => {
  const volume = allocateState(world, guest, stateStorage(world, guest, undefined), name)
  logFormatting({ world, node: () => ({ name: guest.node }) } as Call, volume, worker.log)
  worker.log(`saving VM state and RAM using storage '${volume.storage}'`)
  await worker.work(1)
  finishState(volume, { fileBased: backend(world, volume.storage).fileBased })
  worker.log('completed saving the VM state in 0s, saved 2.32 MiB')
  return volume
}

const create = (call: Call): string => {
  const name = call.text('snapname')
  if (name === 'current' || name === 'pending') raise(`unable to use snapshot name '${name}' (reserved name)`)
  const { world } = call
  const node = call.node().name
  return call.task('qmsnapshot', call.vmid(), (worker) =>
    underConfigLock(
      world,
      () => loadGuest(world, 'qemu', node, call.vmid()),
      'snapshot',
      (guest) => checkCreate(world, guest, name),
      (guest) => takeSnapshot(call, guest, name, worker),
    ),
  )
}

const checkCreate = (world: World, guest: Guest, name: string): void => {
  if (isTemplate(guest)) raise("you can't take a snapshot if it's a template")
  checkLock(guest)
  if (guest.snapshots.has(name)) raise(`snapshot name '${name}' already used`)
  if (!hasSnapshotFeature(world, guest)) raise('snapshot feature is not available')
}

const takeSnapshot = async (call: Call, guest: Guest, name: string, worker: Worker): Promise<void> => {
  const { world } = call
  const section: Section = { ...copyConfig(guest.config), snaptime: String(nodeSeconds(world, guest.node)) }
  if (guest.config['parent'] !== undefined) section['parent'] = guest.config['parent']
  const description = call.text('description').trimEnd()
  if (description !== '') section['description'] = description
  if (call.flag('vmstate') && guest.running) {
    const volume = await saveState(world, guest, name, worker)
    section['vmstate'] = volidOf(volume)
    Object.assign(section, hardwareOf(guest.config))
  } else if (guest.running) worker.log('skipping guest filesystem freeze - disabled in VM options')
  for (const [key, volid] of disksOf(guest.config)) {
    worker.log(`snapshotting 'drive-${key}' (${volid})`)
    if (guest.running && findVolume(world, volid, guest.node)?.format === 'qcow2') worker.log('internal qemu snapshot')
    if (guest.running?.detached?.has(key)) {
      worker.log('snapshot create failed: starting cleanup')
      for (const [, one] of disksOf(guest.config)) findVolume(world, one, guest.node)?.snapshots.delete(name)
      raise(notAttached(guest, key))
    }
    snapshotVolume(world, guest, volid, name)
  }
  await worker.work(0.3)
  guest.snapshots.set(name, section)
  guest.config['parent'] = name
}

const notAttached = (guest: Guest, key: string): string =>
  `VM ${guest.vmid} qmp command 'blockdev-snapshot-internal-sync' failed - Cannot find device='drive-${key}' nor node-name='drive-${key}'\n\n`

const sectionOf = (guest: Guest, name: string): Section =>
  guest.snapshots.get(name) ?? raise(`snapshot '${name}' does not exist`)

const checkNewest = (world: World, guest: Guest, volid: string, name: string): void => {
  const volume = findVolume(world, volid, guest.node)
  if (volume === undefined) raise(`volume '${volid}' does not exist`)
  if (!backend(world, volume.storage).newestOnly) return
  if ([...volume.snapshots.keys()].at(-1) !== name)
    raise(`can't rollback, '${name}' is not most recent snapshot on '${volid}'`)
}

const applySnapshot = (world: World, guest: Guest, name: string, section: Section): void => {
  const before = guest.config
  const next = copyConfig(section)
  for (const key of Object.keys(before))
    if (isUnusedName(key) || key === 'description') next[key] = before[key] as string
  next['parent'] = name
  if (next['vmgenid'] !== undefined) next['vmgenid'] = world.random.uuid()
  const kept = new Set(volumesOf(next))
  for (const [, volid] of disksOf(before)) if (!kept.has(volid)) addUnused(next, volid)
  for (const [, volid] of disksOf(section))
    for (const key of Object.keys(next)) if (isUnusedName(key) && next[key] === volid) delete next[key]
  guest.config = next
  guest.pending = {}
  guest.pendingDelete.clear()
  guest.cloudinit = undefined
}

const rollback = (call: Call): string => {
  const { world } = call
  const node = call.node().name
  const name = call.text('snapname')
  return call.task('qmrollback', call.vmid(), async (worker) => {
    let found: Guest | undefined
    await underConfigLock(
      world,
      () => loadGuest(world, 'qemu', node, call.vmid()),
      'rollback',
      (guest) => checkRollback(world, guest, name),
      async (guest) => {
        await goBack(world, guest, name, worker)
        found = guest
      },
    )
    const guest = found
    if (guest === undefined || guest.running || !call.flag('start')) return
    await world.locks.withLock(lockFile('qemu', guest.vmid), () => startLocked(world, guest, worker))
  })
}

const checkRollback = (world: World, guest: Guest, name: string): void => {
  if (isTemplate(guest)) raise("you can't rollback if vm is a template")
  for (const [, volid] of disksOf(sectionOf(guest, name))) checkNewest(world, guest, volid, name)
}

const goBack = async (world: World, guest: Guest, name: string, worker: Worker): Promise<void> => {
  const section = sectionOf(guest, name)
  if (guest.running) {
    await worker.work(1)
    guest.running = undefined
  }
  for (const [, volid] of disksOf(section)) {
    const volume = findVolume(world, volid, guest.node)
    if (volume !== undefined) bringBack(volume, name)
  }
  await worker.work(0.3)
  applySnapshot(world, guest, name, section)
  if (section['vmstate'] !== undefined) markRunning(world, guest)
}

const remove = (call: Call): string => {
  const { world } = call
  const node = call.node().name
  const name = call.text('snapname')
  return call.task('qmdelsnapshot', call.vmid(), (worker) =>
    underConfigLock(
      world,
      () => loadGuest(world, 'qemu', node, call.vmid()),
      'snapshot-delete',
      (guest) => {
        sectionOf(guest, name)
        if (isTemplate(guest)) raise("you can't delete a snapshot if vm is a template")
      },
      async (guest) => {
        await worker.work(0.3)
        dropSnapshot(world, guest, name, sectionOf(guest, name))
      },
    ),
  )
}

/** Takes a snapshot out of the tree and off its volumes; disks only it had become `unusedN`. */
const dropSnapshot = (world: World, guest: Guest, name: string, section: Section): void => {
  const state = section['vmstate'] === undefined ? undefined : findVolume(world, section['vmstate'], guest.node)
  if (state !== undefined) removeVolume(world, guest.node, state)
  guest.snapshots.delete(name)
  const used = new Set(volumesOf(guest.config))
  for (const other of guest.snapshots.values()) for (const volid of volumesOf(other)) used.add(volid)
  for (const [, volid] of disksOf(section)) {
    findVolume(world, volid, guest.node)?.snapshots.delete(name)
    if (!used.has(volid)) addUnused(guest.config, volid)
  }
  const parent = section['parent']
  for (const one of [guest.config, ...guest.snapshots.values()]) {
    if (one['parent'] !== name) continue
    if (parent === undefined) delete one['parent']
    else one['parent'] = parent
  }
}

const list = (call: Call): unknown => {
  const guest = guestOf(call)
  const rows: Record<string, unknown>[] = [...guest.snapshots].map(([name, section]) => ({
    name,
    description: section['description'] ?? '',
    snaptime: Number(section['snaptime'] ?? 0),
    vmstate: section['vmstate'] === undefined ? 0 : 1,
    ...(section['parent'] === undefined ? {} : { parent: section['parent'] }),
  }))
  rows.push({
    name: 'current',
    description: 'You are here!',
    digest: digestOf(guest),
    running: guest.running ? 1 : 0,
    ...(guest.config['parent'] === undefined ? {} : { parent: guest.config['parent'] }),
  })
  return rows
}

const describe = async (call: Call): Promise<null> => {
  await call.world.locks.withLock(lockFile('qemu', call.vmid()), () => {
    const guest = guestOf(call)
    checkLock(guest)
    const section = sectionOf(guest, call.text('snapname'))
    if (call.has('description')) {
      const description = call.text('description').trimEnd()
      if (description === '') delete section['description']
      else section['description'] = description
      touch(guest)
    }
  })
  return null
}

/** Snapshots of VMs: list, create, describe, rollback, delete. */
export const snapshotRoutes: RouteTable = {
  'GET /nodes/{node}/qemu/{vmid}/snapshot': list,
  'POST /nodes/{node}/qemu/{vmid}/snapshot': create,
  'GET /nodes/{node}/qemu/{vmid}/snapshot/{snapname}': () => [{ cmd: 'rollback' }, { cmd: 'config' }],
  'GET /nodes/{node}/qemu/{vmid}/snapshot/{snapname}/config': (call) =>
    shownSection(sectionOf(guestOf(call), call.text('snapname'))),
  'PUT /nodes/{node}/qemu/{vmid}/snapshot/{snapname}/config': describe,
  'POST /nodes/{node}/qemu/{vmid}/snapshot/{snapname}/rollback': rollback,
  'DELETE /nodes/{node}/qemu/{vmid}/snapshot/{snapname}': remove,
}
