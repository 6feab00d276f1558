import { errorText, raise } from '../../api/error.ts'
import type { Guest } from '../../state/guest.ts'
import type { World } from '../../state/world.ts'
import { recordCloudinit } from '../cloudinit/cloudinit-state.ts'
import { bootOrder, type Drive, isCdrom, isCloudinit, isDriveName, parseDrive } from '../disk/drive.ts'
import { canUnplug } from '../running.ts'
import { isNetName, missingBridge, parseNet } from './net.ts'
import { deleteOrDetach, registerUnused } from './pending.ts'

/** Options that never touch the running VM: they apply at once. PVE source: fast_plug_option. */
const fast = new Set(
  'cicustom cipassword citype ciupgrade ciuser description hookscript lock migrate_downtime migrate_speed name nameserver onboot protection searchdomain shares sshkeys startup tags vmstatestorage'.split(
    ' ',
  ),
)
const isFast = (name: string): boolean => fast.has(name) || /^ipconfig\d+$/.test(name)

const featuresOf = (guest: Guest): ReadonlySet<string> => {
  const text = guest.config['hotplug'] ?? '1'
  if (text === '0') return new Set()
  return new Set(text === '1' ? ['network', 'disk', 'usb'] : text.toLowerCase().split(/[,;\s]+/))
}

/** 'skip': the change has to wait for a restart. */
type Outcome = 'done' | 'skip'

/** Unplugs a device of the running VM; fails where the guest keeps it busy. */
const unplug = (world: World, guest: Guest, device: string): void => {
  if (bootOrder(guest.config).includes(device) && isDriveName(device)) raise(`can't unplug bootdisk '${device}'`)
  if (canUnplug(world, guest)) return
  const single = guest.config['scsihw'] === 'virtio-scsi-single'
  if (/^scsi\d+$/.test(device)) {
    if (single) {
      guest.running?.detached?.add(device)
      raise(`error on hot-unplugging device 'virtioscsi${device.slice(4)}' - still busy in guest?\n`)
    }
    return
  }
  raise(`error on hot-unplugging device '${device}' - still busy in guest?\n`)
}

const usbWorks = (guest: Guest, features: ReadonlySet<string>): boolean => {
  const os = guest.config['ostype'] ?? ''
  return features.has('usb') && (os === 'l26' || os === 'win10' || os === 'win11' || os === 'win8')
}

const unplugOption = (
  world: World,
  guest: Guest,
  name: string,
  force: boolean,
  features: ReadonlySet<string>,
): Outcome => {
  if (name === 'hotplug') return /cpu|memory/.test(guest.config['hotplug'] ?? '') ? 'skip' : 'done'
  if (name === 'tablet') return features.has('usb') ? 'done' : 'skip'
  if (/^usb\d+$/.test(name)) {
    if (!usbWorks(guest, features)) return 'skip'
    unplug(world, guest, name)
    return 'done'
  }
  if (name === 'vcpus') return features.has('cpu') ? 'done' : 'skip'
  if (name === 'memory') return features.has('memory') ? 'done' : 'skip'
  if (name === 'balloon') return guest.config['balloon'] === '0' ? 'skip' : 'done'
  if (isFast(name) || name === 'cpuunits' || name === 'cpulimit') return 'done'
  if (isNetName(name)) {
    if (!features.has('network')) return 'skip'
    unplug(world, guest, name)
    return 'done'
  }
  if (isDriveName(name)) {
    if (!features.has('disk') || /^(?:ide|sata)\d|^efidisk|^tpmstate/.test(name)) return 'skip'
    unplug(world, guest, name)
    deleteOrDetach(world, guest, name, { force })
    return 'done'
  }
  return 'skip'
}

const plugNet = (world: World, guest: Guest, name: string, value: string, features: ReadonlySet<string>): Outcome => {
  const before = guest.config[name]
  if (before !== undefined) {
    const [old, next] = [parseNet(before), parseNet(value)]
    const same = ['model', 'macaddr', 'queues', 'mtu'].every((key) => (old[key] ?? '') === (next[key] ?? ''))
    if (same && old['bridge'] !== undefined && next['bridge'] !== undefined) return 'done'
    if (!features.has('network')) return 'skip'
    unplug(world, guest, name)
  }
  if (!features.has('network')) return 'skip'
  const missing = missingBridge(world, guest, value)
  if (missing !== undefined)
    raise(
      `VM ${guest.vmid} qmp command 'netdev_add' failed - network script /usr/libexec/qemu-server/pve-bridge-hotplug failed with status 512\n`,
    )
  return 'done'
}

const needsRestart = ['aio', 'discard', 'iothread', 'queues', 'product', 'cache', 'ssd', 'vendor', 'ro']

const replaceDrive = (
  world: World,
  guest: Guest,
  name: string,
  old: Drive,
  next: Drive,
  features: ReadonlySet<string>,
): Outcome | undefined => {
  if ((old['media'] ?? 'disk') !== (next['media'] ?? 'disk')) raise('unable to change media type')
  if (isCdrom(old)) {
    if (next['file'] === 'none' && isCloudinit(old)) registerUnused(world, guest, old)
    return 'done'
  }
  if (next['file'] === old['file'])
    return needsRestart.some((key) => (old[key] ?? '') !== (next[key] ?? '')) ? 'skip' : 'done'
  if (!features.has('disk')) return 'skip'
  unplug(world, guest, name)
  registerUnused(world, guest, old)
  return undefined
}

const plugDrive = (world: World, guest: Guest, name: string, value: string, features: ReadonlySet<string>): Outcome => {
  if (name === 'efidisk0' || name === 'tpmstate0') return 'skip'
  const drive = parseDrive(name, value)
  const before = guest.config[name]
  if (before !== undefined) {
    const replaced = replaceDrive(world, guest, name, parseDrive(name, before), drive, features)
    if (replaced !== undefined) return replaced
  }
  return !features.has('disk') || /^(?:ide|sata)\d/.test(name) ? 'skip' : 'done'
}

/** What is not taken at once. PVE source: vmconfig_update_agent. */
const agentWithout = (text: string | undefined): string =>
  (text ?? '')
    .split(',')
    .filter((part) => !/^fstrim_cloned_disks=/.test(part))
    .sort()
    .join(',')

const plugOption = (
  world: World,
  guest: Guest,
  name: string,
  value: string,
  features: ReadonlySet<string>,
): Outcome => {
  if (name === 'hotplug')
    return /cpu|memory/.test(value) || /cpu|memory/.test(guest.config['hotplug'] ?? '') ? 'skip' : 'done'
  if (name === 'tablet') return features.has('usb') ? 'done' : 'skip'
  if (/^usb\d+$/.test(name)) return usbWorks(guest, features) ? 'done' : 'skip'
  if (name === 'vcpus') return features.has('cpu') ? 'done' : 'skip'
  if (name === 'memory') return features.has('memory') ? 'done' : 'skip'
  if (name === 'balloon') {
    const on = (text: string | undefined): boolean => text === undefined || text !== '0'
    return on(guest.config['balloon']) === on(value) ? 'done' : 'skip'
  }
  if (name === 'cpuunits' || name === 'cpulimit') return 'done'
  if (name === 'agent')
    return guest.config['agent'] !== undefined && agentWithout(guest.config['agent']) === agentWithout(value)
      ? 'done'
      : 'skip'
  if (isNetName(name)) return plugNet(world, guest, name, value, features)
  if (isDriveName(name)) return plugDrive(world, guest, name, value, features)
  return 'skip'
}

/**
 * Applies to a running VM what can be changed live and leaves the rest pending. `selection` names the options of this request: others that
 * are still pending are not tried again. Problems are returned by option. PVE source: vmconfig_hotplug_pending.
 */
export const hotplugPending = (world: World, guest: Guest, selection: ReadonlySet<string>): Record<string, string> => {
  const errors: Record<string, string> = {}
  const attempt = (name: string, action: () => Outcome, applied: () => void): void => {
    try {
      if (action() === 'done') applied()
    } catch (error) {
      errors[name] = `hotplug problem - ${errorText(error).replace(/\n*$/, '\n')}`
    }
  }
  const apply = (name: string, value: string): void => {
    recordCloudinit(guest, name, guest.config[name], value)
    guest.config[name] = value
    delete guest.pending[name]
  }
  for (const name of Object.keys(guest.pending)) if (isFast(name)) apply(name, guest.pending[name] as string)
  const features = featuresOf(guest)
  for (const name of [...guest.pendingDelete.keys()].sort()) {
    if (!selection.has(name)) continue
    attempt(
      name,
      () => unplugOption(world, guest, name, guest.pendingDelete.get(name) ?? false, features),
      () => {
        recordCloudinit(guest, name, guest.config[name], undefined)
        delete guest.config[name]
        guest.pendingDelete.delete(name)
      },
    )
  }
  for (const name of Object.keys(guest.pending).sort()) {
    if (!selection.has(name)) continue
    const value = guest.pending[name] as string
    attempt(
      name,
      () => plugOption(world, guest, name, value, features),
      () => apply(name, value),
    )
  }
  return errors
}
