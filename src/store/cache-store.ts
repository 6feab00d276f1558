import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** Answers worth keeping; losing them costs time and nothing else. */
export interface CacheStore {
  readonly get: (namespace: string, key: string) => Promise<{ readonly value: string; readonly at: string } | undefined>
  readonly set: (namespace: string, key: string, value: string) => Promise<void>
  readonly clear: (namespace: string) => Promise<void>
}

export const cacheStore = (db: Kysely<Tables>, now: () => Date): CacheStore => ({
  get: (namespace, key) =>
    db
      .selectFrom('cache')
      .select(['value', 'at'])
      .where('namespace', '=', namespace)
      .where('key', '=', key)
      .executeTakeFirst(),
  set: async (namespace, key, value) => {
    const row = { namespace, key, value, at: now().toISOString() }
    await db
      .insertInto('cache')
      .values(row)
      .onConflict((conflict) => conflict.columns(['namespace', 'key']).doUpdateSet({ value: row.value, at: row.at }))
      .execute()
  },
  clear: async (namespace) => {
    await db.deleteFrom('cache').where('namespace', '=', namespace).execute()
  },
})
