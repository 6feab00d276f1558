import { kindOfType } from '../../kinds/registry.ts'
import type { GuestType } from '../../resource/guest.ts'
import { isMasked } from '../../resource/hidden-keys.ts'
import { canonicalJson } from '../../util/canonical-json.ts'
import { sameSized } from '../effect/guest-volumes.ts'
import type { GuestMeasure, Measure, PoolMeasure } from './measured.ts'

/** One thing that is not as it was. */
export interface Unlike {
  /** `net1`, `pending net1`, `power`, `snapshots`, `comment` … */
  readonly what: string
  readonly before: string | undefined
  readonly now: string | undefined
}

/**
 * What PVE changes by itself and nobody can set back:
 * `digest` follows from the rest; `vmgenid` is renewed by a rollback; `meta` by a restore; `lock` shows a task; `parent` and `snaptime` follow the
 * list of snapshots, which is compared itself; `runningmachine`, `runningcpu` and `vmstate` stand in snapshots.
 */
const BY_ITSELF = /^(?:digest|vmgenid|meta|lock|parent|snaptime|runningmachine|runningcpu|vmstate)$/

/** PVE names volumes: a restored or moved one has another name. Who has it and what it may do must be the same. */
const withoutVolume = (text: string): string =>
  text.replace(/^([^,:/]+):[^,]*/, '$1:…').replace(/(^|,)(?:volume|file)=([^,:/]+):[^,]*/, '$1$2:…')

const normalOf = (type: GuestType, key: string, text: string, exactVolumes: boolean): string => {
  const kind = kindOfType(type)
  const isVolume = kind.volumeProperty(key) !== undefined || /^unused\d+$/.test(key)
  const own = isVolume && !exactVolumes ? withoutVolume(text) : text
  return canonicalJson(kind.decodeValue(key, own))
}

const keysOf = (...records: readonly Readonly<Record<string, unknown>>[]): readonly string[] =>
  [...new Set(records.flatMap(Object.keys))].filter((key) => !BY_ITSELF.test(key)).sort()

/** Sides as they are told. */
const NAMES: Readonly<Record<string, string>> = { acl: 'rights', raw: 'lxc lines' }

const guestUnlike = (before: GuestMeasure, now: GuestMeasure, exactVolumes: boolean): readonly Unlike[] => {
  const name = (measure: GuestMeasure) => (measure.config ? `there, on ${measure.guest.node}` : undefined)
  if (!before.config || !now.config || before.guest.node !== now.guest.node)
    return name(before) === name(now) ? [] : [{ what: 'the guest', before: name(before), now: name(now) }]
  const { type } = before.guest
  const same = (key: string, a: string | undefined, b: string | undefined) => {
    if (a === b) return true
    if (a === undefined || b === undefined) return false
    const isVolume = kindOfType(type).volumeProperty(key) !== undefined
    const [left, right] = isVolume ? sameSized(a, b) : [a, b]
    return (
      isMasked(a) || isMasked(b) || normalOf(type, key, left, exactVolumes) === normalOf(type, key, right, exactVolumes)
    )
  }
  const [was, is] = [before.config, now.config]
  const current = keysOf(was.current, is.current)
    .filter((key) => !same(key, was.current[key], is.current[key]))
    .map((key) => ({ what: key, before: was.current[key], now: is.current[key] }))
  const waiting = (value: string | null | undefined) => (value === null ? 'goes at the next start' : value)
  const pending = keysOf(was.pending, is.pending)
    .filter((key) => !same(key, waiting(was.pending[key]), waiting(is.pending[key])))
    .map((key) => ({ what: `pending ${key}`, before: waiting(was.pending[key]), now: waiting(is.pending[key]) }))
  const lists = (['power', 'ha', 'snapshots', 'acl', 'raw'] as const).flatMap((what) => {
    const [a, b] = [before[what], now[what]]
    if (a === undefined || b === undefined || String(a) === String(b)) return []
    const text = (value: string | readonly string[]) =>
      (typeof value === 'string' ? value : value.join('; ')) || undefined
    return [{ what: NAMES[what] ?? what, before: text(a), now: text(b) }]
  })
  return [...current, ...pending, ...lists]
}

const poolUnlike = (before: PoolMeasure, now: PoolMeasure): readonly Unlike[] => {
  const name = (pool: PoolMeasure) => (pool.comment === undefined ? undefined : 'there')
  if (name(before) !== name(now)) return [{ what: 'the pool', before: name(before), now: name(now) }]
  const members = (pool: PoolMeasure) => pool.vmids.join(', ') || undefined
  return [
    ...(before.comment === now.comment ? [] : [{ what: 'comment', before: before.comment, now: now.comment }]),
    ...(members(before) === members(now) ? [] : [{ what: 'members', before: members(before), now: members(now) }]),
  ]
}

/** What differs between two measures of one thing. `exactVolumes`: nothing has moved, copied or restored its volumes. */
export const unlike = (
  before: Measure,
  now: Measure,
  { exactVolumes }: { readonly exactVolumes: boolean },
): readonly Unlike[] => {
  if (before.kind === 'guest' && now.kind === 'guest') return guestUnlike(before, now, exactVolumes)
  return before.kind === 'pool' && now.kind === 'pool' ? poolUnlike(before, now) : []
}
