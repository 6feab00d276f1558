import type { Listing, Row } from '../../render/inventory/row.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import type { Session } from '../session/session.ts'

const COLUMNS = ['vmid', 'guest', 'node', 'snapshot', 'time', 'memory', 'parent', 'taken_by', 'description']
const SHOWN = ['vmid', 'guest', 'snapshot', 'time', 'taken_by', 'description']

const rowOf = ({ vmid, name, node }: ObservedGuest, snapshot: string, run: string | undefined): Row => ({
  vmid,
  guest: name,
  node,
  snapshot,
  time: null,
  memory: null,
  parent: null,
  taken_by: run ?? null,
  description: null,
})

const isoOf = (seconds: number | undefined): string | null =>
  seconds === undefined ? null : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

/** By VMID, the names of snapshots that mpc took, and the runs that did. */
type Taken = ReadonlyMap<number, ReadonlyMap<string, string>>

const takenBy = async ({ store }: Session): Promise<Taken> => {
  const taken = new Map<number, Map<string, string>>()
  for (const { guest, name, run } of await store.runs.safetySnapshots())
    taken.set(guest.vmid, (taken.get(guest.vmid) ?? new Map()).set(name, run))
  return taken
}

/** What the state knows: those that mpc took, and the one that each guest was changed from. */
const known = (guests: readonly ObservedGuest[], taken: Taken): readonly Row[] =>
  guests.flatMap((guest) => {
    const own = taken.get(guest.vmid)
    const parent = guest.current['parent']
    const names = new Set([...(own?.keys() ?? []), ...(parent === undefined ? [] : [parent])])
    return [...names].map((name) => rowOf(guest, name, own?.get(name)))
  })

/** Snapshots by guest; `fresh`: all of them, from the server, and else only what is known of them. */
export const listSnapshots = async (
  session: Session,
  { guests }: Observed,
  { fresh }: { readonly fresh: boolean },
): Promise<Listing> => {
  const taken = await takenBy(session)
  if (!fresh) return { columns: COLUMNS, shown: SHOWN, rows: known(guests, taken) }
  const { readSnapshots } = await import('../../sync/read-snapshots.ts')
  const asked = guests.filter(
    ({ current, unknownSince, vmid }) =>
      unknownSince === undefined && (current['parent'] !== undefined || taken.has(vmid)),
  )
  const seen = await readSnapshots(await session.reader(), asked)
  const rows = asked.flatMap((guest) =>
    (seen.get(guest.vmid) ?? []).map(({ name, parent, time, description, withMemory }) => ({
      ...rowOf(guest, name, taken.get(guest.vmid)?.get(name)),
      time: isoOf(time),
      memory: withMemory,
      parent: parent ?? null,
      description,
    })),
  )
  return { columns: COLUMNS, shown: SHOWN, rows }
}
