import { resolve } from 'node:path'
import { isEmptyPlan } from '../../plan/plan.ts'
import { planJson } from '../../render/plan-json.ts'
import type { RunCommand } from '../command-context.ts'
import { EXIT } from '../exit-code.ts'
import { makePlan } from '../make-plan.ts'
import { explainMissing } from '../missing-rights.ts'
import { textOption } from '../number-option.ts'
import { lastSync, withSession } from '../session.ts'
import { showPlan } from '../show-plan.ts'
import { tellUnfinished } from '../unfinished.ts'

export const run: RunCommand = (context, input) =>
  withSession(context, async (session) => {
    const { options } = input
    await tellUnfinished(context, session)
    const picture = options['refresh'] === false ? await lastSync(session) : await session.sync()
    const planned = await makePlan(context, session, input, picture)
    if ('exit' in planned) return planned.exit
    const { plan, asOf } = planned
    const out = textOption(options, 'out')
    if (out !== undefined) {
      await context.io.files.writeText(resolve(session.folder, out), `${JSON.stringify(planJson(plan))}\n`)
      context.note(`Wrote ${out}\n`)
    }
    await showPlan(context, plan, asOf)
    const missing = explainMissing(plan, picture.observed, 'cli.rights-missing')
    if (missing) context.report([missing])
    if (!isEmptyPlan(plan)) context.note(`Apply it with: mpc apply ${plan.id}\n`)
    return options['detailedExitcode'] === true && !isEmptyPlan(plan) ? EXIT.changes : EXIT.done
  })
