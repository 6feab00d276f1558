import type { ConfigReader } from '../config-reader.ts'
import type { TellLoss } from './guest-tasks.ts'
import type { YamlValue } from './yaml-text.ts'

type Shape = 'text' | 'number' | 'flag' | 'list' | 'raw'

/** PVE's key → the module's option, where it takes one value. `raw`: the server's own spelling of a property string. */
const PLAIN: Readonly<Record<string, readonly [option: string, shape: Shape]>> = {
  acpi: ['acpi', 'flag'],
  agent: ['agent', 'raw'],
  args: ['args', 'text'],
  autostart: ['autostart', 'flag'],
  balloon: ['balloon', 'number'],
  bios: ['bios', 'text'],
  boot: ['boot', 'raw'],
  cicustom: ['cicustom', 'raw'],
  citype: ['citype', 'text'],
  ciupgrade: ['ciupgrade', 'flag'],
  ciuser: ['ciuser', 'text'],
  cores: ['cores', 'number'],
  cpu: ['cpu', 'raw'],
  cpuunits: ['cpuunits', 'number'],
  description: ['description', 'text'],
  freeze: ['freeze', 'flag'],
  hookscript: ['hookscript', 'text'],
  hotplug: ['hotplug', 'raw'],
  hugepages: ['hugepages', 'text'],
  keyboard: ['keyboard', 'text'],
  kvm: ['kvm', 'flag'],
  localtime: ['localtime', 'flag'],
  machine: ['machine', 'raw'],
  memory: ['memory', 'number'],
  migrate_speed: ['migrate_speed', 'number'],
  nameserver: ['nameservers', 'list'],
  numa: ['numa_enabled', 'flag'],
  onboot: ['onboot', 'flag'],
  ostype: ['ostype', 'text'],
  protection: ['protection', 'flag'],
  reboot: ['reboot', 'flag'],
  rng0: ['rng0', 'raw'],
  scsihw: ['scsihw', 'text'],
  searchdomain: ['searchdomains', 'list'],
  shares: ['shares', 'number'],
  smbios1: ['smbios', 'raw'],
  sockets: ['sockets', 'number'],
  spice_enhancements: ['spice_enhancements', 'raw'],
  startdate: ['startdate', 'text'],
  startup: ['startup', 'raw'],
  tablet: ['tablet', 'flag'],
  tags: ['tags', 'list'],
  tdf: ['tdf', 'flag'],
  vcpus: ['vcpus', 'number'],
  vga: ['vga', 'raw'],
  watchdog: ['watchdog', 'raw'],
}

/** Numbered keys that the module takes together, as a map of raw texts. */
const NUMBERED: Readonly<Record<string, string>> = {
  hostpci: 'hostpci',
  ipconfig: 'ipconfig',
  numa: 'numa',
  parallel: 'parallel',
  serial: 'serial',
  usb: 'usb',
}

/** Options of `proxmox_kvm`, and what the server says when they hold. */
export interface VmOptions {
  readonly options: Readonly<Record<string, YamlValue>>
  /** Raw texts by PVE's key, for the guard. */
  readonly texts: ReadonlyMap<string, string>
}

const read = (config: ConfigReader, key: string, shape: Shape): YamlValue | undefined => {
  switch (shape) {
    case 'text':
      return config.text(key)
    case 'number':
      return config.number(key)
    case 'flag':
      return config.flag(key)
    case 'list':
      return config.list(key)
    case 'raw':
      return config.raw(key)
  }
}

const OSTYPES = /^(other|wxp|w2k|w2k3|w2k8|wvista|win7|win8|win10|win11|l24|l26|solaris)$/

/** `cpulimit` is a whole number to the module. */
const limitOf = (config: ConfigReader, lose: TellLoss): number | undefined => {
  const limit = config.number('cpulimit')
  if (limit === undefined || Number.isInteger(limit)) return limit
  lose('cpulimit', String(limit), 'not written: the module takes whole numbers only')
  return undefined
}

/** Everything of a VM that is neither a disk nor a network device. */
export const vmOptions = (config: ConfigReader, lose: TellLoss): VmOptions => {
  const options: Record<string, YamlValue> = {}
  const texts = new Map<string, string>()
  const put = (key: string, raw: string | undefined, option: string, value: YamlValue | undefined) => {
    if (value === undefined) return
    options[option] = value
    texts.set(key, raw ?? '')
  }
  for (const [key, [option, shape]] of Object.entries(PLAIN)) {
    const raw = config.raw(key)
    if (key === 'ostype' && raw !== undefined && !OSTYPES.test(raw))
      lose(key, raw, 'not written: the module does not know it')
    else put(key, raw, option, read(config, key, shape))
  }
  put('cpulimit', config.raw('cpulimit'), 'cpulimit', limitOf(config, lose))
  put('sshkeys', config.raw('sshkeys'), 'sshkeys', config.list('sshkeys')?.join('\n'))
  put('allow-ksm', config.raw('allow-ksm'), 'allow_ksm', config.flag('allow-ksm'))
  for (const [stem, option] of Object.entries(NUMBERED)) {
    const entries = config.numbered(stem).map(({ key }) => [key, config.raw(key) ?? ''] as const)
    if (entries.length > 0) options[option] = Object.fromEntries(entries)
    for (const [key, raw] of entries) texts.set(key, raw)
  }
  const audio = config.raw('audio0')
  if (audio !== undefined) put('audio0', audio, 'audio', { audio0: audio })
  return { options, texts }
}
