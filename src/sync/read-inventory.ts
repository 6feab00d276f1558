import { kindOfType } from '../kinds/registry.ts'
import { type GuestType, isGuestType, parseVmid, type Vmid } from '../resource/guest.ts'
import type { ObservedNode, ObservedPool, ObservedStorage } from '../resource/observed.ts'

/** A guest as `GET /cluster/resources` lists it: where it is, and what may be ten seconds old. */
export interface ListedGuest {
  readonly type: GuestType
  readonly vmid: Vmid
  readonly node: string
  readonly name?: string
  readonly status: string
  readonly pool?: string
  readonly ha?: string
  readonly replication?: readonly string[]
  /** Seconds. */
  readonly uptime?: number
}

/** What `GET /cluster/resources` says, sorted. */
export interface Inventory {
  readonly nodes: readonly ObservedNode[]
  readonly storages: readonly ObservedStorage[]
  readonly guests: readonly ListedGuest[]
}

type Row = Readonly<Record<string, unknown>>

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null

/** Rows of a list answer; anything else gives none. */
export const rowsOf = (data: unknown): readonly Row[] => (Array.isArray(data) ? data.filter(isRow) : [])

export const textOf = (row: Row, name: string): string | undefined => {
  const value = row[name]
  return value === undefined || value === null ? undefined : String(value)
}

const byText =
  <T>(key: (item: T) => string) =>
  (a: T, b: T): number =>
    key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0

const NODE_STATUS: Readonly<Record<string, ObservedNode['status']>> = { online: 'online', offline: 'offline' }

/** A number that says something: PVE leaves figures out, or zero, where it does not know them. */
const figureOf = (row: Row, name: string): number | undefined => Number(row[name] ?? 0) || undefined

const nodeOf = (row: Row): ObservedNode => {
  const [cpus, memory] = [figureOf(row, 'maxcpu'), figureOf(row, 'maxmem')]
  return {
    node: textOf(row, 'node') ?? '',
    status: NODE_STATUS[textOf(row, 'status') ?? ''] ?? 'unknown',
    ...(cpus !== undefined && { cpus }),
    ...(memory !== undefined && { memory }),
  }
}

const storageOf = (row: Row): ObservedStorage => ({
  storage: textOf(row, 'storage') ?? '',
  node: textOf(row, 'node') ?? '',
  type: textOf(row, 'plugintype') ?? '',
  content: (textOf(row, 'content') ?? '').split(',').filter(Boolean).sort(),
  shared: Number(row['shared'] ?? 0) === 1,
  active: textOf(row, 'status') === 'available',
  total: Number(row['maxdisk'] ?? 0),
  used: Number(row['disk'] ?? 0),
})

const guestOf = (row: Row): ListedGuest | undefined => {
  const vmid = parseVmid(row['vmid'])
  const type = row['type']
  const node = textOf(row, 'node')
  if (vmid === undefined || node === undefined || !isGuestType(type)) return undefined
  const [name, pool, ha] = [textOf(row, 'name'), textOf(row, 'pool'), textOf(row, 'hastate')]
  const uptime = figureOf(row, 'uptime')
  return {
    type,
    vmid,
    node,
    status: textOf(row, 'status') ?? 'unknown',
    ...(uptime !== undefined && { uptime }),
    ...(name !== undefined && { name }),
    ...(pool !== undefined && { pool }),
    ...(ha !== undefined && { ha }),
  }
}

/** Reads the answer of `GET /cluster/resources`; rows of other types are left out. */
export const readInventory = (data: unknown): Inventory => {
  const rows = rowsOf(data)
  const ofType = (type: string) => rows.filter((row) => row['type'] === type)
  return {
    nodes: ofType('node')
      .map(nodeOf)
      .sort(byText(({ node }) => node)),
    storages: ofType('storage')
      .map(storageOf)
      .sort(byText(({ storage, node }) => `${storage}\0${node}`)),
    guests: rows
      .map(guestOf)
      .filter((guest) => guest !== undefined)
      .sort((a, b) => a.vmid - b.vmid),
  }
}

/** Reads the answer of `GET /pools`. */
export const readPools = (data: unknown): readonly ObservedPool[] =>
  rowsOf(data)
    .map((row) => {
      const comment = textOf(row, 'comment')
      return { poolid: textOf(row, 'poolid') ?? '', ...(comment !== undefined && comment !== '' && { comment }) }
    })
    .sort(byText(({ poolid }) => poolid))

/**
 * Adds what `GET /cluster/ha/resources` and `GET /cluster/replication` say of guests. Whoever may not read the first still has the HA state of
 * the list, which may be that of a moment ago.
 */
export const withHolds = (
  guests: readonly ListedGuest[],
  ha: unknown,
  replication: unknown,
): readonly ListedGuest[] => {
  const states = new Map(rowsOf(ha).map((row) => [textOf(row, 'sid'), textOf(row, 'state') ?? 'started']))
  const jobs = new Map<number, string[]>()
  for (const row of rowsOf(replication)) {
    const [id, guest] = [textOf(row, 'id'), Number(row['guest'])]
    if (id !== undefined) jobs.set(guest, [...(jobs.get(guest) ?? []), id].sort())
  }
  return guests.map((guest) => {
    const state = states.get(`${kindOfType(guest.type).haPrefix}:${guest.vmid}`)
    const own = jobs.get(guest.vmid)
    return { ...guest, ...(state !== undefined && { ha: state }), ...(own && { replication: own }) }
  })
}

/** The cluster's name (`GET /cluster/status`); a node on its own goes by its own name. */
export const readClusterName = (data: unknown): string | undefined => {
  const rows = rowsOf(data)
  const named = rows.find((row) => row['type'] === 'cluster') ?? rows.find((row) => row['type'] === 'node')
  return named && textOf(named, 'name')
}
