import type { Plan } from '../plan/plan.ts'
import type { StepStatus } from './journal.ts'

/** How far a plan has come. Every count that a person reads is one of these: only the plan's own steps count, each once. */
export interface StepCounts {
  readonly total: number
  /** Carried out and in effect. */
  readonly done: number
  /** Have come to an end, whichever. */
  readonly ended: number
}

const IN_EFFECT: ReadonlySet<StepStatus | 'waiting'> = new Set(['done', 'undo-failed'])
const OPEN: ReadonlySet<StepStatus | 'waiting'> = new Set(['running', 'waiting'])

export const countSteps = (
  { steps }: { readonly steps: readonly Pick<Plan['steps'][number], 'id'>[] },
  outcome: readonly { readonly step: string; readonly status: StepStatus | 'waiting' }[],
): StepCounts => {
  const statuses = new Map(outcome.map(({ step, status }) => [step, status]))
  const known = steps.flatMap(({ id }) => statuses.get(id) ?? [])
  return {
    total: steps.length,
    done: known.filter((status) => IN_EFFECT.has(status)).length,
    ended: known.filter((status) => !OPEN.has(status)).length,
  }
}
