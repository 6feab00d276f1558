import { type ConfigValue, isPropertyMap } from '../resource/config-value.ts'
import type { GuestTraits } from './guest-traits.ts'

/** Seen on PVE 9.2: `only root can set '…' config`, also for root's own token. */
const ROOT_ONLY = new Set(
  'affinity amd-sev arch args hookscript hugepages intel-tdx ivshmem keephugepages parallel spice_enhancements vmgenid'.split(
    ' ',
  ),
)

const textOf = (value: ConfigValue): string => (isPropertyMap(value) ? JSON.stringify(value) : String(value))

const isRootOnly = (key: string, value: ConfigValue): boolean => {
  const stem = key.replace(/\d+$/, '')
  if (ROOT_ONLY.has(key) || ROOT_ONLY.has(stem)) return true
  if (stem === 'serial') return value !== 'socket'
  return (stem === 'hostpci' || stem === 'usb') && !/mapping|spice/.test(textOf(value))
}

export const vmTraits: GuestTraits = {
  label: 'VM',
  unnamed: 'VM ',
  nameKey: 'name',
  aliases: {},
  otherNames: { 'net[n]': ['virtio', 'e1000', 'rtl8139', 'vmxnet3'] },
  templateField: 'flag',
  command: 'qm',
  taskPrefix: 'qm',
  moveTask: 'qmmove',
  immediate: [],
  haPrefix: 'vm',
  volumeContent: 'images',
  needsVolumeSize: true,
  marks: { uuid: 'smbios1' },
  fromSource: [],
  givenWhenMade: ['boot'],
  needsSource: false,
  boundToProcessors: true,
  isRootOnly,
  allocationMethod: 'POST',
  erasesByForce: true,
  keepsVolumes: false,
  // PVE source: vmconfig_register_unused_drive.
  notesForeignVolumes: false,
  protectionForbids: 'removing',
  snapshotsFiles: true,
  volumeMove: { call: 'move_disk', parameter: 'disk', takesFormat: true, stops: false },
  migration: { params: { 'with-local-disks': true }, running: { online: true }, restarts: false },
  restore: { archive: 'archive', params: {}, namesVolumes: false },
  macProperty: 'macaddr',
  addresses: {
    path: 'agent/network-get-interfaces',
    privilege: 'VM.GuestAgent.Audit',
    agent: 'agent',
    configured: 'ipconfig',
  },
  restartNote: ' A reboot from inside the VM is not enough.',
}
