import type { RunCommand } from '../command-context.ts'
import { findPlan } from '../find-plan.ts'
import { makePlan } from '../make-plan.ts'
import { runPlan } from '../run-plan.ts'
import { secretsFor } from '../secrets-for.ts'
import { lastSync, withSession } from '../session.ts'

export const run: RunCommand = (context, input) =>
  withSession(context, async (session) => {
    const { options, args } = input
    const [id] = args
    if (id !== undefined) {
      await session.settle()
      const plan = await findPlan(session.store, id)
      const secrets = await secretsFor(context, session, input, plan)
      return 'exit' in secrets ? secrets.exit : runPlan(context, session, plan, { ...secrets, options, seen: true })
    }
    const observed = options['refresh'] === false ? (await lastSync(session)).observed : await session.sync()
    const planned = await makePlan(context, session, { ...input, args: [] }, observed)
    return 'exit' in planned ? planned.exit : runPlan(context, session, planned.plan, { ...planned, options })
  })
