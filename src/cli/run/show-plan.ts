import type { Plan } from '../../plan/plan.ts'
import { ageText, timeText } from '../../render/duration-text.ts'
import { planJson } from '../../render/plan-json.ts'
import { planText } from '../../render/plan-text.ts'
import { planView } from '../../render/plan-view.ts'
import type { CommandContext } from '../program/command-context.ts'

/** Above this the live view would only slow the terminal down. */
const MOST_LIVE = 200

/** Says of when the picture is that a plan was made from; on stderr, so that equal plans are equal bytes on stdout. */
export const sayAsOf = ({ io, note, notePaint }: CommandContext, asOf: string): void => {
  const age = io.clock.now().getTime() - Date.parse(asOf)
  note(notePaint('dim', `\nThe cluster as of ${timeText(asOf)}${age < 60_000 ? '' : ` (${ageText(age)})`}.\n`))
}

const drawPlan = async (context: CommandContext, plan: Plan): Promise<void> => {
  if (context.io.stdout.isTerminal && context.global.color && plan.changes.length <= MOST_LIVE) {
    const live = await import('../../render/live/show-plan.tsx')
    live.showPlan(planView(plan), context.io)
  } else context.print(planText(plan, context.paint))
}

/** Shows a plan the way the place asks for: JSON, Ink on a terminal, text elsewhere. `asOf`: of the picture it was made from, where that is known. */
export const showPlan = async (context: CommandContext, plan: Plan, asOf?: string): Promise<void> => {
  if (context.global.json) context.printJson(planJson(plan))
  else await drawPlan(context, plan)
  if (asOf !== undefined) sayAsOf(context, asOf)
}
