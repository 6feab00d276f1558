import type { Call } from '../api/call.ts'
import { PveError, raise, raiseParam } from '../api/error.ts'
import { digestOf } from '../guest/config-text.ts'
import { checkLock, loadGuest, lockFile } from '../guest/find-guest.ts'
import { splitList } from '../schema/check.ts'
import type { Guest, Section } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { saveConfig } from './apply.ts'
import { checkBridge } from './network.ts'
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

/** Writes the start configuration LXC itself reads; PVE stops here on a container without `arch`, or with a bridge its node has not. */
export const writeStartConfig = (world: World, guest: Guest): void => {
  if (guest.config['template'] === '1') return
  if (guest.config['arch'] === undefined)
    raise("missing 'arch' - internal error at /usr/share/perl5/PVE/LXC.pm line 729.")
  for (const key of Object.keys(guest.config).sort())
    if (/^net\d+$/.test(key)) checkBridge(world, guest.node, key, guest.config[key] as string)
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
  const raw = guest.raw.length > 0 && !call.has('snapshot') ? { lxc: guest.raw } : {}
  return { ...shownSection(section), ...raw, digest: digestOf(guest) }
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

/** A change is made wholly or not at all: PVE writes the file after everything has been accepted. */
const wholly = (guest: Guest, action: () => void): void => {
  const before = { config: { ...guest.config }, pending: { ...guest.pending }, gone: [...guest.pendingDelete] }
  try {
    action()
  } catch (error) {
    guest.config = before.config
    guest.pending = before.pending
    guest.pendingDelete = new Map(before.gone)
    throw error
  }
}

/** PUT config. A bridge that the node does not have is found only when the file has been written (seen on PVE 9.2). */
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
    wholly(guest, () => {
      const errors = updateConfig(call.world, guest, { set, remove, revert })
      for (const _ in errors) throw new PveError(400, 'Parameter verification failed.', errors)
    })
    saveConfig(guest)
    writeStartConfig(call.world, guest)
  })
  return null
}
