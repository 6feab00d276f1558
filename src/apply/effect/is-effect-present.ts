import { kindOfType } from '../../kinds/registry.ts'
import { isSecret } from '../../resource/config-value.ts'
import { type GuestRef, guestPath } from '../../resource/guest.ts'
import { isMasked } from '../../resource/hidden-keys.ts'
import { type ApiRequest, isOutputRef } from '../../resource/request.ts'
import type { Answer } from '../../resource/server.ts'
import { canonicalJson } from '../../util/canonical-json.ts'
import type { SeenGuest } from '../journal.ts'
import { type Asking, ask, type GuestView, readGuest, readRunning, readSnapshots } from '../observe/read-guest.ts'
import type { RequestEffect } from './request-effect.ts'

const listed = (value: unknown): readonly string[] =>
  String(value ?? '')
    .split(/[,; ]+/)
    .filter((key) => key !== '')

/** Whether a key is as the request wants it; undefined where that cannot be told: secrets, values of other steps, a `revert`. */
const keyHolds = (
  guest: GuestRef,
  key: string,
  request: ApiRequest,
  current: string | undefined,
): boolean | undefined => {
  const { params = {} } = request
  if (listed(params['delete']).includes(key)) return current === undefined
  const wanted = params[key]
  if (wanted === undefined || isSecret(wanted) || isOutputRef(wanted)) return undefined
  if (current === undefined) return wanted === ''
  const text = wanted === true ? '1' : wanted === false ? '0' : String(wanted)
  const kind = kindOfType(guest.type)
  return (
    text === current || canonicalJson(kind.decodeValue(key, text)) === canonicalJson(kind.decodeValue(key, current))
  )
}

type Entry = Readonly<Record<string, unknown>>

const entriesOf = (answer: Answer): readonly Entry[] | undefined =>
  answer.kind === 'answered' && Array.isArray(answer.data) ? answer.data : undefined

/**
 * Keys that a request withdraws (`revert`) and that do not wait for the next start any more. PVE API: GET …/pending lists them. Where the server does not
 * say, none is known to be withdrawn.
 */
export const withdrawnKeys = async (
  asking: Asking,
  guest: GuestRef,
  { params = {} }: ApiRequest,
): Promise<ReadonlySet<string>> => {
  const reverted = listed(params['revert'])
  const entries = reverted.length === 0 ? [] : entriesOf(await ask(asking, `${guestPath(guest)}/pending`))
  if (!entries) return new Set()
  const waiting = new Set(
    entries.flatMap((entry) =>
      entry['pending'] !== undefined || Number(entry['delete'] ?? 0) > 0 ? [String(entry['key'])] : [],
    ),
  )
  return new Set(reverted.filter((key) => !waiting.has(key)))
}

/**
 * How far a configuration write has come: `all`: each key is as wanted, or no longer as before; `none`: nothing has changed; `some` keys have.
 */
export const configProgress = (
  { guest, digest, raw }: GuestView,
  effect: RequestEffect & { readonly kind: 'config' },
  request: ApiRequest,
  before: SeenGuest,
  withdrawn: ReadonlySet<string>,
): 'all' | 'some' | 'none' => {
  if (effect.keys === 'all') return digest === before.digest ? 'none' : 'all'
  const isWrite = /\/config$/.test(request.path)
  // What is masked looks the same before and after: then only the digest tells.
  const changed = (key: string) =>
    digest !== before.digest && (isMasked(raw[key]) || (raw[key] ?? null) !== (before.values[key] ?? null))
  const reverted = listed(request.params?.['revert'])
  const holds = (key: string) =>
    reverted.includes(key)
      ? withdrawn.has(key)
      : changed(key) || (isWrite && keyHolds(guest, key, request, raw[key]) === true)
  if (effect.keys.every(holds)) return 'all'
  return effect.keys.some(changed) ? 'some' : 'none'
}

const configHolds = async (
  asking: Asking,
  guest: GuestRef,
  keys: readonly string[],
  request: ApiRequest,
): Promise<boolean | undefined> => {
  const reading = await readGuest(asking, guest)
  if (reading.kind === 'unreadable') return undefined
  if (reading.kind === 'absent') return false
  const withdrawn = await withdrawnKeys(asking, guest, request)
  return keys.every((key) => withdrawn.has(key) || keyHolds(guest, key, request, reading.view.raw[key]) === true)
}

interface Pool {
  readonly comment: string
  readonly vmids: readonly number[]
}

/** PVE API: GET /pools?poolid= gives one pool with its members; null: there is none. */
export const readPool = async (asking: Asking, poolid: string): Promise<Pool | null | undefined> => {
  const pools = entriesOf(await ask(asking, '/pools'))
  if (!pools) return undefined
  if (!pools.some((pool) => pool['poolid'] === poolid)) return null
  const [pool] = entriesOf(await ask(asking, '/pools', { poolid })) ?? []
  if (!pool) return undefined
  const members = Array.isArray(pool['members']) ? (pool['members'] as readonly Entry[]) : []
  const vmids = members.flatMap(({ vmid }) => (vmid === undefined ? [] : [Number(vmid)]))
  return { comment: String(pool['comment'] ?? ''), vmids }
}

const poolHolds = async (
  asking: Asking,
  effect: RequestEffect & { readonly kind: 'pool' | 'pool-comment' | 'membership' },
): Promise<boolean | undefined> => {
  const pool = await readPool(asking, effect.poolid)
  if (pool === undefined) return undefined
  if (effect.kind === 'pool') return (pool !== null) === effect.present
  if (effect.kind === 'pool-comment') return pool !== null && pool.comment.trim() === effect.comment.trim()
  return effect.vmids.every((vmid) => (pool?.vmids ?? []).includes(vmid) === effect.present)
}

const grantHolds = async (
  asking: Asking,
  { path, who, role, present }: RequestEffect & { readonly kind: 'grant' },
): Promise<boolean | undefined> => {
  const entries = entriesOf(await ask(asking, '/access/acl'))
  return entries && who.every((one) => entries.some((entry) => isGrant(entry, path, one, role)) === present)
}

const isGrant = (entry: Entry, path: string, who: string, role: string): boolean =>
  entry['path'] === path && entry['ugid'] === who && entry['roleid'] === role

/** Archives with the notes of a backup, newest first. */
const archivesOf = async (
  asking: Asking,
  { filed, storage, notes }: RequestEffect & { readonly kind: 'backup' },
): Promise<readonly { readonly volid: string; readonly ctime: number }[] | undefined> => {
  const path = `/nodes/${filed.node}/storage/${storage}/content`
  const entries = entriesOf(await ask(asking, path, { content: 'backup', vmid: filed.vmid }))
  return entries
    ?.filter((entry) => String(entry['notes'] ?? '').trim() === notes)
    .map((entry) => ({ volid: String(entry['volid']), ctime: Number(entry['ctime'] ?? 0) }))
    .sort((a, b) => b.ctime - a.ctime)
}

const volumeGone = async (asking: Asking, content: string, volume: string): Promise<boolean | undefined> =>
  entriesOf(await ask(asking, content))?.every(({ volid }) => volid !== volume)

/**
 * Whether what a request is meant to bring about is so. Undefined when that cannot be told: the server does not say, or the state tells nothing, as
 * for a guest that was to be made (somebody else's could stand there), a rollback, a reboot.
 */
export const effectHolds = async (
  asking: Asking,
  effect: RequestEffect,
  request: ApiRequest,
): Promise<boolean | undefined> => {
  switch (effect.kind) {
    case 'guest-gone': {
      const { kind } = await readGuest(asking, effect.guest)
      return kind === 'unreadable' ? undefined : kind === 'absent'
    }
    case 'config':
      return effect.keys !== 'all' && /\/config$/.test(request.path)
        ? configHolds(asking, effect.guest, effect.keys, request)
        : undefined
    case 'snapshot': {
      const names = await readSnapshots(asking, effect.guest)
      return names && names.includes(effect.name) === effect.present
    }
    case 'power': {
      const running = await readRunning(asking, effect.guest)
      return effect.running === undefined || running === undefined ? undefined : running === effect.running
    }
    case 'moved': {
      const { kind } = await readGuest(asking, { ...effect.guest, node: effect.node })
      return kind === 'unreadable' ? undefined : kind === 'present'
    }
    case 'pool':
    case 'pool-comment':
    case 'membership':
      return poolHolds(asking, effect)
    case 'grant':
      return grantHolds(asking, effect)
    case 'volume-gone':
      return volumeGone(asking, effect.content, effect.volume)
    case 'backup':
    case 'guest-made':
    case 'other':
      return undefined
  }
}

/** What was known of a request before it left. */
export interface Beforehand {
  readonly before?: SeenGuest | null | undefined
  /** What it was to bring about was so already. */
  readonly held?: boolean | undefined
  /** Unix seconds by the clock of its node, not later than the request. */
  readonly since?: number | undefined
}

/**
 * Whether what a request is meant to bring about is so now and was not before. Undefined when the server does not say, or nothing can tell.
 */
export const effectAppeared = async (
  asking: Asking,
  effect: RequestEffect,
  request: ApiRequest,
  { before, held, since = 0 }: Beforehand,
): Promise<boolean | undefined> => {
  if (effect.kind === 'backup') return (await archivesOf(asking, effect))?.some(({ ctime }) => ctime >= since)
  if (held === true) return false
  if (effect.kind === 'power') {
    if (effect.running === undefined || before?.running === undefined) return undefined
    if (before.running === effect.running) return false
  }
  if (effect.kind === 'config') {
    if (!before) return undefined
    const reading = await readGuest(asking, effect.guest)
    if (reading.kind === 'unreadable') return undefined
    if (reading.kind === 'absent') return false
    const withdrawn = await withdrawnKeys(asking, effect.guest, request)
    return configProgress(reading.view, effect, request, before, withdrawn) !== 'none'
  }
  return effectHolds(asking, effect, request)
}
