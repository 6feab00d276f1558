import { randomUUID } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { type Checked, type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../diagnostic/diagnostic-error.ts'
import { databaseTime } from './file/database.ts'
import type { LeaseTable, Tables } from './tables.ts'

/** The process that wants to write, as the state remembers it. */
export interface Holder {
  readonly host: string
  readonly pid: number
  /** Who it works for, where the system tells. */
  readonly login?: string | undefined
  /** Boot of the machine and PID namespace: where these are the same, a PID means the same process. Missing where the system does not tell. */
  readonly origin?: string | undefined
  /** When the process began, by the machine's own count: tells it from a later one with its PID. */
  readonly started?: string | undefined
  /** Whether a process of this origin that began then is still there; a zombie is not. */
  readonly isAlive: (pid: number, started?: string) => boolean
}

/** Who holds the lease, for people. */
export interface LeaseHolder {
  readonly purpose: string
  readonly pid: number
  readonly host: string
  /** ISO 8601. */
  readonly since: string
}

/** The right to change the cluster, held until released; a timer keeps it fresh and does not keep the process alive. */
export interface Lease {
  readonly token: string
  readonly release: () => Promise<void>
}

/** The lease as it stands, whether or not its process is still there. */
export interface HeldLease extends LeaseHolder {
  readonly token: string
  /** Of its process: there on this machine, gone from it, or somewhere that this machine cannot see. */
  readonly standing: 'running' | 'gone' | 'elsewhere'
  /** Milliseconds since its last heartbeat, by the clock of the database. */
  readonly silentFor: number
}

export interface LeaseStore {
  /** One at a time; a lease whose process is gone is taken over. Undefined with a diagnostic naming the holder otherwise. */
  readonly acquire: (purpose: string) => Promise<Checked<Lease>>
  /** Another process that is still there and holds the lease: what it has not finished it is working on. */
  readonly otherHolder: () => Promise<LeaseHolder | undefined>
  readonly held: () => Promise<HeldLease | undefined>
  /** Takes the lease from its holder, which then writes nothing more. False: it has been given back, or somebody else has it by now. */
  readonly free: (held: Pick<HeldLease, 'token'>) => Promise<boolean>
}

const NAME = 'write'
const HEARTBEAT_MS = 5_000
const STALE_MS = 60_000

/** Whether the row's process ran where we run, so that its PID means something to us. */
const isFromHere = (row: LeaseTable, holder: Holder): boolean =>
  holder.origin === undefined && row.origin === null ? row.host === holder.host : row.origin === holder.origin

/** A process of ours is asked for itself, whatever its heartbeat says; one elsewhere is judged by its heartbeat alone. */
const isStale = (row: LeaseTable, holder: Holder, now: string): boolean =>
  isFromHere(row, holder)
    ? !holder.isAlive(row.pid, row.started ?? undefined)
    : Date.parse(now) - Date.parse(row.heartbeat_at) > STALE_MS

export const leaseInUse = ({ purpose, pid, host, since }: LeaseHolder): Diagnostic =>
  diagnose('store.in-use', {
    detail: `"${purpose}" has been running since ${since.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')} as process ${pid} on ${host}. Wait until it has ended: two at once could undo each other's work. If that process no longer exists, mpc takes over within a minute.`,
  })

const holderOf = ({ purpose, pid, host, acquired_at }: LeaseTable): LeaseHolder => ({
  purpose,
  pid,
  host,
  since: acquired_at,
})

const fresh = (purpose: string, holder: Holder, now: string): LeaseTable => ({
  name: NAME,
  token: randomUUID(),
  purpose,
  host: holder.host,
  pid: holder.pid,
  origin: holder.origin ?? null,
  started: holder.started ?? null,
  acquired_at: now,
  heartbeat_at: now,
})

/** The time by the database's clock: machines that share it may not agree on theirs. */
const timeOf = async (db: Kysely<Tables>): Promise<string> =>
  (await db.selectNoFrom(databaseTime.as('now')).executeTakeFirstOrThrow()).now

/** Takes the lease, or gives who holds it. */
const claim = (
  db: Kysely<Tables>,
  purpose: string,
  holder: Holder,
): Promise<{ readonly held: LeaseTable } | { readonly row: LeaseTable }> =>
  db.transaction().execute(async (tx) => {
    const now = await timeOf(tx)
    const held = await tx.selectFrom('lease').selectAll().where('name', '=', NAME).executeTakeFirst()
    if (held && !isStale(held, holder, now)) return { held }
    const row = fresh(purpose, holder, now)
    await tx.deleteFrom('lease').where('name', '=', NAME).execute()
    await tx.insertInto('lease').values(row).execute()
    return { row }
  })

/** Refuses to go on writing once another process has taken over. Called inside the transaction that writes. */
export const assertHeld = async (tx: Transaction<Tables>, token: string): Promise<void> => {
  const row = await tx.selectFrom('lease').select(['token', 'pid', 'host']).where('name', '=', NAME).executeTakeFirst()
  if (row?.token === token) return
  throw new DiagnosticError([
    diagnose('store.lease-lost', {
      detail: `This run was silent for so long that ${row ? `process ${row.pid} on ${row.host}` : 'another process'} took over. This process writes nothing more; the other one finishes or undoes this run.`,
    }),
  ])
}

/** Where the state cannot be written, the lease ends with its process: what the work came to is not to be hidden by that. */
const giveBack = async (db: Kysely<Tables>, token: string): Promise<void> => {
  try {
    await db.deleteFrom('lease').where('name', '=', NAME).where('token', '=', token).execute()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
  }
}

/** Leases as rows with a heartbeat. */
export const leaseStore = (db: Kysely<Tables>, holder: Holder): LeaseStore => ({
  acquire: async (purpose) => {
    const claimed = await claim(db, purpose, holder)
    if ('held' in claimed) return { value: undefined, diagnostics: [leaseInUse(holderOf(claimed.held))] }
    const { row } = claimed
    const own = () => db.updateTable('lease').where('name', '=', NAME).where('token', '=', row.token)
    let beat: Promise<unknown> = Promise.resolve()
    const timer = setInterval(() => {
      beat = own()
        .set({ heartbeat_at: databaseTime })
        .execute()
        // A missed beat is no harm: the lease is good for many, and every write checks that it is still held.
        .catch((error: unknown) => error)
    }, HEARTBEAT_MS)
    timer.unref()
    const release = async () => {
      clearInterval(timer)
      await beat
      await giveBack(db, row.token)
    }
    return { value: { token: row.token, release }, diagnostics: [] }
  },
  otherHolder: async () => {
    const row = await db.selectFrom('lease').selectAll().where('name', '=', NAME).executeTakeFirst()
    if (!row || (row.pid === holder.pid && isFromHere(row, holder))) return undefined
    return isStale(row, holder, await timeOf(db)) ? undefined : holderOf(row)
  },
  held: async () => {
    const row = await db.selectFrom('lease').selectAll().where('name', '=', NAME).executeTakeFirst()
    if (!row) return undefined
    const now = await timeOf(db)
    const here = isStale(row, holder, now) ? 'gone' : 'running'
    return {
      ...holderOf(row),
      token: row.token,
      standing: isFromHere(row, holder) ? here : 'elsewhere',
      silentFor: Date.parse(now) - Date.parse(row.heartbeat_at),
    }
  },
  free: async ({ token }) => {
    const gone = await db.deleteFrom('lease').where('name', '=', NAME).where('token', '=', token).executeTakeFirst()
    return gone.numDeletedRows > 0n
  },
})
