import { canonicalSize, sizeInGib } from '../../kinds/value/size.ts'
import type { ConfigReader, PropertyReader } from '../config-reader.ts'
import { keyDiffers, keyMissing, sizeDiffers } from './guard.ts'
import type { Task, TellLoss } from './guest-tasks.ts'
import type { YamlValue } from './yaml-text.ts'

const STEMS = ['virtio', 'scsi', 'sata', 'ide']
const NUMBERS = [
  ...['iops', 'iops_max', 'iops_rd', 'iops_rd_max', 'iops_wr', 'iops_wr_max'],
  ...['iops_max_length', 'iops_rd_max_length', 'iops_wr_max_length'],
  ...['mbps', 'mbps_max', 'mbps_rd', 'mbps_rd_max', 'mbps_wr', 'mbps_wr_max'],
  ...['bps_max_length', 'bps_rd_max_length', 'bps_wr_max_length', 'queues'],
]
const FLAGS = ['backup', 'detect_zeroes', 'iothread', 'replicate', 'ro', 'scsiblock', 'shared', 'snapshot', 'ssd']
const TEXTS = ['aio', 'cache', 'discard', 'rerror', 'serial', 'werror', 'wwn']

const driveOptions = (drive: PropertyReader): Record<string, YamlValue | undefined> =>
  Object.fromEntries([
    ...NUMBERS.map((name) => [name, drive.number(name)]),
    ...FLAGS.map((name) => [name, drive.flag(name)]),
    ...TEXTS.map((name) => [name, drive.text(name)]),
  ])

const diskTasks = (vmid: number, key: string, drive: PropertyReader): readonly Task[] => {
  drive.skip('file', 'media')
  const size = drive.text('size') ?? '1G'
  const at = { vmid, disk: key }
  const format = drive.text('format')
  return [
    {
      name: `Disk ${key}`,
      module: 'proxmox_disk',
      options: {
        ...at,
        state: 'present',
        create: 'regular',
        storage: drive.text('storage'),
        size: sizeInGib(size),
        format: format === 'raw' || format === 'qcow2' || format === 'vmdk' ? format : undefined,
        ...driveOptions(drive),
      },
      when: keyMissing(key),
    },
    {
      name: `Size of ${key}`,
      module: 'proxmox_disk',
      options: { ...at, state: 'resized', size: canonicalSize(size) },
      when: sizeDiffers(key, canonicalSize(size)),
    },
  ]
}

/** What only creating a VM can give it: the cloud-init drive, CD-ROM drives, EFI disk and TPM. */
const removable = (config: ConfigReader, key: string, drive: PropertyReader): string => {
  const raw = config.raw(key) ?? ''
  return drive.text('media') === 'cloudinit' ? `${drive.text('storage') ?? 'local'}:cloudinit` : raw
}

export interface DriveTasks {
  readonly onCreate: Readonly<Record<string, YamlValue>>
  readonly tasks: readonly Task[]
}

const firmware = (config: ConfigReader): Record<string, YamlValue> => {
  const efi = config.properties('efidisk0')
  const tpm = config.properties('tpmstate0')
  efi?.skip('file', 'size')
  tpm?.skip('file', 'size', 'format')
  return {
    ...(efi && {
      efidisk0: {
        storage: efi.text('storage'),
        format: efi.text('format'),
        efitype: efi.text('efitype'),
        pre_enrolled_keys: efi.flag('pre-enrolled-keys'),
      },
    }),
    ...(tpm && { tpmstate0: { storage: tpm.text('storage'), version: tpm.text('version')?.replace(/^v/, '') } }),
  }
}

/** Drives of a VM: those that are tasks of their own, and those that come with its creation. */
export const driveTasks = (config: ConfigReader, vmid: number): DriveTasks => {
  const onCreate: Record<string, YamlValue> = firmware(config)
  const tasks: Task[] = []
  for (const stem of STEMS) {
    const drives: Record<string, string> = {}
    for (const { key } of config.numbered(stem)) {
      const drive = config.properties(key)
      const media = drive?.text('media')
      if (!drive) continue
      if (media === 'cdrom' || media === 'cloudinit') drives[key] = removable(config, key, drive)
      else tasks.push(...diskTasks(vmid, key, drive))
    }
    if (Object.keys(drives).length > 0) onCreate[stem] = drives
  }
  return { onCreate, tasks }
}

const MODELS =
  /^(e1000|e1000-82540em|e1000-82544gc|e1000-82545em|i82551|i82557b|i82559er|ne2k_isa|ne2k_pci|pcnet|rtl8139|virtio|vmxnet3)$/

const trunksOf = (key: string, text: string | undefined, lose: TellLoss): readonly number[] | undefined => {
  const parts = text?.split(';').filter(Boolean)
  if (!parts || parts.every((part) => /^\d+$/.test(part))) return parts?.map(Number)
  lose(`${key}.trunks`, text, 'not written: the module takes single VLANs only, no ranges')
  return undefined
}

/** The module compares the whole device, so every option stands in its task. */
export const networkTasks = (config: ConfigReader, vmid: number, lose: TellLoss): readonly Task[] =>
  config.numbered('net').flatMap(({ key }) => {
    const nic = config.properties(key)
    const model = nic?.text('model') ?? ''
    const raw = Object.values(nic ? { raw: config.raw(key) } : {})[0] ?? ''
    if (!nic) return []
    if (!MODELS.test(model)) {
      lose(key, raw, 'not written: the module does not know the model')
      return []
    }
    return [
      {
        name: `Network ${key}`,
        module: 'proxmox_nic',
        options: {
          vmid,
          interface: key,
          model,
          mac: nic.text('macaddr'),
          bridge: nic.text('bridge'),
          firewall: nic.flag('firewall') ?? false,
          link_down: nic.flag('link_down') ?? false,
          mtu: nic.number('mtu'),
          queues: nic.number('queues'),
          rate: nic.number('rate'),
          tag: nic.number('tag'),
          trunks: trunksOf(key, nic.text('trunks'), lose),
        },
        when: keyDiffers(key, raw),
      },
    ]
  })
