import { randomUUID } from 'node:crypto'
import { chmod, open, rename, rm } from 'node:fs/promises'
import type BetterSqlite from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
  type TransactionSettings,
} from 'kysely'
import type { Tables } from '../tables.ts'
import { watchPlace } from './state-place.ts'
import { explainOpening, explainState } from './state-trouble.ts'

/** Now, by the clock of the product that keeps the state; ISO 8601. */
export const databaseTime = sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`

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

/** What the driver needs of the file behind it. */
interface StateFile {
  readonly path: string
  readonly database: BetterSqlite.Database
  /** Throws where the file is not at its path any more. */
  readonly assertInPlace: () => void
}

/** A connection whose errors say what is wrong with the file and what to do. */
const explaining = (connection: DatabaseConnection, path: string): DatabaseConnection => ({
  executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
    try {
      return await connection.executeQuery<R>(query)
    } catch (error) {
      throw await explainState(path, error)
    }
  },
  streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
})

class StateDriver extends SqliteDriver {
  readonly #file: StateFile

  constructor(file: StateFile) {
    super({ database: rememberingStatements(file.database) })
    this.#file = file
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return explaining(await super.acquireConnection(), this.#file.path)
  }

  /** Writers say so when they begin: a reader that becomes a writer half-way could not wait for another one and would fail. */
  override async beginTransaction(connection: DatabaseConnection, settings?: TransactionSettings): Promise<void> {
    const reads = settings?.accessMode === 'read only'
    if (!reads) this.#file.assertInPlace()
    await connection.executeQuery(CompiledQuery.raw(reads ? 'begin' : 'begin immediate'))
  }

  /** On a full disk SQLite has rolled back by itself; saying so again would hide why. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#file.database.inTransaction) await super.rollbackTransaction(connection)
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

/** Kysely prepares every statement again; those of the journal are the same few over and over. */
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

const dialectOf = (file: StateFile): Dialect => ({
  createAdapter: () => new TransactionalSqliteAdapter(),
  createDriver: () => new StateDriver(file),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
})

const loadDriver = async (): Promise<typeof BetterSqlite> => {
  const { default: driver } = await import('better-sqlite3')
  return driver
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
    throw await explainOpening(path, error)
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
  const database = await connect(path)
  const file = { path, database, assertInPlace: watchPlace(database, path) }
  const db = new Kysely<Tables>({ dialect: dialectOf(file) })
  return {
    db,
    tableSuffix: 'strict',
    tableNames: () => sqliteTables(db),
    findDamage: () => sqliteDamage(db),
    copyTo: (target) => copySqlite(db, target),
    close: () => db.destroy(),
  }
}
