import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type BetterSqlite from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DiagnosticError } from '../../src/diagnostic/diagnostic-error.ts'
import { SCHEMA_STEPS } from '../../src/store/migrations.ts'
import { openStore } from '../../src/store/open-store.ts'
import { bound, samplePlan } from './sample-plan.ts'
import { openTemporaryStore, storeOptions, temporaryFolder } from './temporary-store.ts'

const Sqlite = createRequire(import.meta.url)('better-sqlite3') as typeof BetterSqlite

/** Looks into the file behind the store's back. */
const look = <T>(path: string, work: (database: BetterSqlite.Database) => T): T => {
  const database = new Sqlite(path)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

const codesOf = async (work: Promise<unknown>): Promise<readonly string[]> => {
  try {
    await work
    return []
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics.map(({ code }) => code)
    throw error
  }
}

const mode = (path: string): number => statSync(path).mode & 0o777

const TABLES =
  'audit_head audit_pending binding cluster guest journal lease node observation plan plan_step pool run run_before run_step schema_migration schema_migration_lock storage sync_run task'

test('the state has its tables, all strict, in a file that only its owner can read', async () => {
  const { store, path } = await openTemporaryStore()
  await store.plans.list()
  for (const suffix of ['', '-wal', '-shm']) assert.is(mode(`${path}${suffix}`), 0o600, suffix)
  await store.close()
  const tables = look(path, (database) => database.pragma('table_list') as readonly { name: string; strict: number }[])
  const own = tables.filter(({ name }) => !name.startsWith('sqlite_'))
  assert.is(
    own
      .map(({ name }) => name)
      .sort()
      .join(' '),
    TABLES,
  )
  assert.ok(own.every(({ strict }) => strict === 1))
  assert.is(
    look(path, (database) => database.pragma('journal_mode', { simple: true })),
    'wal',
  )
  assert.is(
    look(path, (database) => database.pragma('integrity_check', { simple: true })),
    'ok',
  )
})

test('a file others could read is closed to them', async () => {
  const path = join(temporaryFolder(), 'state.db')
  writeFileSync(path, '', { mode: 0o644 })
  await (await openStore(path, storeOptions())).close()
  assert.is(mode(path), 0o600)
})

test('a file of a newer mpc is refused and left as it is', async () => {
  const { store, path } = await openTemporaryStore()
  await store.close()
  look(path, (database) => database.exec("insert into schema_migration values ('9999-later', '2030')"))
  assert.equal(await codesOf(openStore(path, storeOptions())), ['store.newer-schema'])
  assert.is(
    look(path, (database) => database.prepare('select count(*) as n from schema_migration').pluck().get()),
    SCHEMA_STEPS.length + 1,
  )
})

test('a file that is no database is refused with a way out, and a folder that does not exist too', async () => {
  const path = join(temporaryFolder(), 'state.db')
  writeFileSync(path, 'this is not a database, however long it may be'.repeat(100))
  assert.equal(await codesOf(openStore(path, storeOptions())), ['store.damaged'])
  assert.equal(await codesOf(openStore(join(dirname(path), 'nowhere', 'state.db'), storeOptions())), ['store.unopened'])
})

test('damage is found when it is looked for', async () => {
  const { store, path } = await openTemporaryStore()
  assert.equal(await store.check(), [])
  await store.close()
  look(path, (database) => {
    database.pragma('foreign_keys = OFF')
    database.exec("insert into run values ('p-x.1', 'p-x', 1, 'applied', '2026', null)")
  })
  const again = await openStore(path, storeOptions())
  assert.equal(
    (await again.check()).map(({ code }) => code),
    ['store.damaged'],
  )
  await again.close()
})

test('an older file is backed up before it is brought up to date', async () => {
  const { store, path } = await openTemporaryStore()
  await store.close()
  look(path, (database) => {
    for (const name of TABLES.split(' ')) if (!name.startsWith('schema_')) database.exec(`drop table if exists ${name}`)
    database.exec('delete from schema_migration')
  })
  const again = await openStore(path, storeOptions())
  assert.equal(await again.plans.list(), [])
  await again.close()
  const backups = readdirSync(join(dirname(path), 'backups'))
  assert.is(backups.length, 1)
  assert.match(backups[0] ?? '', /^state-.*-migration\.db$/)
})

/** Bindings as they lay in a state up to the tenth step of the schema. */
const OLD_BINDINGS = `
  drop table binding;
  create table resource (address text primary key, kind text not null check (kind in ('vm', 'container', 'pool')), type text, node text, vmid integer unique, poolid text unique, identity text, config text not null, power text, pool text, prevent_destroy integer not null, on_destroy text not null, made_from text) strict;
  insert into resource values ('vm.web', 'vm', 'qemu', 'pve1', 101, null, '{"uuid":"aa"}', '{"cores":2}', 'running', 'prod', 1, 'retain', '{"source":{"by":"blank"},"images":{}}');
  insert into resource values ('container.dns', 'container', 'lxc', 'pve2', 102, null, '{"marks":["BC:24:11:00:00:01"],"event":null}', '{}', null, null, 0, 'backup', null);
  insert into resource values ('vm.bare', 'vm', 'qemu', 'pve1', 103, null, null, '{}', null, null, 0, 'delete', null);
  insert into resource values ('pool.prod', 'pool', null, null, null, 'prod', null, '{"comment":"live"}', null, null, 0, 'backup', null);
  delete from schema_migration where name >= '0011'`

test('bindings of a state with a table of guests and pools are all there afterwards, and can move', async () => {
  const { store, path } = await openTemporaryStore()
  await store.close()
  look(path, (database) => database.exec(OLD_BINDINGS))
  const again = await openStore(path, storeOptions())
  const remembered = { preventDestroy: false, onDestroy: 'backup' }
  const guest = (type: string, node: string, vmid: number) => ({ type, node, vmid })
  assert.equal(await again.bindings.all(), [
    {
      address: 'container.dns',
      kind: 'container',
      guest: guest('lxc', 'pve2', 102),
      identity: { marks: ['BC:24:11:00:00:01'], event: null },
      config: {},
      ...remembered,
    },
    { address: 'pool.prod', kind: 'pool', poolid: 'prod', config: { comment: 'live' }, ...remembered },
    {
      address: 'vm.bare',
      kind: 'vm',
      guest: guest('qemu', 'pve1', 103),
      config: {},
      ...remembered,
      onDestroy: 'delete',
    },
    {
      address: 'vm.web',
      kind: 'vm',
      guest: guest('qemu', 'pve1', 101),
      identity: { uuid: 'aa' },
      config: { cores: 2 },
      power: 'running',
      pool: 'prod',
      preventDestroy: true,
      onDestroy: 'retain',
      madeFrom: { source: { by: 'blank' }, images: {} },
    },
  ])
  await again.bindings.put(bound('vm.other', 101))
  const addresses = (await again.bindings.all()).map((resource) => resource.address)
  assert.equal(addresses, ['container.dns', 'pool.prod', 'vm.bare', 'vm.other'])
  await again.close()
})

test('a backup is a whole state of its own, private, and only the newest ten are kept', async () => {
  const { store, folder } = await openTemporaryStore()
  await store.plans.save(samplePlan())
  const copies: string[] = []
  for (let i = 0; i < 12; i++) copies.push(await store.backup('sync'))
  await store.close()
  const kept = readdirSync(join(folder, 'backups')).sort()
  assert.equal(
    kept,
    copies.slice(2).map((path) => path.slice(path.lastIndexOf('/') + 1)),
  )
  const last = copies.at(-1) ?? ''
  assert.ok(existsSync(last))
  assert.is(mode(last), 0o600)
  const copy = await openStore(last, storeOptions())
  assert.equal(
    (await copy.plans.list()).map(({ id }) => id),
    [samplePlan().id],
  )
  await copy.close()
})

test.run()
