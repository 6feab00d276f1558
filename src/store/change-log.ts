import type { Kysely } from 'kysely'
import type { RunStatus } from '../apply/journal.ts'
import type { Tables } from './tables.ts'

/** A run that did something to a guest and was not undone in that. */
export interface GuestChange {
  readonly run: string
  /** ISO 8601: when the run began. */
  readonly at: string
  readonly status: RunStatus
  /** What it did, as the plan said it, in order. */
  readonly steps: readonly string[]
}

/** A task of the server that a run has started. */
export interface StartedTask {
  readonly upid: string
  readonly run: string
  readonly step: string
  readonly status: string
  readonly at: string
}

export interface ChangeLog {
  /** The last run that did something to each guest, by VMID. */
  readonly last: () => Promise<ReadonlyMap<number, Pick<GuestChange, 'run' | 'at'>>>
  /** Newest first. */
  readonly ofGuest: (vmid: number) => Promise<readonly GuestChange[]>
  /** Newest first. */
  readonly tasks: () => Promise<readonly StartedTask[]>
}

/** Steps of runs that are done and stayed so. */
const doneSteps = (db: Kysely<Tables>) =>
  db
    .selectFrom('run_step')
    .innerJoin('run', 'run.id', 'run_step.run')
    .innerJoin('plan_step', (join) =>
      join.onRef('plan_step.plan', '=', 'run.plan').onRef('plan_step.step', '=', 'run_step.step'),
    )
    .where('run_step.status', 'in', ['done', 'undo-failed'])

const last = async (db: Kysely<Tables>): ReturnType<ChangeLog['last']> => {
  const rows = await doneSteps(db)
    .where('plan_step.vmid', 'is not', null)
    .groupBy(['plan_step.vmid', 'run.id', 'run.started_at'])
    .select(['plan_step.vmid', 'run.id', 'run.started_at'])
    .orderBy('run.started_at')
    .execute()
  return new Map(rows.map(({ vmid, id, started_at }) => [vmid as number, { run: id, at: started_at }]))
}

const summaryOf = (body: string | null, step: string): string => {
  const parsed: unknown = body === null ? undefined : JSON.parse(body)
  const summary = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'summary') : undefined
  return typeof summary === 'string' ? summary : step
}

const ofGuest = async (db: Kysely<Tables>, vmid: number): Promise<readonly GuestChange[]> => {
  const rows = await doneSteps(db)
    .where('plan_step.vmid', '=', vmid)
    .select(['run.id', 'run.started_at', 'run.status', 'plan_step.step', 'plan_step.body'])
    .orderBy('run.started_at', 'desc')
    .orderBy('plan_step.position')
    .execute()
  const changes = new Map<string, GuestChange>()
  for (const { id, started_at, status, step, body } of rows) {
    const known = changes.get(id)
    const steps = [...(known?.steps ?? []), summaryOf(body, step)]
    changes.set(id, { run: id, at: started_at, status: status as RunStatus, steps })
  }
  return [...changes.values()]
}

/** What runs did to guests, for looking back. */
export const changeLog = (db: Kysely<Tables>): ChangeLog => ({
  last: () => last(db),
  ofGuest: (vmid) => ofGuest(db, vmid),
  tasks: () =>
    db
      .selectFrom('task')
      .select(['upid', 'run', 'step', 'status', 'at'])
      .orderBy('at', 'desc')
      .orderBy('upid')
      .execute(),
})
