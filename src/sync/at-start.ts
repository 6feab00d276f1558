import { guestKinds, kindOfType } from '../kinds/registry.ts'
import type { AtStart, ObservedGuest } from '../resource/observed.ts'
import { rowsOf, textOf } from './read-inventory.ts'

/** Tasks after which a guest has what its configuration said then. */
const STARTS = new Set(
  Object.values(guestKinds).flatMap(({ taskPrefix }) =>
    ['start', 'reboot', 'rollback'].map((verb) => `${taskPrefix}${verb}`),
  ),
)
/** What a clock that counts whole seconds may be off. */
const TOLERANCE_MS = 2_000
const MASKED = /^\*+$/

/** Orders task ids by when they began: the second, and within it the clock ticks and the process (`UPID:node:pid:pstart:starttime:…`). */
const ageOf = (upid: string): string => {
  const [, , pid = '', ticks = '', second = ''] = upid.split(':')
  return [second, ticks.padStart(9, '0'), pid].join(':')
}

/** The last task of the cluster's short list that started each guest, by VMID (PVE API: GET /cluster/tasks). */
export const lastStarts = (data: unknown): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const row of rowsOf(data)) {
    const [upid, id] = [textOf(row, 'upid'), textOf(row, 'id')]
    if (upid === undefined || id === undefined || !STARTS.has(textOf(row, 'type') ?? '')) continue
    if (!/^(?:OK|WARNINGS)/.test(textOf(row, 'status') ?? '')) continue
    const other = found.get(id)
    if (other === undefined || ageOf(upid) > ageOf(other)) found.set(id, upid)
  }
  return found
}

const isUp = ({ status }: ObservedGuest): boolean => status === 'running' || status === 'paused'

/** What is known besides the guest itself. */
export interface StartFacts {
  /** The guest at the last sync, and when that was (ISO 8601). */
  readonly previous?: ObservedGuest
  readonly previousAt?: string
  /** Seconds since it started, by the server. */
  readonly uptime?: number
  readonly lastStart?: string
  /** This moment, ISO 8601. */
  readonly now: string
  /** Secrets that were written since the last sync: the server shows no difference. */
  readonly written: readonly string[]
}

const hasRestarted = (previous: ObservedGuest, seen: string, { uptime, lastStart, now }: StartFacts): boolean => {
  if (lastStart !== undefined && lastStart !== previous.lastStart) return true
  return uptime !== undefined && Date.parse(now) - uptime * 1000 > Date.parse(seen) + TOLERANCE_MS
}

const valuesSince = (guest: ObservedGuest, previous: ObservedGuest, written: readonly string[]): AtStart['values'] => {
  const kind = kindOfType(guest.type)
  const known = previous.atStart?.values ?? {}
  const keys = new Set([...Object.keys(guest.current), ...Object.keys(previous.current), ...Object.keys(known)])
  const entries = [...keys].sort().flatMap((key) => {
    const now = guest.current[key] ?? null
    const had = key in known ? (known[key] ?? null) : (previous.current[key] ?? null)
    if (!kind.isReadAtStart(key, guest.current, had ?? undefined, now ?? undefined)) return []
    const isHidden = MASKED.test(now ?? '') && (key in known || written.includes(key))
    return had !== now || isHidden ? [[key, had] as const] : []
  })
  return Object.fromEntries(entries)
}

/**
 * Adds to a running guest what it was started with where that is something else than its configuration says now: PVE writes such values at
 * once and lists them nowhere. It is known as long as the guest was seen running before the change.
 */
export const withAtStart = (guest: ObservedGuest, facts: StartFacts): ObservedGuest => {
  const { previous, previousAt, written } = facts
  const lastStart = facts.lastStart ?? (previous?.type === guest.type ? previous.lastStart : undefined)
  const known = { ...guest, ...(lastStart !== undefined && { lastStart }) }
  if (!isUp(guest) || !previous || previousAt === undefined || !isUp(previous) || previous.type !== guest.type)
    return known
  if (kindOfType(guest.type).migration.restarts && guest.node !== previous.node) return known
  const seen = previous.atStart?.seen ?? previousAt
  if (hasRestarted(previous, seen, facts)) return known
  const values = valuesSince(guest, previous, written)
  return Object.keys(values).length === 0 ? known : { ...known, atStart: { seen, values } }
}
