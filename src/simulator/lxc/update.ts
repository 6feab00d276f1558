import { errorText, raise } from '../api/error.ts'
import { checkHookscript } from '../guest/hookscript.ts'
import { uniqueTags } from '../guest/tags.ts'
import { splitList } from '../schema/check.ts'
import { splitVolid } from '../schema/formats.ts'
import type { Guest } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { contentOf, storageOf } from '../volume/volumes.ts'
import { applyPending, cleanPending, hotplugPending } from './apply.ts'
import { checkDevice } from './device.ts'
import { checkMtu } from './network.ts'
import { storedDescription, storedValue } from './option.ts'
import { parseMountPoint } from './volume/mount-point.ts'

/** What a request wants changed; values as text. */
export type ConfigChange = {
  readonly set: Readonly<Record<string, string>>
  readonly remove: readonly string[]
  readonly revert: readonly string[]
}

const checkProtection = (guest: Guest, what: string): void => {
  if (guest.config['protection'] === '1') raise(`${what} - protection mode enabled`)
}

const queueRemoval = (guest: Guest, key: string): boolean => {
  if (guest.config[key] === undefined && guest.pending[key] === undefined) return false
  if (key === 'memory' || key === 'rootfs' || key === 'ostype') raise(`unable to delete required option '${key}'`)
  if (/^(unused|mp)\d+$/.test(key)) checkProtection(guest, `can't remove CT ${guest.vmid} drive '${key}'`)
  if (key === 'unprivileged') raise(`unable to delete read-only option: '${key}'`)
  guest.pendingDelete.set(key, false)
  return true
}

const checkRootdir = (world: World, key: string, value: string): void => {
  const mount = parseMountPoint(key, value)
  if (mount.type !== 'volume') return
  const id = splitVolid(mount.volume)?.storage ?? raise(`unable to parse volume ID '${mount.volume}'`)
  if (!contentOf(storageOf(world, id)).includes('rootdir'))
    raise(`storage '${id}' does not allow content type 'rootdir' (Container)`)
}

/** A given value as it will be kept; ends the request when it may not be. */
const accepted = (world: World, guest: Guest, key: string, value: string): string => {
  if (key === 'rootfs' || /^mp\d+$/.test(key)) {
    checkProtection(guest, `can't update CT ${guest.vmid} drive '${key}'`)
    checkRootdir(world, key, value)
  } else if (key === 'hookscript') checkHookscript(world, guest.node, value)
  else if (key === 'nameserver' || key === 'searchdomain') return storedValue(key, splitList(value).join(' '))
  else if (key === 'unprivileged') raise(`unable to modify read-only option: '${key}'`)
  else if (key === 'tags') return storedValue(key, uniqueTags(world, value))
  else if (/^net\d+$/.test(key)) checkMtu(world, guest.node, key, value)
  else if (/^dev\d+$/.test(key)) checkDevice(key, value)
  else if (key === 'description') return storedDescription(value) ?? ''
  return storedValue(key, value)
}

/**
 * Changes a container's configuration: every change goes through `pending`, and what can be applied is applied: all of it on a
 * stopped container, the hot-pluggable part on a running one. Returns what could not be, by option; the rest stays done.
 * PVE source: `update_pct_config`.
 */
export const updateConfig = (world: World, guest: Guest, change: ConfigChange): Record<string, string> => {
  for (const key of change.revert) {
    delete guest.pending[key]
    guest.pendingDelete.delete(key)
  }
  const modified = new Set<string>()
  for (const key of change.remove) if (queueRemoval(guest, key)) modified.add(key)
  for (const key of Object.keys(change.set).sort()) {
    modified.add(key)
    guest.pending[key] = accepted(world, guest, key, change.set[key] as string)
    guest.pendingDelete.delete(key)
  }
  cleanPending(guest)
  const errors: Record<string, string> = {}
  const failed = (key: string, error: unknown): void => {
    const text = errorText(error)
    errors[key] = guest.running
      ? `unable to hotplug ${key}: ${text}\n`
      : `unable to apply pending change ${key} : ${text}\n`
  }
  if (guest.running) hotplugPending(world, guest, modified, failed)
  else applyPending(world, guest, modified, failed)
  return errors
}
