import type { Call } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { splitVolid } from '../schema/formats.ts'
import { nodeSeconds, type World } from '../state/world.ts'
import { requireVolume } from '../volume/access.ts'
import { freeVolume } from '../volume/free.ts'
import { parseVolname, type VolumeName } from '../volume/name.ts'
import { addVolume, backend, findVolume, pathOf, storageOf, usableStorage } from '../volume/volumes.ts'

/** The volume id of the path: with or without its storage in front. */
const volidOfPath = (call: Call): string => {
  const storage = call.text('storage')
  const given = call.text('volume')
  if (!given.includes(':')) return `${storage}:${given}`
  const named = splitVolid(given)?.storage ?? raise(`unable to parse volume ID '${given}'`)
  if (storage !== '' && named !== storage) raise(`storage ID mismatch (${named} != ${storage})`)
  return given
}

const kilobytes = (text: string): number => {
  const [, amount = '0', unit = ''] = /^(\d+)([MG]?)$/.exec(text) ?? []
  return Number(amount) * (unit === 'G' ? 2 ** 30 : unit === 'M' ? 2 ** 20 : 1024)
}

const checkName = (world: World, storage: string, vmid: number, file: string): void => {
  if (!backend(world, storage).fileBased) {
    if (!new RegExp(`^(?:vm|base|subvol)-${vmid}-\\S+$`).test(file))
      raise(`illegal name '${file}' - should be 'vm-${vmid}-*'`)
    return
  }
  if (!/^[^/\s]+\.(?:raw|qcow2|vmdk|subvol)$/.test(file)) raise(`unable to parse volume filename '${file}'`)
}

/** POST content: allocates an image for a guest and answers its volume id. */
export const allocateImage = (call: Call): unknown => {
  const { world } = call
  const file = call.text('filename')
  const ending = /\.(raw|qcow2|vmdk)$/.exec(file)?.[1]
  if (call.has('format') && ending !== undefined && call.text('format') !== ending)
    raiseParam({ format: `different storage formats (${call.text('format')} != ${ending})` })
  const node = call.node().name
  const { id } = usableStorage(world, call.text('storage'), node)
  const kind = backend(world, id)
  const format = ending ?? (call.text('format') || kind.defaultFormat)
  if (!kind.formats.includes(format)) raise(`unsupported format '${format}'`)
  checkName(world, id, call.vmid(), file)
  const size = kilobytes(call.text('size'))
  const name = kind.fileBased ? `${call.vmid()}/${file}` : file
  addVolume(world, node, {
    storage: id,
    name,
    content: 'images',
    format,
    size,
    used: format === 'raw' ? 4096 : 266_240,
    vmid: call.vmid(),
    ctime: nodeSeconds(world, node),
    parent: undefined,
    snapshots: new Map(),
  })
  return `${id}:${name}`
}

/** GET content/{volume}. A file's size is given in whole blocks of 512 bytes, as qemu-img tells it. */
export const readVolume = (call: Call): unknown => {
  const { world } = call
  const volid = volidOfPath(call)
  requireVolume(call, undefined, volid)
  const { type, storage } = parseVolname(world, volid)
  usableStorage(world, storage, call.node().name)
  const volume =
    findVolume(world, volid, call.node().name) ?? raise(`volume_size_info on '${volid}' failed - no format`)
  const isImage = type === 'images'
  return {
    path: pathOf(world, storage, volume.name),
    size: isImage ? volume.size : Math.ceil(volume.size / 512) * 512,
    used: isImage ? volume.used : Math.ceil(volume.size / 4096) * 4096,
    format: isImage || type === 'import' ? volume.format : 'raw',
    ...(type === 'backup' ? { notes: volume.notes ?? '', protected: volume.protected ? 1 : 0 } : {}),
  }
}

/** PUT content/{volume}: notes and protection, of backups only. */
export const updateVolume = (call: Call): unknown => {
  const volid = volidOfPath(call)
  requireVolume(call, undefined, volid)
  const { type } = parseVolname(call.world, volid)
  if (type !== 'backup') {
    if (call.has('notes')) raise('only backups can have notes')
    if (call.has('protected')) raise('only backups can be protected')
    return null
  }
  const volume = findVolume(call.world, volid, call.node().name) ?? raise(`volume '${volid}' does not exist`)
  if (call.has('notes')) volume.notes = call.text('notes')
  if (call.has('protected')) volume.protected = call.flag('protected')
  return null
}

const requireDelete = (call: Call, name: VolumeName): void => {
  const path = `/storage/${name.storage}`
  if (name.type === 'backup' && name.owner !== undefined) {
    call.require(path, ['Datastore.AllocateSpace'])
    call.require(`/vms/${name.owner}`, ['VM.Backup'])
  } else call.require(path, ['Datastore.Allocate'])
}

/** DELETE content/{volume}: a task; with `delay`, `null` when it ended in time. One that is gone already is no error. */
export const deleteVolume = async (call: Call): Promise<unknown> => {
  const { world } = call
  const volid = volidOfPath(call)
  const name = parseVolname(world, volid)
  const node = call.node().name
  storageOf(world, name.storage)
  requireDelete(call, name)
  const id = name.owner === undefined ? name.storage : `${name.owner}@${name.storage}`
  const upid = call.task('imgdel', id, (worker) => {
    freeVolume(world, node, volid, worker.log)
    worker.log(`Removed volume '${volid}'`)
  })
  if (!call.has('delay')) return upid
  const status = await world.tasks.ended(upid)
  return status === 'OK' ? null : raise(status)
}
