import { planView } from '../../render/plan-view.ts'
import type { RunCommand } from '../command-context.ts'
import { EXIT } from '../exit-code.ts'
import { findPlan } from '../find-plan.ts'
import { withSession } from '../session.ts'
import { showPlan } from '../show-plan.ts'

export const run: RunCommand = (context, { args: [id], options }) =>
  withSession(context, async ({ store }) => {
    const plan = await findPlan(store, id)
    const { io, global } = context
    if (options['interactive'] === true && !global.json && io.stdin.isTerminal && io.stderr.isTerminal) {
      const { reviewPlan } = await import('../../render/live/review-plan.tsx')
      await reviewPlan(planView(plan), false, io)
    } else await showPlan(context, plan)
    return EXIT.done
  })
