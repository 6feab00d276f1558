import { guestPath } from '../resource/guest.ts'
import type { ObservedGuest } from '../resource/observed.ts'
import { askFor, eachBounded, type Reader } from './guest-reading.ts'
import { rowsOf } from './read-inventory.ts'

export interface SeenSnapshot {
  readonly name: string
  readonly parent?: string
  /** Unix seconds. */
  readonly time?: number
  readonly description: string
  readonly withMemory: boolean
}

const AT_ONCE = 16

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const snapshotsIn = (data: unknown): readonly SeenSnapshot[] =>
  rowsOf(data)
    .filter(({ name }) => name !== 'current')
    .map((row) => ({
      name: textOf(row['name']),
      ...(typeof row['parent'] === 'string' && { parent: row['parent'] }),
      ...(row['snaptime'] !== undefined && { time: Number(row['snaptime']) }),
      description: textOf(row['description']).trimEnd(),
      withMemory: Number(row['vmstate'] ?? 0) === 1,
    }))

/** Snapshots of each guest (PVE API: GET /nodes/{node}/{type}/{vmid}/snapshot); of one that cannot be asked there is no entry. */
export const readSnapshots = async (
  reader: Reader,
  guests: readonly ObservedGuest[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, readonly SeenSnapshot[]>> => {
  const seen = new Map<number, readonly SeenSnapshot[]>()
  await eachBounded(guests, AT_ONCE, async (guest) => {
    const answer = await askFor(reader, `${guestPath(guest)}/snapshot`, signal)
    if (answer.kind === 'answered') seen.set(guest.vmid, snapshotsIn(answer.data))
  })
  return seen
}
