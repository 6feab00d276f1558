import type { Plan } from '../plan/plan.ts'
import { planSummary } from '../plan/plan-summary.ts'
import { outputJson } from './output-view.ts'

/** A plan for machines, as `schemas/plan.schema.json` describes it: the plan itself and its counts. */
export const planJson = (plan: Plan): object => ({
  type: 'plan',
  ...plan,
  outputs: plan.outputs.map(outputJson),
  summary: planSummary(plan),
})
