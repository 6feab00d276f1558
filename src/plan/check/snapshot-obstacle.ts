import { isPropertyMap } from '../../resource/config-value.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import { guestPath } from '../../resource/guest.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { advance, type GuestContext, type PlanPart, type Progress } from '../state/guest-progress.ts'
import type { SortedDifferences } from '../step/sort-differences.ts'

/** Local storages whose volumes keep their snapshots when they are copied to another node. PVE: formats `zfs` and `qcow2+size`. */
const keepsSnapshots = (type: string, volume: string): boolean =>
  type === 'zfspool' || (type !== 'lvm' && volume.endsWith('.qcow2'))

const migrationTakesSnapshots = ({ kind, world }: GuestContext, observed: ObservedGuest): boolean =>
  Object.entries(effectiveConfig(observed)).every(([key, text]) => {
    const value = kind.decodeValue(key, text)
    if (!kind.isVolume(key, value) || !isPropertyMap(value)) return true
    const storage = world.storages.get(String(value['storage'] ?? ''))?.get(observed.node)
    return storage === undefined || storage.shared || keepsSnapshots(storage.type, text.split(',')[0] ?? '')
  })

/** What a guest's snapshots forbid of what is planned, in words; empty when nothing. */
const forbidden = (
  context: GuestContext,
  observed: ObservedGuest,
  { moves }: SortedDifferences,
  fields: { readonly template?: true; readonly node?: string },
): string => {
  if (fields.template) return 'becoming a template'
  if (moves.length > 0) return `moving ${moves.map(({ key }) => key).join(', ')}`
  return fields.node !== undefined && !migrationTakesSnapshots(context, observed) ? `moving to ${fields.node}` : ''
}

const dropSnapshot =
  (name: string): PlanPart =>
  (progress: Progress) =>
    advance(progress, {
      verb: `drop-${name}`,
      action: 'snapshot',
      summary: `delete safety snapshot ${name}, which mpc took before an earlier change`,
      reason: 'safety',
      requests: [{ method: 'DELETE', path: `${guestPath(progress.guest)}/snapshot/${name}` }],
      disruption: 'none',
      reversal: { by: 'requests', requests: [], note: 'not possible; the earlier change can then no longer be undone' },
    })

/**
 * Some changes are not possible while there are snapshots. Those mpc took itself as a safety net go first, as steps; anybody else's are reported, and
 * nothing is planned.
 */
export const clearSnapshots = (
  context: GuestContext,
  observed: ObservedGuest,
  sorted: SortedDifferences,
  fields: { readonly template?: true; readonly node?: string },
): readonly PlanPart[] => {
  const { world, desired } = context
  const { parent } = observed.current
  const what = parent === undefined ? '' : forbidden(context, observed, sorted, fields)
  if (parent === undefined || what === '') return []
  const known = (world.options.safetySnapshots ?? []).flatMap(({ guest, name }) =>
    guest.vmid === observed.vmid ? [name] : [],
  )
  const own = new Set([...known, ...(parent.startsWith('mpc_') ? [parent] : [])])
  const others = (observed.snapshots ?? [parent]).filter((name) => !own.has(name))
  if (others.length === 0) return [...own].map(dropSnapshot)
  world.report('plan.blocked-by-snapshot', {
    detail: `\`${desired.address}\` has snapshots (${others.map((name) => `"${name}"`).join(', ')}), and Proxmox VE refuses ${what} as long as there are any. Delete them first: mpc removes only those it took itself.`,
    address: desired.address,
    range: desired.range,
  })
  return []
}
