import type { Call } from '../api/call.ts'
import { errorText, raise, raisePerm } from '../api/error.ts'
import { guestHooks } from '../guest/all-hooks.ts'
import { checkLock } from '../guest/find-guest.ts'
import { checkUnused } from '../guest/vmid.ts'
import { splitVolid } from '../schema/formats.ts'
import { type Guest, makeGuest, type Section } from '../state/guest.ts'
import { momentOf, type World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { freeVolume } from '../volume/free.ts'
import { isShared, storageOf, usableStorage, volidOf } from '../volume/volumes.ts'
import { saveConfig } from './apply.ts'
import { containerOf, snapshotOf } from './config.ts'
import { completeNetwork } from './network.ts'
import { storedDescription } from './option.ts'
import { requireBridge } from './permission.ts'
import { cloneVolume } from './volume/linked.ts'
import {
  isMountKey,
  type MountPoint,
  mountsOf,
  parseMountPoint,
  printMountPoint,
  withParts,
} from './volume/mount-point.ts'
import { copySeconds, copyVolume, existingVolume, hasFeature } from './volume/volume.ts'

type Draft = {
  readonly config: Section
  readonly mounts: readonly (readonly [string, MountPoint])[]
  readonly full: boolean
  readonly snapshot: string | undefined
  readonly storage: string | undefined
}

const notCloned = /^(?:unused\d+|snapshots|parent|snaptime|snapstate|template|lock)$/

const checkTarget = (call: Call, target: string | undefined): void => {
  if (target !== undefined && !call.world.nodes.has(target)) raise(`no such cluster node '${target}'`)
  if (!call.has('storage')) return
  const storage = call.text('storage')
  usableStorage(call.world, storage, call.node().name)
  if (target === undefined) return
  if (!isShared(usableStorage(call.world, storage, target))) raise(`can't clone to non-shared storage '${storage}'`)
}

const checkMount = (
  call: Call,
  source: Guest,
  draft: Omit<Draft, 'config' | 'mounts'>,
  key: string,
  mount: MountPoint,
): void => {
  if (mount.type !== 'volume') raise(`unable to clone mountpoint '${key}' (type ${mount.type})`)
  const storage = draft.storage ?? splitVolid(mount.volume)?.storage ?? ''
  storageOf(call.world, storage)
  call.require(`/storage/${storage}`, ['Datastore.AllocateSpace'])
  if (draft.full) {
    if (source.running && draft.snapshot === undefined)
      raise('Full clone of a running container is only possible from a snapshot')
  } else if (!hasFeature(call.world, 'clone', mount.volume, draft.snapshot))
    raise(`Linked clone feature for '${mount.volume}' is not available`)
}

/** The configuration of the clone without its volumes, after everything PVE checks. */
const draftOf = (call: Call, source: Guest, target: string | undefined): Draft => {
  const full = call.has('full') ? call.flag('full') : source.config['template'] !== '1'
  const storage = call.has('storage') ? call.text('storage') : undefined
  const snapshot = call.has('snapname') ? call.text('snapname') : undefined
  if (storage !== undefined && !full) raise("parameter 'storage' not allowed for linked clones")
  const section = snapshot === undefined ? source.config : snapshotOf(source, snapshot)
  const config: Section = {}
  let shared = true
  for (const key of Object.keys(section).sort()) {
    if (notCloned.test(key)) continue
    const value = section[key] as string
    if (isMountKey(key)) {
      const mount = parseMountPoint(key, value)
      checkMount(call, source, { full, snapshot, storage }, key, mount)
      const place = storage ?? splitVolid(mount.volume)?.storage ?? ''
      shared &&= isShared(storageOf(call.world, place))
    } else if (/^net\d+$/.test(key)) {
      config[key] = completeNetwork(call.world, value, { renew: true })
      requireBridge(call, value)
    } else config[key] = value
  }
  if (target !== undefined && !shared) raise(`can't clone CT to node '${target}' (CT uses local storage)`)
  if (call.has('hostname')) config['hostname'] = call.text('hostname')
  const description = storedDescription(call.text('description'))
  if (description !== undefined) config['description'] = description
  return { config, mounts: mountsOf(section), full, snapshot, storage }
}

const unlock = (guest: Guest, lock: string): void => {
  if (guest.config['lock'] !== lock) return
  delete guest.config['lock']
  saveConfig(guest)
}

const copyAll = async (
  world: World,
  source: Guest,
  clone: Guest,
  draft: Draft,
  made: string[],
  worker: Worker,
): Promise<void> => {
  for (const [key, mount] of draft.mounts) {
    const volid = mount.volume
    const what = draft.full ? 'full clone of mountpoint' : 'linked clone of mount point'
    worker.log(`create ${what} ${key} (${volid})`)
    const from = existingVolume(world, source.node, volid)
    const place = { storage: draft.storage ?? from.storage, vmid: clone.vmid, node: source.node }
    const copy = draft.full
      ? copyVolume(world, source.node, volid, place, worker.log, draft.snapshot)
      : cloneVolume(world, source.node, from, clone.vmid, draft.snapshot)
    made.push(volidOf(copy))
    await worker.work(draft.full ? copySeconds(copy.used) : 0.1)
    clone.config[key] = printMountPoint(key, withParts(mount, { volume: volidOf(copy) }))
    saveConfig(clone)
  }
}

const cloneWork =
  (call: Call, source: Guest, clone: Guest, draft: Draft, target: string | undefined) =>
  async (worker: Worker): Promise<void> => {
    const { world } = call
    const ran = source.running !== undefined
    const made: string[] = []
    worker.log(`creating a clone of container ${source.vmid} with ID ${clone.vmid}`)
    try {
      await worker.work(0.1)
      if ((source.running !== undefined) !== ran) raise('unexpected state change')
      await copyAll(world, source, clone, draft, made, worker)
      if (call.has('pool')) world.poolOf.set(clone.vmid, call.text('pool'))
    } catch (error) {
      for (const volid of made) freeVolume(world, source.node, volid, worker.log)
      for (const hooks of guestHooks) hooks.destroyed?.(world, clone, false)
      world.guests.delete(clone.vmid)
      raise(`clone failed: ${errorText(error)}`)
    } finally {
      unlock(source, 'disk')
    }
    unlock(clone, 'create')
    if (target !== undefined) clone.node = target
  }

/** POST clone: a full copy, or linked clones of a template's volumes. Refusals come at once. */
export const clone = (call: Call): unknown => {
  const { world } = call
  const newid = call.number('newid')
  if (call.has('pool') && !world.pools.has(call.text('pool'))) raisePerm(`pool '${call.text('pool')}' does not exist`)
  const node = call.node().name
  const wanted = call.text('target')
  const target = wanted === '' || wanted === node || wanted === 'localhost' ? undefined : wanted
  checkTarget(call, target)
  const source = containerOf(call)
  checkLock(source)
  checkUnused(world, newid)
  const draft = draftOf(call, source, target)
  source.config['lock'] = 'disk'
  saveConfig(source)
  const made = makeGuest('lxc', newid, node, { ...draft.config, lock: 'create' }, momentOf(world))
  made.raw = source.raw
  world.guests.set(newid, made)
  for (const hooks of guestHooks) hooks.cloned?.(world, source, made)
  return call.task('vzclone', source.vmid, cloneWork(call, source, made, draft, target))
}
