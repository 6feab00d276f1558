import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type BetterSqlite from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DiagnosticError } from '../../src/diagnostic/diagnostic-error.ts'
import { SCHEMA_STEPS } from '../../src/store/migrations.ts'
import { openStore } from '../../src/store/open-store.ts'
import { samplePlan } from './sample-plan.ts'
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
  'audit_head audit_pending cluster guest journal lease node observation plan plan_step pool resource run run_before run_step schema_migration schema_migration_lock storage sync_run task'

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
