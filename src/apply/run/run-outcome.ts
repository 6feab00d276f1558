import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { RunOutcome, StepOutcome } from '../apply-event.ts'
import type { RunStatus } from '../journal.ts'
import type { RunContext } from '../request/run-context.ts'
import type { RolledBack } from '../undo/roll-back.ts'
import { type StepResult, statusOf } from './step-result.ts'

export interface Ended {
  readonly status: RunStatus
  readonly results: readonly StepResult[]
  readonly interrupted: boolean
  /** About the run as a whole. */
  readonly diagnostics: readonly Diagnostic[]
  readonly rolledBack?: RolledBack
  readonly suspended?: true
  readonly asBefore?: true
  /** What became of the steps, where the run ended without results. */
  readonly account?: ReadonlyMap<string, StepOutcome>
  readonly seconds: number
}

/** Puts together what became of each step of the plan. */
export const outcomeOf = (ctx: RunContext, ended: Ended): RunOutcome => {
  const { results, rolledBack, interrupted, status, seconds } = ended
  const byStep = new Map(results.map((result) => [result.step.id, result]))
  const steps = ctx.plan.steps.map(({ id }): StepOutcome => {
    if (ended.account) return ended.account.get(id) ?? { step: id, status: 'not-run', diagnostics: [] }
    const result = byStep.get(id)
    if (!result) return { step: id, status: 'not-run', diagnostics: [] }
    const undoing = rolledBack?.diagnostics.get(id) ?? []
    return {
      step: id,
      status: rolledBack?.statuses.get(id) ?? statusOf(result),
      diagnostics: [...result.diagnostics, ...undoing],
    }
  })
  const diagnostics = [...ended.diagnostics, ...steps.flatMap((step) => step.diagnostics)]
  const suspended = ended.suspended ?? (rolledBack?.suspended && true)
  return {
    run: ctx.run,
    plan: ctx.plan.id,
    status,
    ...(suspended && { suspended }),
    ...(ended.asBefore && { asBefore: ended.asBefore }),
    interrupted,
    steps,
    diagnostics,
    seconds,
  }
}

/** Nothing was changed, because the cluster is not as the plan expects. */
const isStale = ({ diagnostics, steps }: RunOutcome): boolean =>
  diagnostics.some(({ code }) => code === 'apply.stale-plan' || code === 'apply.changed-meanwhile') &&
  steps.every(({ status }) => status === 'not-run' || status === 'failed')

/** Nothing was sent, or the server refused at once what was: there was nothing to roll back. */
export const nothingBegun = ({ steps, status }: Pick<RunOutcome, 'steps' | 'status'>): boolean =>
  status === 'rolled-back' &&
  steps.every(
    (step) =>
      step.status === 'not-run' ||
      (step.status === 'failed' && step.diagnostics.every(({ code }) => code.startsWith('proxmox.'))),
  )

/** What a command that applied a plan ends with (README, "Exit codes"). */
export const exitCodeOf = (outcome: RunOutcome): 0 | 1 | 3 | 4 | 5 | 130 => {
  switch (outcome.status) {
    case 'applied':
      return outcome.diagnostics.some(({ code }) => code === 'apply.not-as-before' || code === 'apply.not-compared')
        ? 4
        : 0
    case 'incomplete':
      return 4
    case 'rolled-back':
      return rolledBackCode(outcome)
    case 'running':
      return 1
  }
}

const rolledBackCode = (outcome: RunOutcome): 1 | 3 | 5 | 130 => {
  if (outcome.interrupted) return 130
  if (isStale(outcome)) return 5
  return nothingBegun(outcome) ? 1 : 3
}
