import type { TellLoss } from './resource-export.ts'

/** The provider takes fewer values than PVE does: what it refuses is left out, told, and never touched. */
export interface Limits {
  /** The value when the provider takes it; else undefined, and `path` is ignored. */
  readonly taken: (key: string, value: string | undefined, accepted: RegExp, path: string) => string | undefined
  readonly ignore: (path: string) => void
  /** Paths for `ignore_changes`, in the order they came up. */
  readonly ignored: () => readonly string[]
}

/** bpg/proxmox 0.111, `CPUTypeValidator`; names its list lacks came with newer QEMU. */
export const CPU_TYPES =
  /^(?:custom-.+|486|(?:Broadwell|Haswell)(?:-noTSX)?(?:-IBRS)?|Cascadelake-Server(?:-noTSX|-v[245])?|Conroe|Cooperlake(?:-v2)?|EPYC(?:-Genoa|-IBPB|-Milan|-Rome(?:-v[234])?|-v[34])?|Icelake-Client(?:-noTSX)?|Icelake-Server(?:-noTSX|-v[3456])?|IvyBridge(?:-IBRS)?|KnightsMill|Nehalem(?:-IBRS)?|Opteron_G[1-5]|Penryn|SandyBridge(?:-IBRS)?|SapphireRapids|Skylake-Client(?:-IBRS|-noTSX-IBRS|-v4)?|Skylake-Server(?:-IBRS|-noTSX-IBRS|-v[45])?|Westmere(?:-IBRS)?|athlon|core2duo|coreduo|host|kvm32|kvm64|max|pentium[23]?|phenom|qemu32|qemu64|x86-64-v2(?:-AES)?|x86-64-v[34])$/
export const MACHINES =
  /^(?:pc|pc(?:-i440fx)?-\d+(?:\.\d+)+(?:\+pve\d+)?(?:\.pxe)?|q35(?:,viommu=(?:intel|virtio))?|pc-q35-\d+(?:\.\d+)+(?:\+pve\d+)?(?:\.pxe)?|virt(?:-\d+(?:\.\d+)+)?(?:\+pve\d+)?)$/
export const HOTPLUG = /^(?:[01]|(?:cpu|disk|memory|network|usb)(?:,(?:cpu|disk|memory|network|usb))*)$/
export const CLOUD_INIT_TYPES = /^(?:configdrive2|nocloud)$/
export const AUDIO_DRIVERS = /^spice$/

/** Keeps account of what of one guest the provider does not take. */
export const providerLimits = (lose: TellLoss): Limits => {
  const ignored: string[] = []
  return {
    ignore: (path) => ignored.push(path),
    ignored: () => ignored,
    taken: (key, value, accepted, path) => {
      if (value === undefined || accepted.test(value)) return value
      lose(key, value, 'kept on the server; the provider does not take this value, so changes of it are ignored')
      ignored.push(path)
      return undefined
    },
  }
}
