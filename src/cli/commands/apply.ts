import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { CommandContext, CommandInput, RunCommand } from '../program/command-context.ts'
import { SELECTION } from '../program/command-options.ts'
import type { CommandOptions } from '../program/command-table.ts'
import { parallelismOf } from '../program/number-option.ts'
import { formatOf } from '../program/plan-format.ts'
import { makePlan, type Planned } from '../run/make-plan.ts'
import { clearTheWay } from '../run/recover-runs.ts'
import { runPlan } from '../run/run-plan.ts'
import { finalOutputs } from '../session/final-outputs.ts'
import { findPlan } from '../session/find-plan.ts'
import { secretsFor } from '../session/secrets-for.ts'
import { lastSync, type Session, withSession } from '../session/session.ts'

type Input = CommandInput<CommandOptions<'apply'>>

/** What is planned from the cluster as it is now; what was read for it is not held any longer. */
const planNow = async (context: CommandContext, session: Session, input: Input): Promise<Planned> => {
  const picture = input.options.refresh === false ? await lastSync(session) : await session.sync()
  return makePlan(context, session, { ...input, args: [] }, picture, 'mpc apply')
}

/** The name a flag's value is kept under: `--allow-destroy` → `allowDestroy`. */
const optionName = (flag: string): string => flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** Options of this command line that decide what is planned. */
const planningFlags = (options: CommandOptions<'apply'>): readonly string[] => {
  const flags = SELECTION.map(({ flags }) => flags.replace(/ .*/, ''))
  const given = flags.filter((flag) => Object.hasOwn(options, optionName(flag)))
  return options.refresh === false ? [...given, '--no-refresh'] : given
}

/** A saved plan is carried out as it is: throws a diagnostic when options are given that would have made another one. */
const refusePlanning = (id: string, options: CommandOptions<'apply'>): void => {
  const given = planningFlags(options)
  if (given.length === 0) return
  throw new DiagnosticError([
    diagnose('cli.bad-option', {
      detail: `${given.join(', ')} cannot be used with a saved plan: ${id} is applied as it was planned. Plan again with ${given.length === 1 ? 'this option' : 'these options'}, or leave ${given.length === 1 ? 'it' : 'them'} out:`,
      hint: `mpc apply ${id}`,
    }),
  ])
}

const applySaved = async (context: CommandContext, session: Session, input: Input, id: string) => {
  const { options } = input
  const plan = await findPlan(session.store, id)
  const secrets = await secretsFor(context, session, input, plan)
  if ('exit' in secrets) return secrets.exit
  return runPlan(context, session, plan, {
    ...secrets,
    options,
    asOf: await session.store.plans.asOf(plan.id),
    seen: true,
    outputs: () => finalOutputs(context, session, input, plan),
  })
}

export const run: RunCommand<'apply'> = async (context, input) => {
  const { options, args } = input
  const [id] = args
  if (id !== undefined) refusePlanning(id, options)
  // Wrong usage is told before anything is read.
  parallelismOf(options)
  formatOf(context, options)
  return withSession(context, async (session) => {
    const blocked = await clearTheWay(context, session, input)
    if (blocked !== undefined) return blocked
    if (id !== undefined) return applySaved(context, session, input, id)
    const planned = await planNow(context, session, input)
    if ('exit' in planned) return planned.exit
    const outputs = () => finalOutputs(context, session, input, planned.plan)
    return runPlan(context, session, planned.plan, { ...planned, options, outputs })
  })
}
