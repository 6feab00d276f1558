import type { Call } from '../../api/call.ts'
import { raise } from '../../api/error.ts'
import { isDriveName, isUnusedName } from '../disk/drive.ts'

const groups: readonly (readonly [string, string])[] = [
  ['VM.Config.CPU', 'cores cpu cpulimit cpuunits numa smp sockets vcpus'],
  ['VM.Config.Memory', 'memory balloon shares allow-ksm'],
  ['VM.Config.HWType', 'acpi hotplug kvm machine scsihw smbios1 tablet vga watchdog audio0 rng0 keyboard-layout'],
  [
    'VM.Config.Options',
    'agent autostart bios description keyboard localtime migrate_downtime migrate_speed name onboot ostype protection reboot startdate startup tdf template',
  ],
  ['VM.PowerMgmt', 'freeze'],
  ['VM.Config.Disk', 'boot bootdisk vmstatestorage'],
]

const byOption = new Map(
  groups.flatMap(([privilege, names]) => names.split(' ').map((name) => [name, privilege] as const)),
)
const cloudinit = new Set([
  'cicustom',
  'cipassword',
  'citype',
  'ciuser',
  'ciupgrade',
  'nameserver',
  'searchdomain',
  'sshkeys',
])

/** Options whose right depends on their value and is checked where the value is known. */
const byValue = /^(?:serial|usb|hostpci|virtiofs)\d+$/

const checkOption = (
  call: Call,
  path: string,
  name: string,
  allowed: (privileges: readonly string[], any?: boolean) => void,
): void => {
  const privilege = byOption.get(name) ?? (/^numa\d+$/.test(name) ? 'VM.Config.CPU' : undefined)
  if (privilege !== undefined) {
    allowed([privilege])
    if (name === 'startup') call.require('/', ['Sys.Modify'])
  } else if (/^net\d+$/.test(name)) allowed(['VM.Config.Network'])
  else if (cloudinit.has(name) || /^ipconfig\d+$/.test(name))
    allowed(['VM.Config.Cloudinit', 'VM.Config.Network'], true)
  else if (path !== '') raise(`only root can set '${name}' config`)
}

/**
 * Ends the request with 403 (or `only root can set …`) unless the caller may change these options of a VM. With a pool, its
 * rights count too. PVE source: check_vm_modify_config_perm.
 */
export const checkModify = (call: Call, vmid: number, names: readonly string[], pool?: string): void => {
  if (call.isRoot()) return
  const path = `/vms/${vmid}`
  const allowed = (privileges: readonly string[], any = false): void => {
    if (pool !== undefined && call.allowed(`/pool/${pool}`, privileges, any)) return
    call.require(path, privileges, any)
  }
  for (const name of names) {
    if (
      isDriveName(name) ||
      isUnusedName(name) ||
      byValue.test(name) ||
      name === 'tags' ||
      name === 'vmstate' ||
      name === 'cdrom'
    )
      continue
    checkOption(call, path, name, allowed)
  }
}

/** Rights on devices of the host by their value: serial ports, USB, PCI, shared folders. */
export const checkDevice = (
  call: Call,
  vmid: number,
  name: string,
  value: string,
  verb: 'set' | 'modify' | 'delete' = 'set',
): void => {
  if (call.isRoot()) return
  const path = `/vms/${vmid}`
  if (/^serial\d+$/.test(name)) {
    if (value !== 'socket') raise(`only root can ${verb} '${name}' config for real devices`)
    call.require(path, ['VM.Config.HWType'])
  } else if (/^usb\d+$/.test(name)) {
    const host = /(?:^|,)(?:host=)?(spice)(?:,|$)/i.test(value)
    const mapping = /(?:^|,)mapping=([^,]+)/.exec(value)?.[1]
    if (mapping !== undefined) call.require(`/mapping/usb/${mapping}`, ['Mapping.Use'])
    else if (!host) raise(`only root can set '${name}' config for real devices`)
    call.require(path, ['VM.Config.HWType'])
  } else if (/^hostpci\d+$/.test(name)) {
    const mapping = /(?:^|,)mapping=([^,]+)/.exec(value)?.[1]
    if (mapping === undefined) raise(`only root can set '${name}' config for non-mapped devices`)
    call.require(`/mapping/pci/${mapping}`, ['Mapping.Use'])
    call.require(path, ['VM.Config.HWType'])
  } else if (/^virtiofs\d+$/.test(name)) {
    const mapping = /(?:^|,)(?:dirid=)?([^,=]+)(?:,|$)/.exec(value)?.[1] ?? ''
    call.require(`/mapping/dir/${mapping}`, ['Mapping.Use'])
    call.require(path, ['VM.Config.Disk'])
  }
}

/** Rights on the bridge of a network card. */
export const checkBridge = (call: Call, line: string): void => {
  const bridge = /(?:^|,)bridge=([^,]+)/.exec(line)?.[1]
  const tag = /(?:^|,)tag=(\d+)/.exec(line)?.[1]
  if (bridge === undefined || call.isRoot()) return
  const path = `/sdn/zones/localnetwork/${bridge}`
  if (tag !== undefined && call.allowed(`${path}/${tag}`, ['SDN.Use'])) return
  call.require(tag === undefined ? path : `${path}/${tag}`, ['SDN.Use'])
}

/** Rights on tags: changing them needs VM.Config.Options on the guest. */
export const checkTags = (call: Call, vmid: number): void => call.require(`/vms/${vmid}`, ['VM.Config.Options'])
