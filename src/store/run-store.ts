import type { Kysely } from 'kysely'
import type { FinishedRun, RecordedRun, RequestRecord, RunRecord, StepRecord, UnfinishedRun } from '../apply/journal.ts'
import type { Measure } from '../apply/measure/measured.ts'
import { type Checked, diagnose } from '../diagnostic/diagnostic.ts'
import type { KeptSnapshot } from '../resource/kept-snapshot.ts'
import { fromJson, fromJsonOr } from './json-text.ts'
import type { LeaseStore } from './lease-store.ts'
import { readPlan } from './plan-store.ts'
import { readSafetySnapshots } from './safety-snapshots.ts'
import type { JournalTable, RunStepTable, RunTable, Tables } from './tables.ts'

export interface RunStore {
  /** The id the plan's next run will have: `<plan>.<n>`. */
  readonly nextId: (plan: string) => Promise<string>
  /** Runs that were begun and never ended, oldest first; none while another process is at work on them. */
  readonly unfinished: () => Promise<readonly UnfinishedRun[]>
  /** Newest first. */
  readonly ofPlan: (plan: string) => Promise<readonly RunRecord[]>
  /**
   * A run that ended, by its id, or a plan's (or the beginning of its id) last one that left something to undo, or simply its last one. Where it was undone and then done
   * again, it is the run that did it again.
   */
  readonly finished: (planOrRun: string) => Promise<Checked<FinishedRun>>
  /** What a run found of the guests and pools it then changed. */
  readonly measured: (run: string) => Promise<readonly Measure[]>
  /** Snapshots that mpc took and, by its own records, has not removed, oldest first. */
  readonly safetySnapshots: () => Promise<readonly KeptSnapshot[]>
}

const runOf = ({ id, plan, status, started_at, ended_at }: RunTable): RunRecord => ({
  id,
  plan,
  status: status as RunRecord['status'],
  startedAt: started_at,
  ...(ended_at !== null && { endedAt: ended_at }),
})

const stepOf = ({ run, step, status, outputs, after }: RunStepTable): StepRecord => ({
  run,
  step,
  status: status as StepRecord['status'],
  outputs: fromJson(outputs),
  ...(after !== null && { after: fromJson(after) }),
})

const requestOf = (row: JournalTable): RequestRecord => ({
  run: row.run,
  step: row.step,
  direction: row.direction as RequestRecord['direction'],
  index: row.position,
  request: fromJson(row.request),
  status: row.status as RequestRecord['status'],
  ...(row.upid !== null && { upid: row.upid }),
  ...(row.message !== null && { message: row.message }),
  ...(row.since !== null && { since: row.since }),
  ...(row.held !== null && { held: row.held === 1 }),
  ...(row.before !== null && { before: fromJson(row.before) }),
  ...(row.after !== null && { after: fromJson(row.after) }),
  ...(row.outputs !== null && { outputs: fromJsonOr(row.outputs, {}) }),
  at: row.at,
})

const measuredBefore = async (db: Kysely<Tables>, run: string): Promise<readonly Measure[]> => {
  const rows = await db.selectFrom('run_before').select('body').where('run', '=', run).orderBy('subject').execute()
  return rows.map(({ body }) => fromJson<Measure>(body))
}

const loadUnfinished = async (db: Kysely<Tables>, row: RunTable): Promise<UnfinishedRun> => {
  const recorded = await load(db, row)
  const { origin } = recorded.plan
  return origin.kind === 'revert' ? { ...recorded, earlier: await measuredBefore(db, origin.run) } : recorded
}

const load = async (db: Kysely<Tables>, row: RunTable): Promise<RecordedRun> => {
  const steps = await db.selectFrom('run_step').selectAll().where('run', '=', row.id).orderBy('ended').execute()
  const requests = await db
    .selectFrom('journal')
    .selectAll()
    .where('run', '=', row.id)
    .orderBy('at')
    .orderBy('step')
    .orderBy('position')
    .execute()
  const before = await measuredBefore(db, row.id)
  const ended = [...steps.filter((step) => step.ended !== null), ...steps.filter((step) => step.ended === null)]
  return {
    run: runOf(row),
    plan: await readPlan(db, row.plan),
    steps: ended.map(stepOf),
    requests: requests.map(requestOf),
    ...(before.length > 0 && { before }),
  }
}

/** The last run that undid a run. */
const lastRevert = (db: Kysely<Tables>, run: string): Promise<RunTable | undefined> =>
  db
    .selectFrom('run')
    .innerJoin('plan', 'plan.id', 'run.plan')
    .selectAll('run')
    .where('plan.origin_run', '=', run)
    .where('run.status', '=', 'applied')
    .orderBy('run.started_at', 'desc')
    .limit(1)
    .executeTakeFirst()

/** Follows the chain of undoing and doing again, to the run whose work stands, or to the one that was undone last. */
const follow = async (
  db: Kysely<Tables>,
  run: RunTable,
): Promise<{ readonly run: RunTable; readonly revertedBy?: string }> => {
  const revert = await lastRevert(db, run.id)
  if (!revert) return { run }
  const redo = await lastRevert(db, revert.id)
  return redo ? follow(db, redo) : { run, revertedBy: revert.id }
}

const loadFinished = async (db: Kysely<Tables>, row: RunTable): Promise<FinishedRun> => {
  const { run, revertedBy } = await follow(db, row)
  const recorded = await load(db, run)
  const { origin } = recorded.plan
  const original =
    origin.kind === 'revert'
      ? await db.selectFrom('run').selectAll().where('id', '=', origin.run).executeTakeFirst()
      : undefined
  return {
    ...recorded,
    ...(revertedBy !== undefined && { revertedBy }),
    ...(original && { original: await load(db, original) }),
  }
}

/** Runs that a person may mean: by run id, by plan id, or by the beginning of one plan's id; newest first. */
const runsMeant = async (db: Kysely<Tables>, text: string): Promise<readonly RunTable[]> => {
  const ended = () => db.selectFrom('run').selectAll().where('status', '!=', 'running').orderBy('number', 'desc')
  const exact = await ended()
    .where(({ or, eb }) => or([eb('id', '=', text), eb('plan', '=', text)]))
    .execute()
  if (exact.length > 0) return exact
  const prefix = text.startsWith('p-') ? text : `p-${text}`
  const close = await ended()
    .where(({ eb, fn, val }) => eb(fn('substr', ['plan', val(1), val(prefix.length)]), '=', prefix))
    .execute()
  return new Set(close.map(({ plan }) => plan)).size === 1 ? close : []
}

const finished = async (db: Kysely<Tables>, planOrRun: string): Promise<Checked<FinishedRun>> => {
  const rows = await runsMeant(db, planOrRun.trim().toLowerCase())
  const runs: FinishedRun[] = []
  for (const row of rows) {
    const run = await loadFinished(db, row)
    if (run.run.status !== 'rolled-back' && run.revertedBy === undefined) return { value: run, diagnostics: [] }
    runs.push(run)
  }
  if (runs[0]) return { value: runs[0], diagnostics: [] }
  return {
    value: undefined,
    diagnostics: [
      diagnose('store.no-run', {
        detail: `No finished run of ${planOrRun} is recorded in this workspace, so there is nothing to undo.`,
        hint: 'mpc history',
      }),
    ],
  }
}

/** What is known of past runs. */
export const runStore = (db: Kysely<Tables>, leases: Pick<LeaseStore, 'otherHolder'>): RunStore => ({
  nextId: async (plan) => {
    const last = await db
      .selectFrom('run')
      .select(({ fn }) => fn.max('number').as('number'))
      .where('plan', '=', plan)
      .executeTakeFirst()
    return `${plan}.${(last?.number ?? 0) + 1}`
  },
  unfinished: async () => {
    if (await leases.otherHolder()) return []
    const rows = await db.selectFrom('run').selectAll().where('status', '=', 'running').orderBy('started_at').execute()
    return Promise.all(rows.map((row) => loadUnfinished(db, row)))
  },
  ofPlan: async (plan) => {
    const rows = await db.selectFrom('run').selectAll().where('plan', '=', plan).orderBy('number', 'desc').execute()
    return rows.map(runOf)
  },
  finished: (planOrRun) => finished(db, planOrRun),
  measured: (run) => measuredBefore(db, run),
  safetySnapshots: () => readSafetySnapshots(db),
})
