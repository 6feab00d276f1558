import { type Kysely, type Migration, sql } from 'kysely'

/** A step of the schema. A released one is never edited; a change is a new one at the end. */
export type SchemaStep = (db: Kysely<unknown>, tableSuffix: string) => Promise<void>

const statements = (texts: readonly string[]): SchemaStep => {
  return async (db, tableSuffix) => {
    for (const text of texts) {
      const end = text.startsWith('create table') && tableSuffix !== '' ? ` ${tableSuffix}` : ''
      await sql.raw(`${text}${end}`).execute(db)
    }
  }
}

const OBSERVED = [
  'create table cluster (id integer primary key check (id = 1), name text not null, version text not null, fingerprint text, synced_at text not null)',
  'create table sync_run (id integer primary key, at text not null, duration_ms integer not null, guests integer not null, changed integer not null)',
  'create table node (node text primary key, status text not null)',
  'create table storage (node text not null, storage text not null, type text not null, content text not null, shared integer not null, active integer not null, total integer not null, used integer not null, primary key (node, storage))',
  'create table pool (poolid text primary key, comment text)',
  'create table guest (vmid integer primary key, type text not null, node text not null, name text not null, status text not null, template integer not null, pool text, lock text, digest text not null, unknown_since text, body_hash text not null, config_hash text not null, body text not null)',
  'create index guest_by_node on guest (node)',
  'create index guest_by_name on guest (name)',
  'create table guest_disk (vmid integer not null references guest (vmid) on delete cascade, slot text not null, storage text, volume text not null, size text, primary key (vmid, slot))',
  'create table guest_network (vmid integer not null references guest (vmid) on delete cascade, slot text not null, model text, mac text, bridge text, tag integer, primary key (vmid, slot))',
  'create table guest_snapshot (vmid integer not null references guest (vmid) on delete cascade, name text not null, position integer not null, primary key (vmid, name))',
  'create table observation (vmid integer not null, sync_run integer not null references sync_run (id), type text not null, config_hash text not null, config text not null, primary key (vmid, sync_run))',
  'create index observation_by_hash on observation (config_hash)',
]

const MANAGED = [
  "create table resource (address text primary key, kind text not null check (kind in ('vm', 'container', 'pool')), type text, node text, vmid integer unique, poolid text unique, identity text, config text not null, power text, pool text, prevent_destroy integer not null, on_destroy text not null)",
  'create table plan (id text primary key, fingerprint text not null unique, cluster text not null, origin text not null, origin_run text, steps integer not null, created_at text not null, body text not null)',
  'create table plan_step (plan text not null references plan (id) on delete cascade, position integer not null, step text not null, action text not null, address text not null, vmid integer, disruption text not null, reversal text not null, primary key (plan, position))',
  'create index plan_step_by_vmid on plan_step (vmid)',
  'create table run (id text primary key, plan text not null references plan (id), number integer not null, status text not null, started_at text not null, ended_at text, unique (plan, number))',
  'create index run_by_status on run (status)',
  'create table run_step (run text not null references run (id) on delete cascade, step text not null, status text not null, ended integer, outputs text not null, after text, primary key (run, step))',
  'create table journal (run text not null references run (id) on delete cascade, step text not null, direction text not null, position integer not null, status text not null, request text not null, upid text, message text, since integer, before text, after text, outputs text, at text not null, primary key (run, step, direction, position))',
  'create table task (upid text primary key, run text not null references run (id) on delete cascade, step text not null, direction text not null, status text not null, at text not null)',
  'create table lease (name text primary key, token text not null, purpose text not null, host text not null, pid integer not null, acquired_at text not null, heartbeat_at text not null)',
  'create table audit_head (id integer primary key check (id = 1), seq integer not null, hash text not null)',
  'create table audit_pending (seq integer primary key, line text not null)',
  'create table cache (namespace text not null, key text not null, value text not null, at text not null, primary key (namespace, key))',
]

const VOLUMES = ['alter table storage add column volumes text']
const CLUSTER_FACTS = ['alter table cluster add column rights text', 'alter table node add column facts text']
const BEFOREHAND = [
  'alter table journal add column held integer',
  'create table run_before (run text not null references run (id) on delete cascade, subject text not null, body text not null, primary key (run, subject))',
]
const STEP_BODIES = ['alter table plan_step add column body text']
const PROCESS_ORIGINS = ['alter table lease add column origin text', 'alter table lease add column started text']
const PLAN_TIMES = ['alter table plan add column as_of text']
const TAG_CASE = ['alter table cluster add column case_sensitive_tags integer']
const UNREAD = ['guest_disk', 'guest_network', 'guest_snapshot', 'cache'].map((table) => `drop table ${table}`)
const MADE_FROM = ['alter table resource add column made_from text']

const BINDING =
  'create table binding (address text primary key, kind text not null, subject text not null unique, identity text not null, applied text not null)'

/** A row of the table `resource`, as it was up to 0010. */
interface OldBinding {
  readonly address: string
  readonly kind: string
  readonly type: string | null
  readonly node: string | null
  readonly vmid: number | null
  readonly poolid: string | null
  readonly identity: string | null
  readonly config: string
  readonly power: string | null
  readonly pool: string | null
  readonly prevent_destroy: number
  readonly on_destroy: string
  readonly made_from: string | null
}

const known = (name: string, json: string | null): object => (json === null ? {} : { [name]: JSON.parse(json) })

const newBinding = (old: OldBinding): readonly string[] => {
  const { type, node, vmid, power, pool } = old
  const isGuest = vmid !== null
  const identity = isGuest
    ? { guest: { type, node, vmid }, ...known('identity', old.identity) }
    : { poolid: old.poolid }
  const applied = {
    config: JSON.parse(old.config),
    ...(power !== null && { power }),
    ...(pool !== null && { pool }),
    preventDestroy: old.prevent_destroy === 1,
    onDestroy: old.on_destroy,
    ...known('madeFrom', old.made_from),
  }
  const subject = isGuest ? `guest/${vmid}` : `pool/${old.poolid}`
  return [old.address, old.kind, subject, JSON.stringify(identity), JSON.stringify(applied)]
}

/** One table for bindings of every kind, told apart by what is in them. */
const bindings: SchemaStep = async (db, tableSuffix) => {
  await statements([BINDING])(db, tableSuffix)
  const { rows } = await sql<OldBinding>`select * from resource order by address`.execute(db)
  for (const row of rows)
    await sql`insert into binding (address, kind, subject, identity, applied) values (${sql.join(newBinding(row))})`.execute(
      db,
    )
  await sql.raw('drop table resource').execute(db)
}

/** In the order in which they are applied; the names are kept in `schema_migration`. */
export const SCHEMA_STEPS: readonly (readonly [name: string, step: SchemaStep])[] = [
  ['0001-begin', statements([...OBSERVED, ...MANAGED])],
  ['0002-storage-volumes', statements(VOLUMES)],
  ['0003-step-bodies', statements(STEP_BODIES)],
  ['0004-cluster-facts', statements(CLUSTER_FACTS)],
  ['0005-process-origins', statements(PROCESS_ORIGINS)],
  ['0006-plan-times', statements(PLAN_TIMES)],
  ['0007-beforehand', statements(BEFOREHAND)],
  ['0008-made-from', statements(MADE_FROM)],
  ['0009-tag-case', statements(TAG_CASE)],
  ['0010-unread-tables', statements(UNREAD)],
  ['0011-bindings', bindings],
]

/** What Kysely's Migrator wants, made of the list above. */
export const migrationsFor = (tableSuffix: string): Record<string, Migration> =>
  Object.fromEntries(SCHEMA_STEPS.map(([name, step]) => [name, { up: (db) => step(db, tableSuffix) }]))
