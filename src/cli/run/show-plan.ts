import type { Plan } from '../../plan/plan.ts'
import { ageText, timeText } from '../../render/duration-text.ts'
import { planJson } from '../../render/plan-json.ts'
import { planText } from '../../render/plan-text.ts'
import { planView } from '../../render/plan-view.ts'
import { assertNever } from '../../util/assert-never.ts'
import type { CommandContext } from '../program/command-context.ts'
import type { FormatOptions } from '../program/command-options.ts'
import { formatOf } from '../program/plan-format.ts'

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

/** How a plan is asked for, and of when the picture is that it was made from, where that is known. */
export interface Showing {
  readonly options: FormatOptions
  readonly asOf: string | undefined
}

/** Shows a plan the way it is asked for; where nobody says how, Ink on a terminal and text elsewhere. */
export const showPlan = async (context: CommandContext, plan: Plan, { options, asOf }: Showing): Promise<void> => {
  const format = formatOf(context, options)
  switch (format) {
    case undefined:
      await drawPlan(context, plan)
      break
    case 'text':
      context.print(planText(plan, context.paint))
      break
    case 'json':
      context.printJson(planJson(plan))
      break
    case 'markdown':
      context.print((await import('../../render/plan-markdown.ts')).planMarkdown(plan))
      break
    case 'patch':
      context.print((await import('../../render/plan-patch.ts')).planPatch(plan))
      break
    default:
      assertNever(format)
  }
  if (asOf !== undefined) sayAsOf(context, asOf)
}
