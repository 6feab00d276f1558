import { diagnose } from '../../diagnostic/diagnostic.ts'
import type { Plan } from '../../plan/plan.ts'
import { isIrreversible } from '../../plan/plan-summary.ts'
import type { ReviewEnd } from '../../render/live/review-plan.tsx'
import { planView } from '../../render/plan-view.ts'
import { lossOf } from '../../resource/reversal.ts'
import { askYes, whyNobody } from '../program/ask-yes.ts'
import type { CommandContext } from '../program/command-context.ts'
import type { ApprovalOptions, FormatOptions } from '../program/command-options.ts'
import { isAttended } from '../program/is-attended.ts'
import { formatOf } from '../program/plan-format.ts'
import { sayAsOf, showPlan } from './show-plan.ts'

/**
 * Shows the plan and asks whether to carry it out; only `yes` is yes. On a terminal the live view shows and asks in one; elsewhere the plan is
 * printed and a line is read from standard input. `seen`: the plan was named by its id, so somebody has looked at it before.
 */
export const approve = async (
  context: CommandContext,
  plan: Plan,
  {
    options,
    seen,
    asOf,
  }: { readonly options: ApprovalOptions & FormatOptions; readonly seen: boolean; readonly asOf: string | undefined },
): Promise<ReviewEnd> => {
  const { io, global, report, note } = context
  const format = formatOf(context, options)
  if (options.autoApprove === true) {
    if (format === 'json' || !(global.quiet || seen)) await showPlan(context, plan, { options, asOf })
    return 'approved'
  }
  if (isAttended(io) && format === undefined && global.color) {
    const { reviewPlan } = await import('../../render/live/review-plan.tsx')
    if (asOf !== undefined) sayAsOf(context, asOf)
    const end = await reviewPlan(planView(plan), { asks: true }, io)
    if (end !== 'approved') note('Nothing was changed.\n')
    return end
  }
  await showPlan(context, plan, { options, asOf })
  const answer = await askYes(context, '\nApply these changes?')
  if (answer === 'yes') return 'approved'
  if (answer === 'nobody')
    report([
      diagnose('cli.needs-approval', {
        detail: `There is no terminal to ask on: ${whyNobody(context)}. Nothing was changed.`,
        hint: `${plan.origin.kind === 'revert' ? `mpc revert ${plan.origin.plan}` : `mpc apply ${plan.id}`} --auto-approve`,
      }),
    ])
  else note('Nothing was changed.\n')
  if (answer === 'interrupted') return 'interrupted'
  return 'declined'
}

/** Steps that cannot be undone need a second, explicit yes. False, with the reasons reported, when it is missing. */
export const allowsIrreversible = ({ report }: CommandContext, plan: Plan, options: ApprovalOptions): boolean => {
  const stuck = plan.steps.filter(isIrreversible)
  if (stuck.length === 0 || options.allowIrreversible === true) return true
  const lines = stuck.map(({ address, summary, reversal }) => `- ${address}: ${summary}: ${lossOf(reversal) ?? ''}`)
  report([
    diagnose('cli.irreversible-steps', {
      detail: `If a later step fails, or you want to go back, these stay done:\n${lines.join('\n')}\nNothing was changed. If that is what you want:`,
      hint: `${plan.origin.kind === 'revert' ? `mpc revert ${plan.origin.plan}` : `mpc apply ${plan.id}`} --allow-irreversible`,
    }),
  ])
  return false
}
