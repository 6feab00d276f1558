import { resolve } from 'node:path'
import { isEmptyPlan } from '../../plan/plan.ts'
import { planJson } from '../../render/plan-json.ts'
import { EXIT } from '../exit-code.ts'
import type { RunCommand } from '../program/command-context.ts'
import { formatOf } from '../program/plan-format.ts'
import { makePlan } from '../run/make-plan.ts'
import { explainMissing } from '../run/rights-advice.ts'
import { showPlan } from '../run/show-plan.ts'
import { tellUnfinished } from '../run/unfinished.ts'
import { lastSync, withSession } from '../session/session.ts'

export const run: RunCommand<'plan'> = (context, input) =>
  withSession(context, async (session) => {
    const { options } = input
    formatOf(context, options)
    await tellUnfinished(context, session)
    const picture = options.refresh === false ? await lastSync(session) : await session.sync()
    const planned = await makePlan(context, session, input, picture)
    if ('exit' in planned) return planned.exit
    const { plan, asOf } = planned
    const out = options.out
    if (out !== undefined) {
      await context.io.files.writeText(resolve(session.folder, out), `${JSON.stringify(planJson(plan))}\n`)
      context.note(`Wrote ${out}\n`)
    }
    await showPlan(context, plan, { options, asOf })
    const missing = explainMissing(plan, picture.observed, 'cli.rights-missing')
    if (missing) context.report([missing])
    if (!isEmptyPlan(plan)) context.note(`Apply it with: mpc apply ${plan.id}\n`)
    return options.detailedExitcode === true && !isEmptyPlan(plan) ? EXIT.changes : EXIT.done
  })
