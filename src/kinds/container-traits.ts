import { type ConfigValue, isPropertyMap } from '../resource/config-value.ts'
import type { GuestTraits } from './guest-traits.ts'

/** Seen on PVE 9.2: `only root can set '…' config`, also for root's own token. */
const isRootOnly = (key: string, value: ConfigValue): boolean => {
  if (key === 'hookscript' || /^dev\d+$/.test(key)) return true
  if (key === 'features') return isPropertyMap(value) && Object.keys(value).some((name) => name !== 'nesting')
  return /^mp\d+$/.test(key) && isPropertyMap(value) && String(value['volume'] ?? '').startsWith('/')
}

export const containerTraits: GuestTraits = {
  label: 'container',
  unnamed: 'CT',
  nameKey: 'hostname',
  aliases: { name: 'hostname' },
  otherNames: {},
  templateField: 'archive',
  command: 'pct',
  taskPrefix: 'vz',
  moveTask: 'move_volume',
  immediate: ['template'],
  haPrefix: 'ct',
  volumeContent: 'rootdir',
  needsVolumeSize: false,
  marks: { name: 'hostname' },
  fromSource: ['arch', 'ostype'],
  givenWhenMade: [],
  needsSource: true,
  boundToProcessors: false,
  isRootOnly,
  allocationMethod: 'PUT',
  erasesByForce: false,
  // Seen on PVE 9.2: a mount point that is deleted stays pending until the container is restarted.
  keepsVolumes: true,
  // PVE source: vmconfig_apply_pending.
  notesForeignVolumes: true,
  // Seen on PVE 9.2: `can't update CT … drive`, not even for an option of a mount point.
  protectionForbids: 'writing',
  snapshotsFiles: false,
  volumeMove: { call: 'move_volume', parameter: 'volume', takesFormat: false, stops: true },
  migration: { params: {}, running: { restart: true }, restarts: true },
  restore: { archive: 'ostemplate', params: { restore: true }, namesVolumes: true },
  macProperty: 'hwaddr',
  addresses: { path: 'interfaces', privilege: 'VM.Audit', configured: 'net' },
  nodeMounts: /^mp\d+$/,
  unprivilegedKey: 'unprivileged',
  rawLines: 'lxc',
  restartNote: '',
}
