import PQueue from 'p-queue'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../diagnostic/diagnostic-error.ts'
import { guestPath } from '../resource/guest.ts'
import type { ObservedGuest } from '../resource/observed.ts'
import type { Answer, OutgoingRequest } from '../resource/server.ts'
import { observedGuest, readPending } from './read-guest.ts'
import type { ListedGuest } from './read-inventory.ts'

/** The part of the server that a sync needs; only GET is sent. */
export interface Reader {
  readonly send: (request: OutgoingRequest, signal?: AbortSignal) => Promise<Answer>
}

/** What asking for one guest came to. */
export type GuestReading =
  | { readonly kind: 'read'; readonly guest: ObservedGuest; readonly uptime?: number }
  /** It is not where the list said: destroyed or migrated meanwhile. */
  | { readonly kind: 'gone'; readonly listed: ListedGuest }
  | { readonly kind: 'hidden'; readonly listed: ListedGuest; readonly diagnostic: Diagnostic }
  | { readonly kind: 'node-down'; readonly listed: ListedGuest }
  | { readonly kind: 'unreadable'; readonly listed: ListedGuest; readonly diagnostic: Diagnostic }

export const askFor = (
  reader: Reader,
  path: string,
  signal: AbortSignal | undefined,
  params: OutgoingRequest['params'] = {},
): Promise<Answer> => reader.send({ method: 'GET', path, params }, signal)

const failed = (listed: ListedGuest, answer: Exclude<Answer, { readonly kind: 'answered' }>): GuestReading => {
  const { diagnostic } = answer
  if (answer.kind === 'unknown') return { kind: 'node-down', listed }
  // Without the server or its trust every other guest would fail alike.
  if (answer.status === 0 || answer.status === 401) throw new DiagnosticError([diagnostic])
  if (answer.status === 403) return { kind: 'hidden', listed, diagnostic }
  if (answer.reason === 'unreachable' || answer.reason === 'unknown-node') return { kind: 'node-down', listed }
  if (answer.reason === 'no-such-guest') return { kind: 'gone', listed }
  return { kind: 'unreadable', listed, diagnostic }
}

const statusNow = async (
  reader: Reader,
  listed: ListedGuest,
  signal: AbortSignal | undefined,
): Promise<ListedGuest> => {
  const answer = await askFor(reader, `${guestPath(listed)}/status/current`, signal)
  if (answer.kind !== 'answered' || typeof answer.data !== 'object' || answer.data === null) return listed
  const status = Reflect.get(answer.data, 'qmpstatus') ?? Reflect.get(answer.data, 'status')
  const uptime = Number(Reflect.get(answer.data, 'uptime') ?? Number.NaN)
  const { uptime: _before, ...rest } = listed
  return {
    ...rest,
    ...(typeof status === 'string' && { status }),
    ...(Number.isNaN(uptime) ? {} : { uptime }),
  }
}

/**
 * Asks for one guest's configuration (PVE API: GET /nodes/{node}/{type}/{vmid}/pending). `recent`: something was done with the guest
 * lately, so that the list's power state may be stale and is asked for too. Throws `DiagnosticError` when the server itself is lost.
 */
export const observeGuest = async (
  reader: Reader,
  listed: ListedGuest,
  { recent }: { readonly recent: boolean },
  signal: AbortSignal | undefined,
): Promise<GuestReading> => {
  const answer = await askFor(reader, `${guestPath(listed)}/pending`, signal)
  if (answer.kind !== 'answered') return failed(listed, answer)
  const fresh = recent || listed.status === 'unknown' ? await statusNow(reader, listed, signal) : listed
  const { uptime } = fresh
  return {
    kind: 'read',
    guest: observedGuest(fresh, readPending(answer.data)),
    ...(uptime !== undefined && { uptime }),
  }
}

/** Work on many items with a bounded number under way; results in the order of the items. After a failure nothing more is begun. */
export const eachBounded = async <T, R>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  const queue = new PQueue({ concurrency })
  try {
    return await queue.addAll(items.map((item) => () => work(item)))
  } catch (error) {
    queue.clear()
    throw error
  }
}
