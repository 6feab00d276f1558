import type { Call } from '../../api/call.ts'
import { raise, raiseParam } from '../../api/error.ts'
import { digestOf } from '../../guest/config-text.ts'
import { loadGuest } from '../../guest/find-guest.ts'
import type { Guest, Section } from '../../state/guest.ts'
import { shownSection, shownValue } from './config-value.ts'

export const guestOf = (call: Call): Guest => loadGuest(call.world, 'qemu', call.node().name, call.vmid())

/** With pending values merged in: what a stopped guest would have. A pending delete of a false value (0) does not show, as in PVE. */
const merged = (guest: Guest): Section => {
  if (guest.pendingDelete.size === 0 && Object.keys(guest.pending).length === 0) return guest.config
  const config: Section = { ...guest.config, ...guest.pending }
  for (const key of guest.pendingDelete.keys()) if (config[key] !== '0' && config[key] !== '') delete config[key]
  return config
}

/** GET /nodes/{node}/qemu/{vmid}/config */
export const showConfig = (call: Call): unknown => {
  const guest = guestOf(call)
  const snapshot = call.params['snapshot']
  if (snapshot !== undefined) {
    if (call.flag('current'))
      raiseParam({
        snapshot: "cannot use 'snapshot' parameter with 'current'",
        current: "cannot use 'snapshot' parameter with 'current'",
      })
    const section = guest.snapshots.get(snapshot) ?? raise(`snapshot '${snapshot}' does not exist`)
    return { ...shownSection(section), digest: digestOf(guest) }
  }
  const section = call.flag('current') ? guest.config : merged(guest)
  return { ...shownSection(section), digest: digestOf(guest) }
}

/** GET /nodes/{node}/qemu/{vmid}/pending: current and pending value of every key. */
export const showPending = (call: Call): unknown => {
  const guest = guestOf(call)
  const rows: Record<string, unknown>[] = []
  for (const key of Object.keys(guest.config)) {
    const row: Record<string, unknown> = { key, value: shownValue(key, guest.config[key] as string) }
    if (guest.pending[key] !== undefined) row['pending'] = shownValue(key, guest.pending[key] as string)
    const deleted = guest.pendingDelete.get(key)
    if (deleted !== undefined) row['delete'] = deleted ? 2 : 1
    rows.push(row)
  }
  for (const key of Object.keys(guest.pending))
    if (guest.config[key] === undefined) rows.push({ key, pending: shownValue(key, guest.pending[key] as string) })
  for (const [key, force] of guest.pendingDelete)
    if (guest.config[key] === undefined && guest.pending[key] === undefined) rows.push({ key, delete: force ? 2 : 1 })
  rows.push({ key: 'digest', value: digestOf(guest) })
  return rows
}
