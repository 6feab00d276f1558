import { Migrator, sql } from 'kysely'
import { diagnose } from '../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../diagnostic/diagnostic-error.ts'
import type { Database } from './file/database.ts'
import { migrationsFor, SCHEMA_STEPS } from './migrations.ts'

const TABLE = 'schema_migration'

/** Made by us because Kysely's own would not be strict. */
const ensureMigrationTable = async ({ db, tableSuffix }: Database): Promise<void> => {
  const create = (text: string) => sql.raw(`create table if not exists ${text} ${tableSuffix}`.trimEnd()).execute(db)
  await create(`${TABLE} (name text primary key not null, timestamp text not null)`)
  await create(`${TABLE}_lock (id text primary key not null, is_locked integer not null default 0)`)
}

const refuseNewer = (path: string, unknown: readonly string[]): never => {
  throw new DiagnosticError([
    diagnose('store.newer-schema', {
      detail: `${path} holds tables that this mpc does not know (${unknown.join(', ')}): a newer mpc has written it. Use that version, or put an older copy from the backups folder in its place.`,
      hint: 'npm install --global proxmox-mpc@latest',
    }),
  ])
}

/**
 * Brings the schema to this version's, after a backup when there is something to lose. Throws a DiagnosticError for a file of a newer mpc,
 * which is left as it is.
 */
export const bringUpToDate = async (
  database: Database,
  path: string,
  backup: (reason: string) => Promise<unknown>,
): Promise<void> => {
  const { db, tableSuffix } = database
  const tables = await database.tableNames()
  const isNew = tables.length === 0
  if (!tables.includes(TABLE)) await ensureMigrationTable(database)
  const applied = (await db.selectFrom(TABLE).select('name').execute()).map(({ name }) => name)
  const known = SCHEMA_STEPS.map(([name]) => name)
  const unknown = applied.filter((name) => !known.includes(name))
  if (unknown.length > 0) refuseNewer(path, unknown)
  if (applied.length === known.length) return
  if (!isNew) await backup('migration')
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrationsFor(tableSuffix) },
    migrationTableName: TABLE,
    migrationLockTableName: `${TABLE}_lock`,
  })
  const { error } = await migrator.migrateToLatest()
  if (error instanceof DiagnosticError) throw error
  if (error !== undefined)
    throw new DiagnosticError(
      [
        diagnose('store.migration-failed', {
          detail: `${path} could not be migrated to this version: ${error instanceof Error ? error.message : String(error)}. It is as it was; a copy lies in the backups folder.`,
        }),
      ],
      { cause: error },
    )
}
