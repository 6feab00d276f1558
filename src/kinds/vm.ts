import facts from '../../schemas/pve/vm.json' with { type: 'json' }
import { byParameter } from './facts/measured-effect.ts'
import type { PveFacts } from './facts/pve-facts.ts'
import type { KindDefinition } from './kind-definition.ts'
import { vmTraits } from './vm-traits.ts'

const { parameters, running } = facts as unknown as PveFacts

const DISKS = ['scsi[n]', 'virtio[n]', 'sata[n]', 'ide[n]'] as const
const forDisks = <T>(value: T): { readonly [name: string]: T } => Object.fromEntries(DISKS.map((name) => [name, value]))

/** Written at once, and given to the drive when it is opened the next time. PVE source: `vmconfig_update_disk` looks at none of these. */
const OPENED_WITH = ['detect_zeroes', 'model', 'rerror', 'scsiblock', 'serial', 'snapshot', 'werror', 'wwn'] as const

/** PVE: throttles and flags are written or applied at once; a medium is changed in the running drive. */
const LIVE_DISK = new RegExp(
  `^(?:[bm]bps|bps|iops|(?:backup|replicate|shared|size|storage|format|media|file|${OPENED_WITH.join('|')})$)`,
)

const BYTES_ARE_LOST = (name: string): string =>
  `Proxmox VE writes \`${name}=0.000\` for it, which limits nothing. Write \`${name}\`, in MiB a second`

/** PVE source: `parse_drive`. */
const DISK_REQUIRES = {
  mbps_max: ['mbps'],
  mbps_rd_max: ['mbps_rd'],
  mbps_wr_max: ['mbps_wr'],
  bps_max_length: ['mbps_max'],
  bps_rd_max_length: ['mbps_rd_max'],
  bps_wr_max_length: ['mbps_wr_max'],
  iops_max_length: ['iops_max'],
  iops_rd_max_length: ['iops_rd_max'],
  iops_wr_max_length: ['iops_wr_max'],
} as const

const DISK_ALTERNATIVES = [
  ['mbps', 'mbps_rd'],
  ['mbps', 'mbps_wr'],
  ['iops', 'iops_rd'],
  ['iops', 'iops_wr'],
] as const

/** What the API description does not say about VMs. */
export const vmDefinition: KindDefinition = {
  name: 'vm',
  type: 'qemu',
  traits: vmTraits,
  parameters,
  running: byParameter(parameters, running),
  excluded: {
    archive: 'a backup is restored by `mpc revert`, not declared',
    cdrom: 'it is another name of `ide2`',
    'ha-managed': 'high availability is configured separately',
    'live-restore': 'it belongs to restoring a backup',
    lock: 'a lock is held by a task and is no configuration',
    pool: 'it is the field `pool` of the guest itself',
    smp: 'it is the old name of `sockets`, and Proxmox VE writes that instead',
    start: 'use `power = "running"`',
    storage: 'name the storage of each disk',
    template: 'it is the field `template` of the guest itself',
    unique: 'it belongs to restoring a backup',
    'unused[n]': 'detached volumes appear by themselves',
  },
  groups: { disk: [...DISKS, 'efidisk0', 'tpmstate0'], network: ['net[n]'] },
  lastIndex: {
    'hostpci[n]': 15,
    'ide[n]': 3,
    'ipconfig[n]': 31,
    'net[n]': 31,
    'numa[n]': 7,
    'parallel[n]': 2,
    'sata[n]': 5,
    'scsi[n]': 30,
    'serial[n]': 3,
    'unused[n]': 255,
    'usb[n]': 13,
    'virtio[n]': 15,
    'virtiofs[n]': 9,
  },
  volumes: { ...forDisks('file'), efidisk0: 'file', tpmstate0: 'file', 'unused[n]': 'file' },
  devices: ['audio0', 'ivshmem', 'rng0', 'watchdog'],
  excludedProperties: {
    ...forDisks({ bps: BYTES_ARE_LOST('mbps'), bps_rd: BYTES_ARE_LOST('mbps_rd'), bps_wr: BYTES_ARE_LOST('mbps_wr') }),
  },
  alternatives: {
    ...forDisks(DISK_ALTERNATIVES),
    boot: [['legacy', 'order']],
    'hostpci[n]': [['host', 'mapping']],
    'usb[n]': [['host', 'mapping']],
  },
  requires: {
    ...forDisks(DISK_REQUIRES),
    efidisk0: { 'import-from': ['efitype', 'pre-enrolled-keys'] },
    tpmstate0: { 'import-from': ['version'] },
    'ipconfig[n]': { gw: ['ip'], gw6: ['ip6'] },
  },
  ignoredProperties: { efidisk0: ['size'], tpmstate0: ['size'] },
  extraEnum: forDisks({ media: ['cloudinit'] }),
  requiredDefaults: { 'net[n]': { model: 'virtio' } },
  absentBooleans: forDisks({ backup: true, detect_zeroes: null, snapshot: null }),
  spellings: {
    ...forDisks({ wwn: 'lower' } as const),
    affinity: { '': 'cpus' },
    cpu: { flags: 'set' },
    'hostpci[n]': {
      host: 'pci',
      'vendor-id': 'lower',
      'device-id': 'lower',
      'sub-vendor-id': 'lower',
      'sub-device-id': 'lower',
    },
    nameserver: { '': 'ip' },
    'net[n]': { trunks: 'ranges' },
    'numa[n]': { cpus: 'ranges', hostnodes: 'ranges' },
    smbios1: { uuid: 'lower' },
    'usb[n]': { host: 'usb' },
    vmgenid: { '': 'lower' },
  },
  lists: {
    tags: { separator: ';', split: /[;,\s]+/, set: true },
    nameserver: { separator: ' ', split: /[;,\s]+/ },
    searchdomain: { separator: ' ', split: /[;,\s]+/ },
    hotplug: { separator: ',', split: /[;,\s]+/, set: true, words: { 0: [], 1: ['disk', 'network', 'usb'] } },
    sshkeys: { separator: '\n', split: /\s*\n\s*/, unordered: true },
  },
  secrets: ['cipassword'],
  knownEffects: { hookscript: 'live', balloon: 'live', bootdisk: 'reboot' },
  removed: {},
  keepsPending: false,
  liveProperties: {
    ...forDisks(LIVE_DISK),
    'net[n]': /./,
    agent: /^fstrim_cloned_disks$/,
  },
  undeletable: ['name', 'smbios1', 'vmgenid'],
  // By its UUID a VM is told from another one.
  undeletableProperties: { smbios1: ['uuid'] },
  fixedProperties: { efidisk0: ['efitype', 'pre-enrolled-keys', 'ms-cert'], tpmstate0: ['version'] },
  withoutEffect: [
    'description',
    'hookscript',
    'migrate_downtime',
    'migrate_speed',
    'onboot',
    'protection',
    'startup',
    'tags',
    'vmstatestorage',
  ],
  // PVE generates the cloud-init drive again when the VM starts, and the guest reads it then; its name is the host name there.
  readAtStart: {
    cicustom: 'always',
    cipassword: 'always',
    citype: 'always',
    ciupgrade: 'always',
    ciuser: 'always',
    'ipconfig[n]': 'always',
    name: 'cloud-init',
    nameserver: 'always',
    searchdomain: 'always',
    sshkeys: 'always',
  },
  readAtStartProperties: forDisks(OPENED_WITH),
  // Windows guests get their machine version pinned (seen on PVE 9.2: ostype=win11 on a running VM); an order of devices takes the place of `bootdisk`.
  sideEffects: { ostype: ['machine'], boot: ['bootdisk'] },
  urlEncoded: ['sshkeys'],
  looseLineEnds: ['description'],
}
