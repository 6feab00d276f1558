import type { Call } from '../../api/call.ts'
import { raise } from '../../api/error.ts'
import { splitVolid } from '../../schema/formats.ts'
import type { Section } from '../../state/guest.ts'
import type { Volume } from '../../state/storage.ts'
import type { World } from '../../state/world.ts'
import { parseSize } from '../../volume/size.ts'
import { allocate, backend, findVolume, pathOf, removeVolume, usableStorage, volidOf } from '../../volume/volumes.ts'
import { checkVolumeAccess, contentOfName, sizeOfVolume } from './disk-access.ts'
import { type Drive, drivesOf, isCloudinit, newDisk, parseDrive, printDrive } from './drive.ts'

/** Where the lines of a task's log go. */
export type Log = (line: string) => void

type Made = { readonly settings: Section; readonly volumes: Volume[] }

const cloudinitSize = 4 * 2 ** 20

/** Bytes of the EFI variables: the old images of 2 MB have less of them. */
const efiSize = (drive: Drive): number => (drive['efitype'] === '4m' ? 528 : 128) * 1024

/** PVE's line for a new image file (qemu-img prints it), or none for block storages. */
export const logFormatting = (call: Call, volume: Volume, log: Log): void => {
  if (!backend(call.world, volume.storage).fileBased || volume.format === 'subvol') return
  const path = pathOf(call.world, volume.storage, volume.name)
  const btrfs = call.world.storages.get(volume.storage)?.type === 'btrfs'
  if (btrfs && volume.format === 'raw') return
  const details: Readonly<Record<string, string>> = {
    qcow2: `fmt=qcow2 cluster_size=65536 extended_l2=off preallocation=metadata compression_type=zlib size=${volume.size} lazy_refcounts=off refcount_bits=16`,
    raw: `fmt=raw size=${volume.size} preallocation=off`,
    vmdk: `fmt=vmdk size=${volume.size}`,
  }
  log(`Formatting '${path}', ${details[volume.format] ?? `fmt=${volume.format} size=${volume.size}`}`)
}

const human = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(1)} ${units[unit]}`
}

export const logTransfer = (bytes: number, log: Log): void => {
  const all = human(bytes)
  log(`transferred 0.0 B of ${all} (0.00%)`)
  log(`transferred ${all} of ${all} (100.00%)`)
  log(`transferred ${all} of ${all} (100.00%)`)
}

const defaultFormat = (call: Call, storage: string): string => backend(call.world, storage).defaultFormat

const makeCloudinit = (
  call: Call,
  vmid: number,
  key: string,
  storage: string,
  drive: Drive,
  taken: string | undefined,
  log: Log,
): Volume => {
  if (taken !== undefined && taken !== key) raise(`${key} - cloud-init drive is already attached at '${taken}'`)
  usableStorage(call.world, storage, call.node().name)
  const format = drive['format'] ?? (backend(call.world, storage).fileBased ? 'qcow2' : 'raw')
  const volume = allocate(call.world, call.node().name, {
    storage,
    vmid,
    format,
    size: cloudinitSize,
    image: `vm-${vmid}-cloudinit`,
  })
  logFormatting(call, volume, log)
  return volume
}

/** The volume whose file that is: root may name what is to be imported by its path. */
const findByPath = (world: World, node: string, path: string): Volume | undefined => {
  if (!path.startsWith('/')) return undefined
  for (const pool of world.volumePools.values())
    for (const volume of pool.volumes.values())
      if (pathOf(world, volume.storage, volume.name) === path && findVolume(world, volidOf(volume), node) === volume)
        return volume
  return undefined
}

const importDisk = (call: Call, vmid: number, key: string, storage: string, drive: Drive, log: Log): Volume => {
  const source = drive['import-from'] as string
  const node = call.node().name
  const from = findVolume(call.world, source, node) ?? findByPath(call.world, node, source)
  const parts = splitVolid(source)
  if (from === undefined)
    return raise(
      parts === undefined
        ? `failed to stat '${source}'`
        : `failed to stat '${pathOf(call.world, parts.storage, parts.name)}'`,
    )
  const own =
    contentOfName(call.world.storages.get(from.storage)?.type ?? 'dir', from.name) === 'images' ? from.vmid : undefined
  const attached =
    own === undefined
      ? undefined
      : drivesOf(call.world.guests.get(own)?.config ?? {}).find(([, one]) => one['file'] === source)?.[0]
  log(`create full clone of drive ${attached === undefined ? '' : `${attached} `}(${source})`)
  usableStorage(call.world, storage, node)
  const size =
    key === 'efidisk0' ? efiSize(drive) : key === 'tpmstate0' ? cloudinitSize : (from.virtualSize ?? from.size)
  const format = drive['format'] ?? defaultFormat(call, storage)
  const volume = allocate(call.world, node, {
    storage,
    vmid,
    format: key === 'tpmstate0' ? 'raw' : format,
    size,
    used: Math.min(from.used, size),
    token: from.token,
  })
  logFormatting(call, volume, log)
  log(`allocated target volume '${volidOf(volume)}'`)
  logTransfer(size, log)
  return volume
}

const makeDisk = (
  call: Call,
  vmid: number,
  key: string,
  storage: string,
  gigabytes: string,
  drive: Drive,
  log: Log,
): Volume => {
  const node = call.node().name
  usableStorage(call.world, storage, node)
  const format = key === 'tpmstate0' ? 'raw' : (drive['format'] ?? defaultFormat(call, storage))
  const kilobytes = Math.floor(Number(gigabytes) * 1024 * 1024)
  const size = key === 'efidisk0' ? efiSize(drive) : key === 'tpmstate0' ? cloudinitSize : kilobytes * 1024
  const used = key === 'efidisk0' ? efiSize(drive) : 4096
  const volume = allocate(call.world, node, {
    storage,
    vmid,
    format,
    size,
    used: call.world.storages.get(storage)?.type === 'lvm' ? size : format === 'qcow2' ? 331_776 : used,
  })
  logFormatting(call, volume, log)
  if (key === 'efidisk0') logTransfer(size, log)
  return volume
}

/** What of the guest as it is now matters for new drives. */
export type Before = { readonly config: Section; readonly pending: Section }

const attachedCloudinit = (before: Before): string | undefined =>
  drivesOf({ ...before.config, ...before.pending }).find(([, drive]) => isCloudinit(drive))?.[0]

const existing = (call: Call, vmid: number, key: string, drive: Drive, before: Before): string => {
  const volid = drive['file'] as string
  checkVolumeAccess(call, vmid, volid)
  const old = before.config[key] === undefined ? undefined : parseDrive(key, before.config[key] as string)
  if (old?.['file'] !== volid) return printDrive(key, { ...drive, size: String(sizeOfVolume(call, volid)) })
  const known = old['size'] === undefined ? {} : { size: String(parseSize(old['size']) ?? 0) }
  const { size: _, ...rest } = drive
  return printDrive(key, { ...rest, ...known })
}

/**
 * Makes the volumes that drive lines ask for and returns the lines as they go into the configuration. When one fails the
 * volumes made so far are freed again. PVE source: create_disks.
 */
export const createDisks = (
  call: Call,
  vmid: number,
  drives: Section,
  before: Before,
  log: Log,
  fallback?: string,
): Made => {
  const made: Made = { settings: {}, volumes: [] }
  const done = (key: string, volume: Volume, drive: Drive, sized: boolean): void => {
    made.volumes.push(volume)
    const { format: _f, 'import-from': _i, size: _s, ...rest } = drive
    const line = printDrive(key, { ...rest, file: volidOf(volume), ...(sized ? { size: String(volume.size) } : {}) })
    made.settings[key] = line
    log(`${key}: successfully created disk '${line}'`)
  }
  const one = (key: string, drive: Drive): void => {
    const file = drive['file'] ?? ''
    const storageName = splitVolid(file)
    const fresh = newDisk(file)
    if (file === 'none' || file === 'cdrom') {
      const { size: _, ...rest } = drive
      made.settings[key] = printDrive(key, rest)
    } else if (file === 'cloudinit' || storageName?.name === 'cloudinit') {
      const storage = storageName?.storage ?? fallback ?? raise('no storage ID specified (and no default storage)')
      done(
        key,
        makeCloudinit(
          call,
          vmid,
          key,
          storage,
          drive,
          attachedCloudinit({ ...before, pending: { ...before.pending, ...made.settings } }),
          log,
        ),
        { ...drive, media: 'cdrom' },
        false,
      )
    } else if (fresh) {
      const storage = fresh.storage ?? fallback ?? raise('no storage ID specified (and no default storage)')
      if (drive['import-from'] !== undefined) done(key, importDisk(call, vmid, key, storage, drive, log), drive, true)
      else done(key, makeDisk(call, vmid, key, storage, fresh.gigabytes, drive, log), drive, true)
    } else made.settings[key] = existing(call, vmid, key, drive, before)
  }
  try {
    for (const [key, drive] of drivesOf(drives)) one(key, drive)
  } catch (error) {
    for (const volume of made.volumes) removeVolume(call.world, call.node().name, volume)
    throw error
  }
  return made
}
