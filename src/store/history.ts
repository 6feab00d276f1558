import type { Kysely } from 'kysely'
import type { RunStatus } from '../apply/journal.ts'
import type { Tables } from './tables.ts'

/** Something that happened in the workspace. */
export type HistoryEntry =
  | {
      readonly type: 'plan'
      readonly at: string
      readonly plan: string
      readonly origin: 'declaration' | 'revert'
      readonly steps: number
    }
  | {
      readonly type: 'run' | 'revert'
      readonly at: string
      readonly run: string
      readonly plan: string
      readonly status: RunStatus
      readonly endedAt?: string
      /** The run it undid. */
      readonly reverts?: string
      /** As `countSteps` counts them. */
      readonly steps: { readonly done: number; readonly total: number }
    }

const plansOf = async (db: Kysely<Tables>): Promise<readonly HistoryEntry[]> => {
  const rows = await db.selectFrom('plan').select(['id', 'created_at', 'origin', 'steps']).execute()
  return rows.map(({ id, created_at, origin, steps }) => ({
    type: 'plan',
    at: created_at,
    plan: id,
    origin: origin as 'declaration' | 'revert',
    steps,
  }))
}

const runsOf = async (db: Kysely<Tables>): Promise<readonly HistoryEntry[]> => {
  const rows = await db
    .selectFrom('run')
    .innerJoin('plan', 'plan.id', 'run.plan')
    .select(({ selectFrom }) => [
      'run.id',
      'run.plan',
      'run.status',
      'run.started_at',
      'run.ended_at',
      'plan.origin_run',
      'plan.steps',
      // An earlier mpc wrote down here what it did beside the plan, too: only steps of the plan count.
      selectFrom('run_step')
        .innerJoin('plan_step', 'plan_step.step', 'run_step.step')
        .select(({ fn }) => fn.countAll<number>().as('done'))
        .whereRef('run_step.run', '=', 'run.id')
        .whereRef('plan_step.plan', '=', 'run.plan')
        .where('run_step.status', 'in', ['done', 'undo-failed'])
        .as('done'),
    ])
    .execute()
  return rows.map((row) => ({
    type: row.origin_run === null ? 'run' : 'revert',
    at: row.started_at,
    run: row.id,
    plan: row.plan,
    status: row.status as RunStatus,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
    ...(row.origin_run !== null && { reverts: row.origin_run }),
    steps: { done: Number(row.done ?? 0), total: row.steps },
  }))
}

/** Plans, runs and reverts, newest first; a plan stands before its own run. */
export const readHistory = async (db: Kysely<Tables>): Promise<readonly HistoryEntry[]> => {
  const rank = ({ type }: HistoryEntry) => (type === 'plan' ? 1 : 0)
  const entries = [...(await runsOf(db)), ...(await plansOf(db))]
  return entries.sort((a, b) => (a.at === b.at ? rank(a) - rank(b) : a.at < b.at ? 1 : -1))
}
