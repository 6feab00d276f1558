import type { Call } from '../../api/call.ts'
import { raise, raiseParam, raisePerm } from '../../api/error.ts'
import { splitVolid } from '../../schema/formats.ts'
import type { Section } from '../../state/guest.ts'
import { contentOf, findVolume, storageOf } from '../../volume/volumes.ts'
import { type Drive, isCdrom, newDisk, ownerOf, parseDrive, printDrive } from './drive.ts'

/** What kind of content a volume name means by its form: `iso/…`, `import/…`, an image otherwise. Fails on names a storage cannot have. */
export const contentOfName = (storageType: string, name: string): string => {
  const folder = /^(iso|vztmpl|backup|snippets|import)\/./.exec(name)?.[1]
  if (folder !== undefined) return folder
  const files = ['dir', 'nfs', 'cifs', 'btrfs', 'cephfs', 'glusterfs'].includes(storageType)
  if (files && !/^(?:\d+\/[^/]+\.\w+\/)?\d+\/[^/\s]+\.(?:raw|qcow2|vmdk|subvol)$/.test(name)) {
    const file = /^\d+\/([^/\s]+)$/.exec(name)?.[1]
    if (file !== undefined) return raise(`unable to parse volume filename '${file}'`)
    return raise(`unable to parse directory volume name '${name}'`)
  }
  return 'images'
}

/** May the caller use this volume for this guest? PVE source: check_volume_access. */
export const checkVolumeAccess = (call: Call, vmid: number, volid: string): void => {
  const parts = splitVolid(volid)
  if (parts === undefined) {
    if (!call.isRoot())
      raise('Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.\n')
    return
  }
  const storage = storageOf(call.world, parts.storage)
  const content = contentOfName(storage.type, parts.name)
  const path = `/storage/${parts.storage}`
  if (content === 'iso' || content === 'vztmpl' || content === 'import' || content === 'snippets') {
    if (!call.allowed(path, ['Datastore.AllocateSpace', 'Datastore.Audit'], true))
      call.require(path, ['Datastore.AllocateSpace', 'Datastore.Audit'], true)
    return
  }
  const owner = content === 'backup' ? undefined : ownerOf(volid)
  if (content === 'backup' && call.allowed(path, ['Datastore.AllocateSpace'])) {
    if (!call.allowed(`/vms/${vmid}`, ['VM.Backup'])) call.require(path, ['Datastore.Allocate'])
    return
  }
  if (owner === vmid && content === 'images') return
  if (
    owner !== undefined &&
    call.allowed(path, ['Datastore.AllocateSpace']) &&
    call.allowed(`/vms/${owner}`, ['VM.Config.Disk'])
  )
    return
  if (!call.allowed(path, ['Datastore.Allocate'])) raisePerm(`${path}, Datastore.Allocate`)
}

const checkNewDisk = (call: Call, storage: string | undefined, fallback: string | undefined): void => {
  const id = storage ?? fallback ?? raise('no storage ID specified (and no default storage)')
  call.require(`/storage/${id}`, ['Datastore.AllocateSpace'])
  if (!contentOf(storageOf(call.world, id)).includes('images'))
    raiseParam({ storage: `storage '${id}' does not support vm images` })
}

const checkImport = (call: Call, key: string, vmid: number, source: string): void => {
  const parts = splitVolid(source)
  if (parts === undefined) {
    checkVolumeAccess(call, vmid, source)
    return
  }
  const content = contentOfName(storageOf(call.world, parts.storage).type, parts.name)
  if (content !== 'images' && content !== 'import')
    raiseParam({ [key]: `${source} has wrong type '${content}' - needs to be 'images' or 'import'` })
  const owner = content === 'images' ? ownerOf(source) : undefined
  if (owner !== undefined) call.require(`/vms/${owner}`, ['VM.Clone'])
  else checkVolumeAccess(call, vmid, source)
}

/** Storage rights for every drive of a request. PVE source: check_storage_access. */
export const checkStorageAccess = (call: Call, vmid: number, drives: Section, fallback?: string): void => {
  for (const key of Object.keys(drives).sort()) {
    const drive = parseDrive(key, drives[key] as string)
    const file = drive['file'] ?? ''
    const fresh = newDisk(file)
    if (file === 'none' || file === 'cloudinit' || /^[^:]+:cloudinit$/.test(file)) {
      // no right is needed for these
    } else if (isCdrom(drive) && file === 'cdrom') call.require('/', ['Sys.Console'])
    else if (file === 'cdrom') call.require('/', ['Sys.Console'])
    else if (!isCdrom(drive) && fresh) checkNewDisk(call, fresh.storage, fallback)
    else {
      checkVolumeAccess(call, vmid, file)
      const parts = splitVolid(file)
      const content =
        parts === undefined ? undefined : contentOfName(storageOf(call.world, parts.storage).type, parts.name)
      if (content === 'iso' && !isCdrom(drive))
        raiseParam({ [key]: "explicit 'media=cdrom' is required for iso images" })
    }
    if (drive['import-from'] !== undefined) checkImport(call, key, vmid, drive['import-from'])
  }
}

/** A limit of both directions beside one of either. */
const limits: readonly (readonly [string, string])[] = [
  ['mbps', 'mbps_rd'],
  ['mbps', 'mbps_wr'],
  ['iops', 'iops_rd'],
  ['iops', 'iops_wr'],
]

/** Options that are taken only beside another. PVE source: parse_drive. */
const needed: Readonly<Record<string, string>> = {
  mbps_max: 'mbps',
  mbps_rd_max: 'mbps_rd',
  mbps_wr_max: 'mbps_wr',
  bps_max_length: 'mbps_max',
  bps_rd_max_length: 'mbps_rd_max',
  bps_wr_max_length: 'mbps_wr_max',
  iops_max_length: 'iops_max',
  iops_rd_max_length: 'iops_rd_max',
  iops_wr_max_length: 'iops_wr_max',
}

const isOn = (text: string | undefined): boolean => text !== undefined && text !== '' && text !== '0'

/** `bps` becomes `mbps`; PVE divides whether it was given, which is 1, instead of what was given. PVE source: parse_drive. */
const bytesToMebibytes = (drive: Drive): void => {
  for (const option of ['bps', 'bps_rd', 'bps_wr']) {
    if (drive[option] === undefined) continue
    delete drive[option]
    drive[`m${option}`] = '0.000'
  }
}

/** Options that are well formed each, but not together. PVE source: parse_drive. */
const isContradictory = (key: string, drive: Drive): boolean => {
  if (['bps', 'bps_rd', 'bps_wr'].some((each) => drive[each] !== undefined && drive[`m${each}`] !== undefined))
    return true
  if (Object.entries(needed).some(([option, other]) => isOn(drive[option]) && !isOn(drive[other]))) return true
  if (limits.some(([both, one]) => Number(drive[both] ?? 0) > 0 && Number(drive[one] ?? 0) > 0)) return true
  return isCdrom(drive) && (key.startsWith('virtio') || drive['snapshot'] === '1' || drive['format'] !== undefined)
}

/** Checks and rewrites every drive of a request the way PVE does before anything else. PVE source: check_drive_param. */
export const checkDriveParameters = (drives: Section): void => {
  for (const key of Object.keys(drives).sort()) {
    const drive = parseDrive(key, drives[key] as string)
    if (isContradictory(key, drive)) raiseParam({ [key]: 'unable to parse drive options' })
    bytesToMebibytes(drive)
    const file = drive['file'] ?? ''
    if (drive['import-from'] !== undefined) {
      const fresh = newDisk(file)
      if (!fresh || Number(fresh.gigabytes) !== 0)
        raiseParam({ [key]: "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>" })
      if (key === 'efidisk0')
        for (const needed of ['efitype', 'pre-enrolled-keys'])
          if (drive[needed] === undefined) raiseParam({ [key]: `need to specify '${needed}' when using 'import-from'` })
      if (key === 'tpmstate0' && drive['version'] === undefined)
        raiseParam({ [key]: "need to specify 'version' when using 'import-from'" })
    }
    if (drive['media'] === undefined && /^(?:cdrom|none)$/.test(file)) drive['media'] = 'cdrom'
    if (file.startsWith('/') && !file.startsWith('/dev/'))
      raiseParam({ [key]: `unable to associate path '${file}' to any storage` })
    drives[key] = printDrive(key, drive)
  }
}

/** Bytes of an existing volume; ends the request when it is not there. */
export const sizeOfVolume = (call: Call, volid: string): number => {
  const volume = findVolume(call.world, volid, call.node().name)
  return volume?.size ?? raise(`volume '${volid}' does not exist`)
}
