import { randomUUID } from 'node:crypto'
import { chmod, open, rename, rm } from 'node:fs/promises'
import type BetterSqlite from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
  type TransactionSettings,
} from 'kysely'
import { diagnose } from '../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../diagnostic/diagnostic-error.ts'
import { explainDamage, isDamage } from './damage.ts'
import type { Tables } from './tables.ts'

/** A connection to the state, and the few things that differ from one database product to the next. */
export interface Database {
  readonly db: Kysely<Tables>
  /** Ends a CREATE TABLE. */
  readonly tableSuffix: string
  readonly tableNames: () => Promise<readonly string[]>
  /** What is wrong with the file, in the product's own words; empty when nothing is. */
  readonly findDamage: () => Promise<readonly string[]>
  /** Writes a consistent copy beside a running database; mode 0600. */
  readonly copyTo: (path: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Writers say so when they begin: a reader that becomes a writer half-way could not wait for another one and would fail. */
class PatientSqliteDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection, settings?: TransactionSettings): Promise<void> {
    const reads = settings?.accessMode === 'read only'
    await connection.executeQuery(CompiledQuery.raw(reads ? 'begin' : 'begin immediate'))
  }
}

/** Kysely assumes the contrary of SQLite: here a migration that fails half-way leaves nothing behind. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/** Longer statements are bulk inserts, each written once. */
const LONGEST_KEPT = 2_000

/** Kysely prepares every statement anew; those of the journal are the same few over and over. */
const rememberingStatements = (database: BetterSqlite.Database): SqliteDatabase => {
  const kept = new Map<string, BetterSqlite.Statement>()
  const prepare = (text: string): BetterSqlite.Statement => {
    const known = kept.get(text)
    if (known) return known
    const statement = database.prepare(text)
    if (text.length <= LONGEST_KEPT) kept.set(text, statement)
    return statement
  }
  return {
    close: () => {
      kept.clear()
      database.close()
    },
    prepare: prepare as SqliteDatabase['prepare'],
  }
}

const dialectOf = (database: SqliteDatabase): Dialect => ({
  createAdapter: () => new TransactionalSqliteAdapter(),
  createDriver: () => new PatientSqliteDriver({ database }),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
})

const loadDriver = async (): Promise<typeof BetterSqlite> => {
  const { default: driver } = await import('better-sqlite3')
  return driver
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

const openFailure = (path: string, error: unknown): DiagnosticError => {
  const text = error instanceof Error ? error.message : String(error)
  const code = codeOf(error)
  if (code === 'ERR_DLOPEN_FAILED' || code.endsWith('MODULE_NOT_FOUND') || /bindings file/.test(text))
    return new DiagnosticError(
      [
        diagnose('store.driver-missing', {
          detail: `The SQLite module better-sqlite3 does not fit this Node or is not there (${text.split('\n')[0]}). It is built for one Node version: install mpc again with the Node you run it with.`,
          hint: 'npm rebuild better-sqlite3',
        }),
      ],
      { cause: error },
    )
  return new DiagnosticError(
    [
      diagnose('store.unopened', {
        detail: `${path} cannot be opened: ${text}. Its folder must exist and be writable, and no other program may hold the file locked.`,
      }),
    ],
    { cause: error },
  )
}

/** The file is made by us, not by SQLite, so that it is never readable by others; the files SQLite adds take its mode. */
const claimFile = async (path: string): Promise<void> => {
  const handle = await open(path, 'a', 0o600)
  try {
    const { mode } = await handle.stat()
    if ((mode & 0o077) !== 0) await chmod(path, 0o600)
  } finally {
    await handle.close()
  }
}

const configure = (database: BetterSqlite.Database): void => {
  database.pragma('busy_timeout = 10000')
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
}

const connect = async (path: string): Promise<BetterSqlite.Database> => {
  try {
    const driver = await loadDriver()
    await claimFile(path)
    const database = new driver(path)
    try {
      configure(database)
    } catch (error) {
      database.close()
      throw error
    }
    return database
  } catch (error) {
    throw isDamage(error) ? await explainDamage(path, error) : openFailure(path, error)
  }
}

const sqliteTables = async (db: Kysely<Tables>): Promise<readonly string[]> => {
  const { rows } = await sql<{ name: string }>`select name from sqlite_master where type = 'table'`.execute(db)
  return rows.map(({ name }) => name)
}

const sqliteDamage = async (db: Kysely<Tables>): Promise<readonly string[]> => {
  const integrity = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db)
  const references = await sql<{ table: string; parent: string }>`pragma foreign_key_check`.execute(db)
  return [
    ...integrity.rows.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
    ...references.rows.map(({ table, parent }) => `a row of ${table} refers to a missing row of ${parent}`),
  ]
}

const copySqlite = async (db: Kysely<Tables>, target: string): Promise<void> => {
  const beside = `${target}.${randomUUID()}.tmp`
  try {
    await claimFile(beside)
    await sql`vacuum into ${beside}`.execute(db)
    await rename(beside, target)
  } finally {
    await rm(beside, { force: true })
  }
}

/**
 * Opens the state at a path; the one place that knows which product keeps it. Throws a DiagnosticError when it cannot be opened.
 */
export const openDatabase = async (path: string): Promise<Database> => {
  const db = new Kysely<Tables>({ dialect: dialectOf(rememberingStatements(await connect(path))) })
  return {
    db,
    tableSuffix: 'strict',
    tableNames: () => sqliteTables(db),
    findDamage: () => sqliteDamage(db),
    copyTo: (target) => copySqlite(db, target),
    close: () => db.destroy(),
  }
}
