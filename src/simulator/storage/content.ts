import type { Call } from '../api/call.ts'
import { PveError } from '../api/error.ts'
import type { Volume } from '../state/storage.ts'
import type { World } from '../state/world.ts'
import { requireVolume } from '../volume/access.ts'
import { parseVolname } from '../volume/name.ts'
import { backend, contentOf, poolOn, usableStorage, volidOf } from '../volume/volumes.ts'

/** What a volume counts as: an image of a container is `rootdir`, one of a VM or of nobody `images`. */
const contentTypeOf = (world: World, volume: Volume): string => {
  if (volume.content !== 'images' && volume.content !== 'rootdir') return volume.content
  const owner = volume.vmid === undefined ? undefined : world.guests.get(volume.vmid)
  return owner?.type === 'lxc' ? 'rootdir' : 'images'
}

const imageEntry = (world: World, volume: Volume): Record<string, unknown> => {
  if (!backend(world, volume.storage).fileBased) return volume.parent === undefined ? {} : { parent: volume.parent }
  return { parent: volume.parent === undefined ? null : `../${volume.parent}`, used: volume.used }
}

/** When a backup was made: its name says so, as PVE reads it. Seconds since 1970. */
export const backupTime = (file: string): number | undefined => {
  const parts = /-(\d{4})_(\d\d)_(\d\d)-(\d\d)_(\d\d)_(\d\d)\./.exec(file)?.slice(1).map(Number)
  if (parts === undefined) return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000
}

const backupEntry = (world: World, volume: Volume): Record<string, unknown> => {
  const file = volume.name.slice('backup/'.length)
  const kind = /^vzdump-(qemu|lxc|openvz)-/.exec(file)?.[1]
  return {
    format: parseVolname(world, volidOf(volume)).format,
    ctime: backupTime(file) ?? volume.ctime,
    ...(kind === undefined ? {} : { subtype: kind }),
    ...(volume.notes === undefined || volume.notes === '' ? {} : { notes: volume.notes }),
    ...(volume.protected ? { protected: 1 } : {}),
  }
}

const entry = (world: World, volume: Volume): Record<string, unknown> => {
  const content = contentTypeOf(world, volume)
  return {
    volid: volidOf(volume),
    content,
    format: volume.format,
    size: volume.size,
    ctime: volume.ctime,
    ...(volume.vmid === undefined ? {} : { vmid: volume.vmid }),
    ...(content === 'images' || content === 'rootdir' ? imageEntry(world, volume) : {}),
    ...(content === 'backup' ? backupEntry(world, volume) : {}),
  }
}

const mayUse = (call: Call, volume: Volume): boolean => {
  try {
    requireVolume(call, undefined, volidOf(volume))
    return true
  } catch (error) {
    if (!(error instanceof PveError)) throw error
    return false
  }
}

/** Whether a listing for one guest shows the volume: templates and images of disks of others are left out, the rest is not. */
const isOf = (volume: Volume, content: string, vmid: number): boolean => {
  if (content === 'import' || content === 'snippets') return true
  return volume.vmid === vmid
}

/** GET content: what a storage holds, of one content or one guest if asked. */
export const listContent = (call: Call): unknown => {
  const { world } = call
  const node = call.node().name
  const storage = usableStorage(world, call.text('storage'), node)
  const allowed = new Set(call.has('content') ? [call.text('content')] : contentOf(storage))
  const held = new Set(contentOf(storage))
  const entries: Record<string, unknown>[] = []
  for (const volume of poolOn(world, storage.id, node).volumes.values()) {
    const content = contentTypeOf(world, volume)
    if (!allowed.has(content) || !held.has(content)) continue
    if (call.has('vmid') && !isOf(volume, content, call.vmid())) continue
    if (mayUse(call, volume)) entries.push(entry(world, volume))
  }
  return entries.sort((a, b) => (String(a['volid']) < String(b['volid']) ? -1 : 1))
}
