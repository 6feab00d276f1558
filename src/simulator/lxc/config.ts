import type { Call } from '../api/call.ts'
import { PveError, raise, raiseParam } from '../api/error.ts'
import { digestOf } from '../guest/config-text.ts'
import { checkLock, loadGuest, lockFile } from '../guest/find-guest.ts'
import { splitList } from '../schema/check.ts'
import type { Guest, Section } from '../state/guest.ts'
import { saveConfig } from './apply.ts'
import { isOption, shownSection, shownValue } from './option.ts'
import { requireChange } from './permission.ts'
import { updateConfig } from './update.ts'

/** The container of the path; ends the request when its configuration is not on that node. */
export const containerOf = (call: Call): Guest => loadGuest(call.world, 'lxc', call.node().name, call.vmid())

/** Ends the request when the caller's digest is not that of the configuration. */
export const checkDigest = (call: Call, guest: Guest, name = 'digest'): void => {
  if (call.has(name) && call.text(name) !== digestOf(guest))
    raise('detected modified configuration - file changed by other user? Try again.')
}

/** Writes the start configuration LXC itself reads; PVE stops here on a container without `arch`. */
export const writeStartConfig = (guest: Guest): void => {
  if (guest.config['template'] === '1') return
  if (guest.config['arch'] === undefined)
    raise("missing 'arch' - internal error at /usr/share/perl5/PVE/LXC.pm line 729.")
}

const withPending = (guest: Guest): Section => {
  const config = { ...guest.config, ...guest.pending }
  for (const key of guest.pendingDelete.keys()) if (config[key] !== '0') delete config[key]
  return config
}

/** A snapshot of the container, or 500 as PVE says it. */
export const snapshotOf = (guest: Guest, name: string): Section =>
  guest.snapshots.get(name) ?? raise(`snapshot '${name}' does not exist`)

/** GET config: pending values in place, unless `current`; or the configuration of a snapshot. */
export const readConfig = (call: Call): unknown => {
  const guest = containerOf(call)
  if (call.has('snapshot') && call.flag('current'))
    raiseParam({
      snapshot: "cannot use 'snapshot' parameter with 'current'",
      current: "cannot use 'snapshot' parameter with 'current'",
    })
  const section = call.has('snapshot')
    ? snapshotOf(guest, call.text('snapshot'))
    : call.flag('current')
      ? guest.config
      : withPending(guest)
  return { ...shownSection(section), digest: digestOf(guest) }
}

/** GET pending: each option with its value, its pending value and whether it is to be removed. */
export const readPending = (call: Call): unknown => {
  const guest = containerOf(call)
  const entries: Record<string, unknown>[] = Object.keys(guest.config)
    .sort()
    .map((key) => ({
      key,
      value: shownValue(key, guest.config[key] as string),
      ...(guest.pending[key] === undefined ? {} : { pending: shownValue(key, guest.pending[key] as string) }),
      ...(guest.pendingDelete.has(key) ? { delete: 1 } : {}),
    }))
  entries.push({ key: 'digest', value: digestOf(guest) })
  for (const key of Object.keys(guest.pending).sort())
    if (guest.config[key] === undefined) entries.push({ key, pending: shownValue(key, guest.pending[key] as string) })
  return entries
}

const checkNames = (
  given: Readonly<Record<string, string>>,
  names: readonly string[],
  list: 'delete' | 'revert',
): void => {
  for (const name of names) {
    if (given[name] !== undefined)
      raiseParam({ [list]: `you can't use '-${name}' and -${list} ${name}' at the same time` })
    if (!isOption(name)) raiseParam({ [list]: `unknown option '${name}'` })
  }
}

const isBoolean = (text: string | undefined): boolean => text === '1'

/** PUT config. Seen on PVE 9.2: what was accepted stays even when the request ends with an error. */
export const writeConfig = async (call: Call): Promise<unknown> => {
  const { node: _node, vmid: _vmid, digest: _digest, delete: _delete, revert: _revert, ...given } = call.params
  const set: Record<string, string> = { ...given }
  const remove = splitList(call.text('delete'))
  const revert = splitList(call.text('revert'))
  if (Object.keys(set).length === 0 && !call.has('delete') && !call.has('revert')) raise('no options specified')
  const cpuunits = set['cpuunits']
  if (cpuunits !== undefined) set['cpuunits'] = String(Math.min(10_000, Math.max(1, Number(cpuunits))))
  await call.world.locks.withLock(lockFile('lxc', call.vmid()), () => {
    const guest = containerOf(call)
    checkLock(guest)
    checkDigest(call, guest)
    checkNames(set, remove, 'delete')
    checkNames(set, revert, 'revert')
    const unprivileged = isBoolean(guest.config['unprivileged'])
    requireChange(call, { vmid: guest.vmid, old: guest.config, set: {}, remove, unprivileged })
    requireChange(call, { vmid: guest.vmid, old: guest.config, set, remove: [], unprivileged })
    const errors = updateConfig(call.world, guest, { set, remove, revert })
    saveConfig(guest)
    writeStartConfig(guest)
    for (const _ in errors) throw new PveError(400, 'Parameter verification failed.', errors)
  })
  return null
}
