import type { Kysely, Transaction } from 'kysely'
import type { Journal, JournalEntry, RequestRecord } from '../apply/journal.ts'
import { subjectOf } from '../apply/measure/measured.ts'
import { DiagnosticError } from '../diagnostic/diagnostic-error.ts'
import type { Who } from './audit-lines.ts'
import type { AuditLog } from './audit-log.ts'
import { putBinding, removeBinding } from './binding-store.ts'
import { unwritable } from './file/state-trouble.ts'
import { toJson } from './json-text.ts'
import { assertHeld, type Lease } from './lease-store.ts'
import { writePlan } from './plan-store.ts'
import type { Flag, Tables } from './tables.ts'

type Tx = Transaction<Tables>

const toFlag = (value: boolean): Flag => (value ? 1 : 0)

const nullable = (value: unknown): string | null => (value === undefined ? null : toJson(value))

const recordTask = async (tx: Tx, { run, step, direction, status, upid, at }: RequestRecord): Promise<void> => {
  if (upid === undefined) return
  await tx
    .insertInto('task')
    .values({ upid, run, step, direction, status, at })
    .onConflict((conflict) => conflict.column('upid').doUpdateSet({ status }))
    .execute()
}

/** A line before a write leaves, and one for what became of it. */
const keepTrack = async (tx: Tx, audit: AuditLog, record: RequestRecord): Promise<void> => {
  const { run, step, direction, index, status, upid, message, at } = record
  if (record.request.method === 'GET') return
  if (status === 'intent') await audit.append(tx, record)
  if (status !== 'done' && status !== 'failed') return
  await audit.note(tx, {
    event: 'answer',
    at,
    run,
    step,
    direction,
    index,
    status,
    ...(upid !== undefined && { upid }),
    ...(message !== undefined && { message }),
  })
}

const recordRequest = async (tx: Tx, audit: AuditLog, record: RequestRecord): Promise<void> => {
  await keepTrack(tx, audit, record)
  const what = {
    status: record.status,
    request: toJson(record.request),
    upid: record.upid ?? null,
    message: record.message ?? null,
    since: record.since ?? null,
    held: record.held === undefined ? null : toFlag(record.held),
    before: nullable(record.before),
    after: nullable(record.after),
    outputs: nullable(record.outputs),
    at: record.at,
  }
  const { run, step, direction, index } = record
  await tx
    .insertInto('journal')
    .values({ run, step, direction, position: index, ...what })
    .onConflict((conflict) => conflict.columns(['run', 'step', 'direction', 'position']).doUpdateSet(what))
    .execute()
  await recordTask(tx, record)
}

const startStep = async (tx: Tx, entry: JournalEntry & { type: 'step-started' }): Promise<void> => {
  const { run, step, direction } = entry
  if (direction === 'reverse') return
  await tx
    .insertInto('run_step')
    .values({ run, step: step.id, status: 'running', ended: null, outputs: toJson(entry.outputs), after: null })
    .onConflict((conflict) => conflict.columns(['run', 'step']).doUpdateSet({ status: 'running' }))
    .execute()
}

const nextEnd = async (tx: Tx, run: string): Promise<number> => {
  const last = await tx
    .selectFrom('run_step')
    .select(({ fn }) => fn.max('ended').as('ended'))
    .where('run', '=', run)
    .executeTakeFirst()
  return (last?.ended ?? 0) + 1
}

const endStep = async (tx: Tx, entry: JournalEntry & { type: 'step-ended' }): Promise<void> => {
  const { run, step, status, outputs, after } = entry.record
  const row = { status, outputs: toJson(outputs), after: nullable(after) }
  // Undoing leaves the order of ending alone: it is what a later recovery goes by.
  const ended = await nextEnd(tx, run)
  const changed = entry.direction === 'forward' ? { ...row, ended } : row
  await tx
    .insertInto('run_step')
    .values({ run, step, ...row, ended })
    .onConflict((conflict) => conflict.columns(['run', 'step']).doUpdateSet(changed))
    .execute()
  if (entry.binding === undefined) return
  if (entry.binding === null) await removeBinding(tx, entry.step.address)
  else await putBinding(tx, entry.binding)
}

const keepMeasure = async (tx: Tx, { run, measure }: JournalEntry & { type: 'measured' }): Promise<void> => {
  const row = { run, subject: subjectOf(measure), body: toJson(measure) }
  await tx
    .insertInto('run_before')
    .values(row)
    .onConflict((conflict) => conflict.columns(['run', 'subject']).doNothing())
    .execute()
}

const recordEntry = (tx: Tx, audit: AuditLog, entry: JournalEntry): Promise<void> => {
  switch (entry.type) {
    case 'step-started':
      return startStep(tx, entry)
    case 'request':
      return recordRequest(tx, audit, entry.record)
    case 'measured':
      return keepMeasure(tx, entry)
    case 'step-ended':
      return endStep(tx, entry)
  }
}

/** What keeps the audit log from being written is outside of mpc too. */
export const explained = (error: unknown): unknown => {
  const path = error instanceof Error && 'path' in error ? String(error.path) : undefined
  const found = path === undefined ? undefined : unwritable(path, error)
  return found ? new DiagnosticError([found], { cause: error }) : error
}

/**
 * The journal as rows. Each call is one transaction, synced to disk when it resolves. Every call first checks that the lease is still ours, so
 * that a process that was taken for dead cannot write beside its successor.
 */
export const journalStore = (db: Kysely<Tables>, audit: AuditLog, lease: Lease, who: Who): Journal => {
  const write = async (work: (tx: Tx) => Promise<void>): Promise<void> => {
    try {
      await db.transaction().execute(async (tx) => {
        await assertHeld(tx, lease.token)
        await work(tx)
      })
    } catch (error) {
      audit.doubt()
      throw explained(error)
    }
  }
  return {
    knownTasks: async (run, upids) => {
      if (upids.length === 0) return new Set()
      const own = db
        .selectFrom('task')
        .select('upid')
        .where('upid', 'in', [...upids])
      return new Set((await own.where('run', '!=', run).execute()).map(({ upid }) => upid))
    },
    begin: (run, plan) =>
      write(async (tx) => {
        await writePlan(tx, plan, run.startedAt)
        const number = Number(run.id.slice(run.id.lastIndexOf('.') + 1))
        const { id, status, startedAt, endedAt } = run
        await tx
          .insertInto('run')
          .values({ id, plan: plan.id, number, status, started_at: startedAt, ended_at: endedAt ?? null })
          .execute()
        await audit.note(tx, { event: 'run', at: startedAt, run: id, plan: plan.id, ...who })
      }),
    record: (entries) =>
      write(async (tx) => {
        for (const entry of entries) await recordEntry(tx, audit, entry)
      }),
    end: (run, status, at) =>
      write(async (tx) => {
        await audit.note(tx, { event: 'end', at, run, status })
        await audit.settle(tx)
        const open = tx.updateTable('run').where('id', '=', run).where('status', '=', 'running')
        const { numUpdatedRows } = await open.set({ status, ended_at: at }).executeTakeFirstOrThrow()
        if (numUpdatedRows !== 1n) throw new Error(`run ${run} had ended before`)
      }),
  }
}
