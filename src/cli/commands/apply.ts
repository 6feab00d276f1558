import type { CommandContext, CommandInput, RunCommand } from '../command-context.ts'
import { finalOutputs } from '../final-outputs.ts'
import { findPlan } from '../find-plan.ts'
import { makePlan, type Planned } from '../make-plan.ts'
import { clearTheWay } from '../recover-runs.ts'
import { runPlan } from '../run-plan.ts'
import { secretsFor } from '../secrets-for.ts'
import { lastSync, type Session, withSession } from '../session.ts'

/** What is planned from the cluster as it is now; what was read for it is not held any longer. */
const planNow = async (context: CommandContext, session: Session, input: CommandInput): Promise<Planned> => {
  const picture = input.options['refresh'] === false ? await lastSync(session) : await session.sync()
  return makePlan(context, session, { ...input, args: [] }, picture)
}

export const run: RunCommand = (context, input) =>
  withSession(context, async (session) => {
    const { options, args } = input
    const [id] = args
    const blocked = await clearTheWay(context, session, input)
    if (blocked !== undefined) return blocked
    if (id !== undefined) {
      const plan = await findPlan(session.store, id)
      const secrets = await secretsFor(context, session, input, plan)
      if ('exit' in secrets) return secrets.exit
      const outputs = () => finalOutputs(context, session, input, plan)
      return runPlan(context, session, plan, {
        ...secrets,
        options,
        asOf: await session.store.plans.asOf(plan.id),
        seen: true,
        outputs,
      })
    }
    const planned = await planNow(context, session, input)
    if ('exit' in planned) return planned.exit
    const outputs = () => finalOutputs(context, session, input, planned.plan)
    return runPlan(context, session, planned.plan, { ...planned, options, outputs })
  })
