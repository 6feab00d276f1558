import type { Plan } from '../plan/plan.ts'
import type { OutcomeStatus } from './apply-event.ts'

/** How far a plan has come. Every count that a person reads is one of these: only the plan's own steps count, each once. */
export interface StepCounts {
  readonly total: number
  /** Carried out and in effect. */
  readonly done: number
  /** Have come to an end, whichever. */
  readonly ended: number
}

const IN_EFFECT: ReadonlySet<OutcomeStatus | 'waiting'> = new Set(['done', 'undo-failed'])
const OPEN: ReadonlySet<OutcomeStatus | 'waiting'> = new Set(['running', 'waiting', 'unknown'])

export const countSteps = (
  { steps }: { readonly steps: readonly Pick<Plan['steps'][number], 'id'>[] },
  outcome: readonly { readonly step: string; readonly status: OutcomeStatus | 'waiting' }[],
): StepCounts => {
  const statuses = new Map(outcome.map(({ step, status }) => [step, status]))
  const known = steps.flatMap(({ id }) => statuses.get(id) ?? [])
  return {
    total: steps.length,
    done: known.filter((status) => IN_EFFECT.has(status)).length,
    ended: known.filter((status) => !OPEN.has(status)).length,
  }
}
