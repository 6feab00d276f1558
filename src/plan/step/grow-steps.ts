import { isPropertyMap } from '../../resource/config-value.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import { guestPath } from '../../resource/guest.ts'
import type { ApiRequest } from '../../resource/request.ts'
import type { Reversal } from '../../resource/reversal.ts'
import { sha256 } from '../../util/sha256.ts'
import type { Difference } from '../state/config-difference.ts'
import { sharedVolumes, whoseElse } from '../state/foreign-volumes.ts'
import {
  advance,
  type GuestContext,
  type PlanPart,
  type Progress,
  post,
  startRequest,
} from '../state/guest-progress.ts'
import { configRequests, restoreRequests } from '../state/guest-state.ts'
import { canSnapshot } from '../state/storage-feature.ts'
import { volumeOf } from './disk-steps.ts'

/** Volumes that keep the guest from having a snapshot, in words; empty when nothing does. */
const snapshotObstacle = (context: GuestContext, { guest, state }: Progress): string => {
  const { kind, world } = context
  const [shared] = sharedVolumes(context, guest.vmid, state)
  if (shared)
    return `${shared.key} (${shared.volume}) ${whoseElse(shared)}, and a snapshot of this guest would hold it and set it back as well`
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

interface SnapshotReason {
  /** Digest of the guest's configuration at planning time. */
  readonly digest: string
  /** What comes after it, in words: the name follows from the guest and this. */
  readonly why: string
  /** Why none can be taken, whatever the volumes allow; empty: nothing is in the way. */
  readonly obstacle: string
}

/** Who wants a snapshot before every change gets no change without one. */
const warnOfNone = ({ world, desired }: GuestContext, obstacle: string): void => {
  if (desired.lifecycle.snapshot !== 'always') return
  world.report('plan.no-snapshot', {
    detail: `\`${desired.address}\` declares \`snapshot = "always"\`, and none can be taken: ${obstacle}. Write \`snapshot = "auto"\` to have it changed without one.`,
    address: desired.address,
    range: desired.range,
  })
}

/** Takes a snapshot before steps that only it can undo, or because every change shall have one. */
export const takeSnapshot =
  (context: GuestContext, { digest, why, obstacle: known }: SnapshotReason): PlanPart =>
  (progress) => {
    const { desired } = context
    const { guest, state } = progress
    const never = desired.lifecycle.snapshot === 'never' ? '`snapshot = "never"` is declared' : ''
    const obstacle = never || known || snapshotObstacle(context, progress)
    if (obstacle !== '') {
      if (progress.snapshot?.obstacle !== obstacle) warnOfNone(context, obstacle)
      return { ...progress, snapshot: { obstacle, state } }
    }
    const name = `mpc_${sha256(`${desired.address} ${guest.vmid} ${digest} ${why}`).slice(0, 10)}`
    const isSecond = progress.drafts.some(({ verb }) => verb === 'snapshot')
    const taken = advance(progress, {
      verb: isSecond ? 'snapshot-2' : 'snapshot',
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
    return { ...taken, snapshot: { name, obstacle: '', state } }
  }

/**
 * A write PVE keeps for the next start holds the size a disk had then, and would bring that back into the configuration (seen on PVE 9.2); written
 * again it gets the new one.
 */
const pendingAgain = (
  { state }: Progress,
  grown: readonly (readonly [key: string, size: string])[],
): readonly (readonly [key: string, text: string])[] =>
  grown.flatMap(([key, size]) => {
    const text = state.pending[key]?.value
    return text === undefined ? [] : [[key, resized(text, size)] as const]
  })

/** Grows disks to their declared sizes. PVE cannot shrink: only a snapshot brings the old sizes back, all at once. */
export const growDisks =
  (context: GuestContext, grows: readonly Difference[]): PlanPart =>
  (progress) => {
    const { guest, state } = progress
    const sizes = grows.flatMap(({ key, declared, observed }) =>
      isPropertyMap(declared) && isPropertyMap(observed)
        ? [{ key, from: String(observed['size'] ?? '?'), to: String(declared['size']) }]
        : [],
    )
    if (sizes.length === 0) return progress
    const targets = sizes.map(({ key, to }) => [key, to] as const)
    const current = targets.map(([key, to]) => [key, resized(state.current[key] ?? '', to)] as const)
    const pending = pendingAgain(progress, targets)
    return advance(
      progress,
      {
        verb: `grow-${sizes.map(({ key }) => key).join('-')}`,
        action: 'update',
        guest,
        summary: sizes.map(({ key, from, to }) => `grow ${key} from ${from} to ${to}`).join(', '),
        requests: [
          ...targets.map(
            ([disk, size]): ApiRequest => ({
              method: 'PUT',
              path: `${guestPath(guest)}/resize`,
              params: { disk, size },
              digest: true,
            }),
          ),
          ...configRequests(guest, Object.fromEntries(pending)),
        ],
        disruption: state.running ? 'live' : 'none',
        reversal: shrinkAgain(context, progress),
      },
      {
        ...state,
        current: { ...state.current, ...Object.fromEntries(current) },
        pending: { ...state.pending, ...Object.fromEntries(pending.map(([key, value]) => [key, { value }])) },
      },
    )
  }

const resized = (text: string, size: string): string => text.replace(/(^|,)size=[^,]*/, `$1size=${size}`)

const MASKED = /^\*+$/

/** Live values that were changed between the snapshot and the growth: a rollback takes them back too, and they are written again after it. */
const writtenSince = ({ kind }: GuestContext, { guest, state, snapshot }: Progress): readonly ApiRequest[] => {
  const [now, then] = [state.current, snapshot?.state.current ?? state.current]
  const keys = [...new Set([...Object.keys(now), ...Object.keys(then)])].filter(
    (key) => now[key] !== then[key] && !key.startsWith('unused') && !MASKED.test(now[key] ?? then[key] ?? ''),
  )
  const stopped = (current: typeof now) => ({ running: false, current, pending: {} })
  return restoreRequests(kind, guest, { before: stopped(now), after: stopped(then) }, keys)
}

/** A rollback stops a running guest; it is started when its configuration is whole again. */
const shrinkAgain = (context: GuestContext, progress: Progress): Reversal => {
  const { guest, state, snapshot } = progress
  if (snapshot?.name === undefined)
    return {
      by: 'nothing',
      reason: `Proxmox VE cannot shrink a disk, and ${snapshot?.obstacle ?? 'no snapshot is taken'}`,
    }
  const rewritten = writtenSince(context, progress)
  const isAllowed = context.desired.lifecycle.rollback === 'allowed'
  const startsAtOnce = state.running && rewritten.length === 0
  return {
    by: 'snapshot',
    name: snapshot.name,
    requests: [
      post(guest, `snapshot/${snapshot.name}/rollback`, startsAtOnce ? { start: true } : undefined),
      ...rewritten,
      ...(state.running && !startsAtOnce ? [startRequest(guest)] : []),
      ...restorePending(progress),
    ],
    note: `what the guest wrote since then is lost${isAllowed ? '' : '; where it runs, a failure elsewhere leaves it grown'}`,
    ...(isAllowed && { automatic: 'always' }),
  }
}

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
