import { resolve } from 'node:path'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import { isEmptyPlan } from '../../plan/plan.ts'
import { planJson } from '../../render/plan-json.ts'
import type { CommandContext, RunCommand } from '../command-context.ts'
import { EXIT } from '../exit-code.ts'
import { makePlan } from '../make-plan.ts'
import { textOption } from '../number-option.ts'
import { lastSync, type Session, withSession } from '../session.ts'
import { showPlan } from '../show-plan.ts'

/** A plan on the last sync's picture knows nothing of what a run that was cut short did since. */
const warnOfUnfinished = async ({ report }: CommandContext, { store }: Session): Promise<void> => {
  if (await store.leases.isHeldByAnother()) {
    report([
      diagnose('cli.run-under-way', {
        detail:
          'Another mpc is changing the cluster from this workspace. This plan takes what that run has half done for the state of things: make a new one when it has ended.',
      }),
    ])
    return
  }
  const [first] = await store.runs.unfinished()
  if (!first) return
  report([
    diagnose('cli.unfinished-run', {
      detail: `Run ${first.run.id} was cut short, and this plan is made on the picture from before it. Reading the cluster again settles that run first: what it did is undone.`,
      hint: 'mpc plan --refresh',
    }),
  ])
}

export const run: RunCommand = (context, input) =>
  withSession(context, async (session) => {
    const { options } = input
    const observed = options['refresh'] === true ? await session.sync() : (await lastSync(session)).observed
    await warnOfUnfinished(context, session)
    const planned = await makePlan(context, session, input, observed)
    if ('exit' in planned) return planned.exit
    const { plan } = planned
    const out = textOption(options, 'out')
    if (out !== undefined) {
      await context.io.files.writeText(resolve(session.folder, out), `${JSON.stringify(planJson(plan))}\n`)
      context.note(`Wrote ${out}\n`)
    }
    await showPlan(context, plan)
    if (!isEmptyPlan(plan)) context.note(`\nApply it with: mpc apply ${plan.id}\n`)
    return options['detailedExitcode'] === true && !isEmptyPlan(plan) ? EXIT.changes : EXIT.done
  })
