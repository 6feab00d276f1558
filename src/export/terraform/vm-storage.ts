import { parseSize } from '../../kinds/value/size.ts'
import type { ConfigReader, PropertyReader } from '../config-reader.ts'
import { type HclBlock, hclBlock, hclBlockIfAny } from '../hcl-text.ts'
import type { TellLoss } from './resource-export.ts'

const GIB = 1024 ** 3
const STEMS = ['virtio', 'scsi', 'sata', 'ide']

/** Whole GiB as the provider reads them: it rounds down. */
export const wholeGib = (key: string, size: string | undefined, lose: TellLoss): number | undefined => {
  const bytes = size === undefined ? undefined : parseSize(size)
  if (bytes === undefined) return undefined
  if (bytes % GIB !== 0)
    lose(
      `${key}.size`,
      size,
      `written as ${Math.floor(bytes / GIB)} GB: the provider knows whole GB only and reads it so`,
    )
  return Math.floor(bytes / GIB)
}

const SPEEDS: Readonly<Record<string, string>> = {
  iops_read: 'iops_rd',
  iops_read_burstable: 'iops_rd_max',
  iops_write: 'iops_wr',
  iops_write_burstable: 'iops_wr_max',
  read: 'mbps_rd',
  read_burstable: 'mbps_rd_max',
  write: 'mbps_wr',
  write_burstable: 'mbps_wr_max',
}

const diskBlock = (key: string, drive: PropertyReader, lose: TellLoss): HclBlock => {
  drive.skip('file', 'media')
  const speed = Object.fromEntries(Object.entries(SPEEDS).map(([ours, theirs]) => [ours, drive.number(theirs)]))
  return hclBlock(
    'disk',
    {
      interface: key,
      datastore_id: drive.text('storage'),
      file_format: drive.text('format'),
      size: wholeGib(key, drive.text('size'), lose),
      aio: drive.text('aio'),
      backup: drive.flag('backup'),
      cache: drive.text('cache'),
      discard: drive.text('discard'),
      iothread: drive.flag('iothread'),
      queues: drive.number('queues'),
      replicate: drive.flag('replicate'),
      serial: drive.text('serial'),
      ssd: drive.flag('ssd'),
    },
    [hclBlockIfAny('speed', speed)],
  )
}

/** The provider fails on reading a VM that has a limit with a fraction. */
export const unreadableDrive = (config: ConfigReader): string | undefined => {
  for (const { key } of STEMS.flatMap((stem) => config.numbered(stem))) {
    const drive = config.properties(key)
    const limit = Object.values(SPEEDS).find((name) => !Number.isInteger(drive?.number(name) ?? 0))
    if (limit !== undefined)
      return `${key} has ${limit}=${drive?.text(limit)}, and the provider cannot read a VM with a limit that is no whole number.`
  }
  return undefined
}

export interface Drives {
  readonly disks: readonly HclBlock[]
  readonly cdroms: readonly HclBlock[]
  /** The cloud-init drive: where `initialization` keeps its data. */
  readonly cloudInit?: { readonly interface: string; readonly storage?: string }
}

const cdromBlock = (key: string, drive: PropertyReader): HclBlock => {
  drive.skip('media', 'storage', 'size', 'format')
  return hclBlock('cdrom', { interface: key, file_id: drive.text('file') ?? 'none' })
}

/** Disks, CD-ROM and cloud-init drive, by slot. */
export const drivesOf = (config: ConfigReader, lose: TellLoss): Drives => {
  const disks: HclBlock[] = []
  const cdroms: HclBlock[] = []
  let cloudInit: Drives['cloudInit']
  for (const { key } of STEMS.flatMap((stem) => config.numbered(stem))) {
    const drive = config.properties(key)
    const media = drive?.text('media')
    if (!drive) continue
    if (media === 'cloudinit') {
      const storage = drive.text('storage')
      drive.skip('file', 'size', 'format')
      cloudInit = { interface: key, ...(storage !== undefined && { storage }) }
    } else if (media !== 'cdrom') disks.push(diskBlock(key, drive, lose))
    else if (cdroms.length === 0) cdroms.push(cdromBlock(key, drive))
    else {
      lose(key, drive.text('file'), 'the provider knows one CD-ROM drive; this one it does not see')
      drive.skip('storage', 'size', 'format')
    }
  }
  return { disks, cdroms, ...(cloudInit && { cloudInit }) }
}

export const efiDisk = (config: ConfigReader): HclBlock | undefined => {
  const disk = config.properties('efidisk0')
  disk?.skip('file', 'size')
  return (
    disk &&
    hclBlock('efi_disk', {
      datastore_id: disk.text('storage'),
      file_format: disk.text('format'),
      type: disk.text('efitype') ?? '2m',
      pre_enrolled_keys: disk.flag('pre-enrolled-keys') ?? false,
    })
  )
}

export const tpmState = (config: ConfigReader): HclBlock | undefined => {
  const state = config.properties('tpmstate0')
  state?.skip('file', 'size', 'format')
  return (
    state && hclBlock('tpm_state', { datastore_id: state.text('storage'), version: state.text('version') ?? 'v1.2' })
  )
}
