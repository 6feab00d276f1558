import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Plan, Step } from '../../plan/plan.ts'
import type { Server } from '../../resource/server.ts'
import type { ApplyDependencies } from '../apply-dependencies.ts'
import type { Journal, RunRecord, StepRecord, UnfinishedRun } from '../journal.ts'
import { makeContext, type RunContext } from '../request/run-context.ts'
import type { Requested } from '../request/run-requests.ts'
import { lookAtStep } from '../run/run-step.ts'
import { forwardRecords, remember, whyNotFinish } from './recorded-run.ts'

/**
 * How a step of an unfinished run stands. `partly`: some of its requests were carried out. `running`: a task of it has not ended. `unknown`: the
 * server does not say.
 */
export type Standing = 'done' | 'partly' | 'not-done' | 'failed' | 'undone' | 'undo-failed' | 'running' | 'unknown'

export interface StepStanding {
  readonly step: Step
  readonly standing: Standing
  /** The task that has not ended. */
  readonly upid?: string
  /** Why it failed, or is not known. */
  readonly diagnostics: readonly Diagnostic[]
}

export interface RunInspection {
  readonly run: RunRecord
  readonly plan: Plan
  /** All steps of the plan, in its order. */
  readonly steps: readonly StepStanding[]
  /** Undoing it had begun before the process ended. */
  readonly undoing: boolean
  /** Every step was carried out: the run only has to be written down as applied. */
  readonly complete: boolean
  /** Why it can only be undone; missing: it can be finished too. */
  readonly whyNotFinish?: string
}

const NO_JOURNAL: Journal = {
  begin: async () => undefined,
  record: async () => undefined,
  end: async () => undefined,
}

/** Looks once at a task instead of waiting for it. */
const lookingOnce = (server: Server): Server => ({
  ...server,
  waitForTask: (upid, onLine) => server.waitForTask(upid, onLine, { atMost: 0 }),
})

const standingOf = ({ kind, effect, failed, diagnostics }: Requested): Standing => {
  if (kind === 'done') return 'done'
  if (diagnostics.some(({ code }) => code === 'proxmox.task-running')) return 'running'
  if (failed) return 'failed'
  return effect === 'none' ? 'not-done' : 'partly'
}

/** The task that a step's last request left, as far as the journal or the look knows. */
const taskOf = ({ failed }: Requested): { readonly upid?: string } =>
  failed?.upid === undefined ? {} : { upid: failed.upid }

const ENDED: Readonly<Record<Exclude<StepRecord['status'], 'running'>, Standing>> = {
  done: 'done',
  failed: 'failed',
  undone: 'undone',
  'undo-failed': 'undo-failed',
  'not-run': 'not-done',
}

const inspectStep = async (ctx: RunContext, unfinished: UnfinishedRun, step: Step): Promise<StepStanding> => {
  const record = unfinished.steps.find((one) => one.step === step.id)
  if (!record) return { step, standing: 'not-done', diagnostics: [] }
  if (record.status !== 'running') return { step, standing: ENDED[record.status], diagnostics: [] }
  const requested = await lookAtStep(ctx, step, forwardRecords(unfinished.requests, step.id))
  const standing = requested.undecided ? 'unknown' : standingOf(requested)
  const { diagnostics } = requested
  if (!diagnostics.some(({ code }) => code === 'proxmox.task-running')) return { step, standing, diagnostics }
  return { step, standing: 'running', ...taskOf(requested), diagnostics }
}

/**
 * Finds out what an unfinished run has done, by asking the server only: writes neither to the cluster nor to the journal, and needs no lease. A
 * request that was under way when the process ended may take `patience.settle` to show.
 */
export const inspectRun = async (
  unfinished: UnfinishedRun,
  world: Pick<ApplyDependencies, 'server' | 'clock' | 'patience' | 'signal'>,
): Promise<RunInspection> => {
  const { run, plan, requests } = unfinished
  const reading = { ...world, server: lookingOnce(world.server), journal: NO_JOURNAL, secrets: new Map() }
  const ctx = makeContext(reading, run.id, plan, () => undefined)
  remember(ctx, unfinished)
  const steps: StepStanding[] = []
  for (const step of plan.steps) steps.push(await inspectStep(ctx, unfinished, step))
  const undoing =
    requests.some(({ direction }) => direction === 'reverse') || steps.some(({ standing }) => /^undo/.test(standing))
  const reason = whyNotFinish(unfinished)
  return {
    run,
    plan,
    steps,
    undoing,
    complete: steps.every(({ step, standing }) => standing === 'done' || step.optional),
    ...(reason !== undefined && { whyNotFinish: reason }),
  }
}
