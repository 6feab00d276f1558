import type { Kysely, Transaction } from 'kysely'
import type { Observed, ObservedGuest, ObservedNode, ObservedRights } from '../resource/observed.ts'
import type { Observations } from '../sync/observations.ts'
import { configText, guestRow } from './guest-rows.ts'
import { fromJson, fromJsonOr, toJson } from './json-text.ts'
import type { GuestTable, Tables } from './tables.ts'

/** A configuration a guest once had. */
export interface PastConfiguration {
  readonly syncedAt: string
  readonly hash: string
  readonly config: Pick<ObservedGuest, 'type' | 'node' | 'current' | 'pending'>
}

export interface ObservationStore extends Observations {
  /** Configurations a guest had at past syncs, newest first; one entry for each change. */
  readonly historyOf: (vmid: number) => Promise<readonly PastConfiguration[]>
}

/** SQLite takes at most 32,766 values in one statement. */
const VALUES_AT_ONCE = 20_000
const PAST_CONFIGURATIONS = 50
/** Rows of this many guests are held at a time. */
const GUESTS_AT_ONCE = 500

const inChunks = <T extends object>(rows: readonly T[]): readonly (readonly T[])[] => {
  const size = Math.max(1, Math.floor(VALUES_AT_ONCE / Object.keys(rows[0] ?? { one: 1 }).length))
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => rows.slice(i * size, (i + 1) * size))
}

const replaceSmallTables = async (db: Transaction<Tables>, observed: Observed, syncedAt: string): Promise<void> => {
  const { cluster, nodes, storages, pools, rights } = observed
  await db.deleteFrom('cluster').execute()
  await db
    .insertInto('cluster')
    .values({
      id: 1,
      name: cluster.name,
      version: cluster.version,
      fingerprint: cluster.fingerprint ?? null,
      case_sensitive_tags: cluster.caseSensitiveTags ? 1 : null,
      synced_at: syncedAt,
      rights: rights ? toJson(rights) : null,
    })
    .execute()
  await db.deleteFrom('node').execute()
  const nodeRows = nodes.map(({ node, status, ...facts }) => ({ node, status, facts: toJson(facts) }))
  for (const rows of inChunks(nodeRows)) await db.insertInto('node').values(rows).execute()
  await db.deleteFrom('storage').execute()
  const storageRows = storages.map((storage) => ({
    ...storage,
    content: toJson(storage.content),
    shared: storage.shared ? (1 as const) : (0 as const),
    active: storage.active ? (1 as const) : (0 as const),
    volumes: storage.volumes ? toJson(storage.volumes) : null,
  }))
  for (const rows of inChunks(storageRows)) await db.insertInto('storage').values(rows).execute()
  await db.deleteFrom('pool').execute()
  const poolRows = pools.map(({ poolid, comment }) => ({ poolid, comment: comment ?? null }))
  for (const rows of inChunks(poolRows)) await db.insertInto('pool').values(rows).execute()
}

const removeGuests = async (db: Transaction<Tables>, vmids: readonly number[]): Promise<void> => {
  for (let at = 0; at < vmids.length; at += VALUES_AT_ONCE)
    await db
      .deleteFrom('guest')
      .where('vmid', 'in', vmids.slice(at, at + VALUES_AT_ONCE))
      .execute()
}

const writeGuests = async (db: Transaction<Tables>, changed: readonly GuestTable[]): Promise<void> => {
  for (const rows of inChunks(changed)) await db.insertInto('guest').values(rows).execute()
}

const remember = async (
  db: Transaction<Tables>,
  syncRun: number,
  changed: readonly { readonly guest: ObservedGuest; readonly row: GuestTable }[],
): Promise<void> => {
  const rows = changed.map(({ guest, row }) => ({
    vmid: guest.vmid,
    sync_run: syncRun,
    type: guest.type,
    config_hash: row.config_hash,
    config: configText(guest),
  }))
  for (const chunk of inChunks(rows)) await db.insertInto('observation').values(chunk).execute()
}

const forgetOld = async (db: Transaction<Tables>): Promise<void> => {
  const crowded = await db
    .selectFrom('observation')
    .select('vmid')
    .groupBy('vmid')
    .having(({ fn }) => fn.countAll(), '>', PAST_CONFIGURATIONS)
    .execute()
  for (const { vmid } of crowded) await forgetOldest(db, vmid)
}

const forgetOldest = async (db: Transaction<Tables>, vmid: number): Promise<void> => {
  const kept = await db
    .selectFrom('observation')
    .select('sync_run')
    .where('vmid', '=', vmid)
    .orderBy('sync_run', 'desc')
    .limit(PAST_CONFIGURATIONS)
    .execute()
  const oldest = kept.at(-1)?.sync_run ?? 0
  await db.deleteFrom('observation').where('vmid', '=', vmid).where('sync_run', '<', oldest).execute()
}

const saveGuests = async (db: Transaction<Tables>, syncRun: number, observed: Observed): Promise<number> => {
  const stored = await db.selectFrom('guest').select(['vmid', 'body_hash', 'config_hash']).execute()
  const before = new Map(stored.map((row) => [row.vmid, row]))
  const present = new Set<number>(observed.guests.map(({ vmid }) => vmid))
  const gone = [...before.keys()].filter((vmid) => !present.has(vmid))
  await removeGuests(db, gone)
  let written = 0
  for (let from = 0; from < observed.guests.length; from += GUESTS_AT_ONCE) {
    const rows = observed.guests.slice(from, from + GUESTS_AT_ONCE).map((guest) => ({ guest, row: guestRow(guest) }))
    const changed = rows.filter(({ row }) => before.get(row.vmid)?.body_hash !== row.body_hash)
    const vmids = changed.map(({ row }) => row.vmid)
    await removeGuests(
      db,
      vmids.filter((vmid) => before.has(vmid)),
    )
    await writeGuests(
      db,
      changed.map(({ row }) => row),
    )
    const other = changed.filter(({ row }) => before.get(row.vmid)?.config_hash !== row.config_hash)
    await remember(db, syncRun, other)
    written += changed.length
  }
  if (written > 0) await forgetOld(db)
  return written + gone.length
}

const save = async (db: Kysely<Tables>, observed: Observed, syncedAt: string, durationMs: number): Promise<void> => {
  await db.transaction().execute(async (tx) => {
    const last = await tx
      .selectFrom('sync_run')
      .select(({ fn }) => fn.max('id').as('id'))
      .executeTakeFirst()
    const id = (last?.id ?? 0) + 1
    const duration_ms = Math.round(durationMs)
    await tx
      .insertInto('sync_run')
      .values({ id, at: syncedAt, duration_ms, guests: observed.guests.length, changed: 0 })
      .execute()
    await replaceSmallTables(tx, observed, syncedAt)
    const changed = await saveGuests(tx, id, observed)
    await tx.updateTable('sync_run').set({ changed }).where('id', '=', id).execute()
  })
}

const keepAddresses: (db: Kysely<Tables>) => Observations['keepAddresses'] = (db) => async (addresses) => {
  if (addresses.size === 0) return
  await db.transaction().execute(async (tx) => {
    for (const [vmid, told] of addresses) {
      const row = await tx.selectFrom('guest').select('body').where('vmid', '=', vmid).executeTakeFirst()
      if (!row) continue
      const { body, body_hash } = guestRow({ ...fromJson<ObservedGuest>(row.body), addresses: told })
      await tx.updateTable('guest').set({ body, body_hash }).where('vmid', '=', vmid).execute()
    }
  })
}

const latest: (db: Kysely<Tables>) => ReturnType<Observations['latest']> = (db) =>
  db
    .transaction()
    .setAccessMode('read only')
    .execute(async (tx) => {
      const cluster = await tx.selectFrom('cluster').selectAll().executeTakeFirst()
      if (!cluster) return undefined
      const nodes = await tx.selectFrom('node').selectAll().orderBy('node').execute()
      const storages = await tx.selectFrom('storage').selectAll().orderBy('storage').orderBy('node').execute()
      const pools = await tx.selectFrom('pool').selectAll().orderBy('poolid').execute()
      const guests = await tx.selectFrom('guest').select('body').orderBy('vmid').execute()
      const { name, version, fingerprint, synced_at, rights, case_sensitive_tags } = cluster
      const observed: Observed = {
        cluster: {
          name,
          version,
          ...(fingerprint !== null && { fingerprint }),
          ...(case_sensitive_tags === 1 && { caseSensitiveTags: true as const }),
        },
        nodes: nodes.map(({ node, status, facts }) => ({
          node,
          status: status as ObservedNode['status'],
          ...fromJsonOr<Omit<ObservedNode, 'node' | 'status'>, object>(facts, {}),
        })),
        storages: storages.map(({ volumes, ...row }) => ({
          ...row,
          content: fromJson<readonly string[]>(row.content),
          shared: row.shared === 1,
          active: row.active === 1,
          ...(volumes !== null && { volumes: fromJson<readonly string[]>(volumes) }),
        })),
        pools: pools.map(({ poolid, comment }) => ({ poolid, ...(comment !== null && { comment }) })),
        guests: guests.map(({ body }) => fromJson<ObservedGuest>(body)),
        ...(rights !== null && { rights: fromJson<ObservedRights>(rights) }),
      }
      return { observed, syncedAt: synced_at }
    })

const historyOf = async (db: Kysely<Tables>, vmid: number): Promise<readonly PastConfiguration[]> => {
  const rows = await db
    .selectFrom('observation')
    .innerJoin('sync_run', 'sync_run.id', 'observation.sync_run')
    .select(['sync_run.at', 'observation.config_hash', 'observation.config'])
    .where('observation.vmid', '=', vmid)
    .orderBy('observation.sync_run', 'desc')
    .execute()
  return rows.map(({ at, config_hash, config }) => ({ syncedAt: at, hash: config_hash, config: fromJson(config) }))
}

/** What syncs saw: the latest whole, and the history of every guest's configuration. */
export const observationStore = (db: Kysely<Tables>): ObservationStore => ({
  latest: () => latest(db),
  save: (observed, syncedAt, durationMs) => save(db, observed, syncedAt, durationMs),
  keepAddresses: keepAddresses(db),
  historyOf: (vmid) => historyOf(db, vmid),
})
