import { planRevert } from '../../apply/revert/plan-revert.ts'
import { diagnose, hasErrors } from '../../diagnostic/diagnostic.ts'
import { isEmptyPlan } from '../../plan/plan.ts'
import { EXIT } from '../exit-code.ts'
import type { RunCommand } from '../program/command-context.ts'
import { parallelismOf } from '../program/number-option.ts'
import { clearTheWay } from '../run/recover-runs.ts'
import { runPlan } from '../run/run-plan.ts'
import { findPlan } from '../session/find-plan.ts'
import { secretsFor } from '../session/secrets-for.ts'
import { withSession } from '../session/session.ts'

export const run: RunCommand<'revert'> = async (context, input) => {
  // Wrong usage is told before anything is read.
  parallelismOf(input.options)
  return withSession(context, async (session) => {
    const { store } = session
    const { backupStorage } = session.settings.defaults
    const blocked = await clearTheWay(context, session, input)
    if (blocked !== undefined) return blocked
    const { observed, syncedAt } = await session.sync()
    const { value: finished, diagnostics: unknown } = await store.runs.finished(input.args[0] ?? '')
    if (!finished) {
      // A plan that was never saved is another mistake than one that was never applied.
      await findPlan(store, (input.args[0] ?? '').replace(/\.\d+$/, ''))
      context.report(unknown)
      return EXIT.error
    }
    context.report(unknown)
    const { value: plan, diagnostics } = planRevert(finished, observed, await store.bindings.all(), {
      safetySnapshots: await store.runs.safetySnapshots(),
      ...(backupStorage !== undefined && { backupStorage }),
    })
    context.report(diagnostics)
    if (!plan || hasErrors(diagnostics)) return EXIT.refused
    if (isEmptyPlan(plan)) {
      context.report([
        diagnose('apply.revert-nothing', {
          detail: `Nothing of run ${finished.run.id} can be undone; see the warning for each step. Nothing was changed.`,
          hint: 'mpc history',
        }),
      ])
      return EXIT.refused
    }
    await store.plans.save(plan, syncedAt)
    const secrets = await secretsFor(context, session, input, plan)
    return 'exit' in secrets
      ? secrets.exit
      : runPlan(context, session, plan, { ...secrets, asOf: syncedAt, options: input.options })
  })
}
