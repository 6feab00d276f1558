import type { Plan } from '../plan/plan.ts'
import { lossOf } from '../resource/reversal.ts'
import { outputJson } from './output-view.ts'

/** A plan for machines, as `schemas/plan.schema.json` describes it: the plan itself and its counts. */
export const planJson = (plan: Plan): object => {
  const of = (action: string) => plan.changes.filter((change) => change.action === action).length
  return {
    type: 'plan',
    ...plan,
    outputs: plan.outputs.map(outputJson),
    summary: {
      create: of('create'),
      update: of('update'),
      replace: of('replace'),
      destroy: of('destroy'),
      bind: of('bind'),
      forget: of('forget'),
      unchanged: plan.unchanged,
      steps: plan.steps.length,
      irreversible: plan.steps.filter(({ reversal }) => lossOf(reversal) !== undefined).length,
    },
  }
}
