import { sealPlan } from '../plan/order/seal-plan.ts'
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

type OutputJson = {
  readonly name: string
  readonly sensitive: boolean
  readonly unknown?: true
  readonly value?: unknown
}

/** What `planJson` gives, once its schema is checked. */
export type PlanJson = Omit<Plan, 'outputs'> & {
  readonly type: 'plan'
  readonly summary: object
  readonly outputs: readonly OutputJson[]
}

/** The plan that was written: with the fingerprint and the id that its parts have, whatever is written there. */
export const planOfJson = ({ type, summary, id, fingerprint, outputs, ...parts }: PlanJson): Plan =>
  sealPlan({
    ...parts,
    outputs: outputs.map(({ name, sensitive, unknown, value }) => ({
      name,
      value: sensitive ? null : unknown ? undefined : value,
      sensitive,
    })),
  })
