import { guestKinds } from '../kinds/registry.ts'
import type { ObservedGuest, ObservedNode } from '../resource/observed.ts'
import { askFor, type Reader } from './guest-reading.ts'
import { rowsOf, textOf } from './read-inventory.ts'

/** Tasks that begin or end the life of the guest they are filed under (a clone's is filed under its source). */
const TASKS = new Set(
  Object.values(guestKinds).flatMap(({ taskPrefix }) =>
    ['create', 'restore', 'destroy'].map((verb) => `${taskPrefix}${verb}`),
  ),
)

/** UPID of the last such task, by VMID. */
export type LifeEvents = ReadonlyMap<number, string>

const startOf = (upid: string): number => Number.parseInt(upid.split(':')[4] ?? '', 16)

const isLater = (one: string, other: string | undefined): boolean =>
  other === undefined || startOf(one) > startOf(other)

const isEarlier = (one: string, other: string | undefined): boolean =>
  other !== undefined && startOf(one) < startOf(other)

/** A destruction that failed has left the guest there. */
const failedToDestroy = (type: string, status = 'OK'): boolean =>
  type.endsWith('destroy') && !/^(?:OK|WARNINGS)/.test(status)

/** What a list of tasks tells of it. */
export const lifeEventsIn = (data: unknown): LifeEvents => {
  const events = new Map<number, string>()
  for (const row of rowsOf(data)) {
    if (failedToDestroy(textOf(row, 'type') ?? '', textOf(row, 'status'))) continue
    const [upid, type, id] = [textOf(row, 'upid'), textOf(row, 'type') ?? '', Number(textOf(row, 'id'))]
    if (upid !== undefined && TASKS.has(type) && isLater(upid, events.get(id))) events.set(id, upid)
  }
  return events
}

const TASKS_AT_ONCE = 1000
const OVERLAP_SECONDS = 300

/**
 * Asks each node for its tasks since the last sync. PVE API: GET /nodes/{node}/tasks, which shows those of others only with Sys.Audit; a node that
 * does not answer tells nothing.
 */
export const readLifeEvents = async (
  reader: Reader,
  nodes: readonly ObservedNode[],
  since: string | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly LifeEvents[]> => {
  const from = since === undefined ? undefined : Math.floor(Date.parse(since) / 1000) - OVERLAP_SECONDS
  const params = { limit: TASKS_AT_ONCE, ...(from !== undefined && Number.isFinite(from) && { since: from }) }
  return Promise.all(
    nodes
      .filter(({ status }) => status === 'online')
      .map(async ({ node }) => {
        const answer = await askFor(reader, `/nodes/${node}/tasks`, signal, params)
        return lifeEventsIn(answer.kind === 'answered' ? answer.data : [])
      }),
  )
}

/**
 * The guest with the latest of these events and the one it was known with. Tasks have whole seconds: of two in one second it is the one that the
 * server shows now.
 */
export const withLifeEvent = (
  guest: ObservedGuest,
  sources: readonly LifeEvents[],
  previous: ObservedGuest | undefined,
): ObservedGuest => {
  const known = [previous?.event, ...sources.map((events) => events.get(guest.vmid))]
  const event = known.reduce((last, next) => (next === undefined || isEarlier(next, last) ? last : next), undefined)
  return event === undefined ? guest : { ...guest, event }
}
