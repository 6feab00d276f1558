import { lossOf } from '../resource/reversal.ts'
import type { Plan, ResourceChange } from './plan.ts'

/** How many resources each action touches, and how many steps there are and cannot be undone. */
export type PlanSummary = Readonly<Record<ResourceChange['action'], number>> & {
  readonly unchanged: number
  readonly steps: number
  readonly irreversible: number
}

/** Counts a plan's changes. */
export const summarize = (plan: Pick<Plan, 'changes' | 'steps' | 'unchanged'>): PlanSummary => {
  const counts = { create: 0, update: 0, replace: 0, destroy: 0, bind: 0, forget: 0 }
  for (const { action } of plan.changes) counts[action]++
  return {
    ...counts,
    unchanged: plan.unchanged,
    steps: plan.steps.length,
    irreversible: plan.steps.filter(({ reversal }) => lossOf(reversal) !== undefined).length,
  }
}
