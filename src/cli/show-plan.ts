import type { Plan } from '../plan/plan.ts'
import { planJson } from '../render/plan-json.ts'
import { planText } from '../render/plan-text.ts'
import { planView } from '../render/plan-view.ts'
import type { CommandContext } from './command-context.ts'

/** Above this the live view would only slow the terminal down. */
const MOST_LIVE = 200

/** Shows a plan the way the place asks for: JSON, Ink on a terminal, text elsewhere. */
export const showPlan = async (context: CommandContext, plan: Plan): Promise<void> => {
  if (context.global.json) {
    context.printJson(planJson(plan))
    return
  }
  if (context.io.stdout.isTerminal && context.global.color && plan.changes.length <= MOST_LIVE) {
    const live = await import('../render/live/show-plan.tsx')
    live.showPlan(planView(plan), context.io)
    return
  }
  context.print(planText(plan, context.paint))
}
