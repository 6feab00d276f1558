import { isPropertyMap } from '../resource/config-value.ts'
import { guestPath } from '../resource/guest.ts'
import type { ApiRequest } from '../resource/request.ts'
import type { Reversal } from '../resource/reversal.ts'
import { sha256 } from '../util/sha256.ts'
import type { Difference } from './config-difference.ts'
import { volumeOf } from './disk-steps.ts'
import { advance, type GuestContext, type PlanPart, type Progress, post } from './guest-progress.ts'
import { configRequests, effectiveConfig, textOf } from './guest-state.ts'
import { canSnapshot } from './storage-feature.ts'

/** Volumes that keep the guest from having a snapshot, in words; empty when nothing does. */
const snapshotObstacle = (context: GuestContext, { guest, state }: Progress): string => {
  const { kind, world } = context
  for (const [key, text] of Object.entries(effectiveConfig(state)).sort()) {
    if (kind.volumeProperty(key) === undefined || key.startsWith('unused')) continue
    const value = kind.decodeValue(key, text)
    if (!isPropertyMap(value)) continue
    const isMount = key.startsWith('mp') && !kind.isVolume(key, value)
    if (isMount) return `${key} is not a volume and cannot be part of a snapshot`
    if (!kind.isVolume(key, value)) continue
    const storage = String(value['storage'] ?? '')
    const type = world.storages.get(storage)?.get(guest.node)?.type
    const volume = volumeOf(context, key, text)
    if (type === undefined || !canSnapshot(type, volume, guest.type)) {
      return `${key} (${volume}) cannot be part of a snapshot on storage ${storage}${type === undefined ? '' : ` of type ${type}`}`
    }
  }
  return ''
}

export interface SafetySnapshot {
  /** Missing: none can or shall be taken, for this reason. */
  readonly name?: string
  readonly obstacle: string
}

/** Takes a snapshot before steps that only it can undo. Its name follows from the guest and the change. */
export const takeSnapshot = (
  context: GuestContext,
  progress: Progress,
  digest: string,
  why: string,
): { readonly progress: Progress; readonly snapshot: SafetySnapshot } => {
  const { desired } = context
  const { guest } = progress
  const obstacle =
    desired.lifecycle.snapshot === 'never' ? '`snapshot = "never"` is declared' : snapshotObstacle(context, progress)
  if (obstacle !== '') return { progress, snapshot: { obstacle } }
  const name = `mpc_${sha256(`${desired.address} ${guest.vmid} ${digest} ${why}`).slice(0, 10)}`
  const next = advance(progress, {
    verb: 'snapshot',
    action: 'snapshot',
    guest,
    summary: `take snapshot ${name} before ${why}`,
    reason: 'safety',
    requests: [post(guest, 'snapshot', { snapname: name, description: `mpc: before ${why} (${desired.address})` })],
    disruption: 'none',
    reversal: {
      by: 'requests',
      requests: [{ method: 'DELETE', path: `${guestPath(guest)}/snapshot/${name}` }],
      note: `delete snapshot ${name}`,
    },
  })
  return { progress: next, snapshot: { name, obstacle: '' } }
}

/** Grows disks to their declared sizes. PVE cannot shrink: only a snapshot brings the old sizes back, all at once. */
export const growDisks =
  (grows: readonly Difference[], snapshot: SafetySnapshot): PlanPart =>
  (progress) => {
    const { guest, state } = progress
    const sizes = grows.flatMap(({ key, declared, observed }) =>
      isPropertyMap(declared) && isPropertyMap(observed)
        ? [{ key, from: String(observed['size'] ?? '?'), to: String(declared['size']) }]
        : [],
    )
    if (sizes.length === 0) return progress
    const reversal: Reversal =
      snapshot.name === undefined
        ? { by: 'nothing', reason: `Proxmox VE cannot shrink a disk, and ${snapshot.obstacle}` }
        : {
            by: 'snapshot',
            name: snapshot.name,
            requests: [
              post(guest, `snapshot/${snapshot.name}/rollback`, state.running ? { start: true } : undefined),
              ...restorePending(progress),
            ],
            note: 'what the guest wrote since is lost',
          }
    const grown = sizes.map(({ key, to }) => [key, resized(textOf(state, key) ?? '', to)] as const)
    return advance(
      progress,
      {
        verb: `grow-${sizes.map(({ key }) => key).join('-')}`,
        action: 'update',
        guest,
        summary: sizes.map(({ key, from, to }) => `grow ${key} from ${from} to ${to}`).join(', '),
        requests: sizes.map(({ key, to }) => ({
          method: 'PUT',
          path: `${guestPath(guest)}/resize`,
          params: { disk: key, size: to },
          digest: true,
        })),
        disruption: state.running ? 'live' : 'none',
        reversal,
      },
      { ...state, current: { ...state.current, ...Object.fromEntries(grown) } },
    )
  }

const resized = (text: string, size: string): string => text.replace(/(^|,)size=[^,]*/, `$1size=${size}`)

/** A snapshot holds nothing that is pending, and rolling back to it drops what was (seen on PVE 9.2): it is set again. */
const restorePending = ({ guest, state }: Progress): readonly ApiRequest[] => {
  const entries = Object.entries(state.pending)
  const set = Object.fromEntries(
    entries.flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value] as const])),
  )
  return configRequests(
    guest,
    set,
    entries.flatMap(([key, { value }]) => (value === undefined ? [key] : [])),
  )
}
