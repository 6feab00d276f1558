import { planView } from '../../render/plan-view.ts'
import { EXIT } from '../exit-code.ts'
import type { RunCommand } from '../program/command-context.ts'
import { formatOf } from '../program/plan-format.ts'
import { sayAsOf, showPlan } from '../run/show-plan.ts'
import { tellUnfinished } from '../run/unfinished.ts'
import { findPlan } from '../session/find-plan.ts'
import { withSession } from '../session/session.ts'

export const run: RunCommand<'show'> = async (context, { args: [id], options }) => {
  const format = formatOf(context, options)
  return withSession(context, async (session) => {
    const { store } = session
    await tellUnfinished(context, session)
    const plan = await findPlan(store, id)
    const asOf = await store.plans.asOf(plan.id)
    const { io } = context
    if (options.interactive === true && format === undefined && io.stdin.isTerminal && io.stderr.isTerminal) {
      const { reviewPlan } = await import('../../render/live/review-plan.tsx')
      if (asOf !== undefined) sayAsOf(context, asOf)
      await reviewPlan(planView(plan), { asks: false }, io)
    } else await showPlan(context, plan, { options, asOf })
    return EXIT.done
  })
}
