import { lossOf } from '../resource/reversal.ts'
import type { Plan, ResourceChange, Step } from './plan.ts'

/** How many resources each action touches, and how many steps there are and cannot be undone. */
export type PlanSummary = Readonly<Record<ResourceChange['action'], number>> & {
  readonly unchanged: number
  readonly steps: number
  readonly irreversible: number
}

/** Whether something is lost that undoing the step does not bring back. */
export const isIrreversible = ({ reversal }: Pick<Step, 'reversal'>): boolean => lossOf(reversal) !== undefined

/** Counts what a plan does; every count that a person or a program is given is one of these. */
export const planSummary = ({
  changes,
  steps,
  unchanged,
}: Pick<Plan, 'changes' | 'steps' | 'unchanged'>): PlanSummary => {
  const counts = { create: 0, update: 0, replace: 0, destroy: 0, bind: 0, forget: 0 }
  for (const { action } of changes) counts[action]++
  return { ...counts, unchanged, steps: steps.length, irreversible: steps.filter(isIrreversible).length }
}
