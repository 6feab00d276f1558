import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { Plan } from '../../plan/plan.ts'
import { EXIT } from '../exit-code.ts'
import type { CommandContext, CommandInput, RunCommand } from '../program/command-context.ts'
import { SELECTION } from '../program/command-options.ts'
import type { CommandOptions } from '../program/command-table.ts'
import { parallelismOf } from '../program/number-option.ts'
import { formatOf } from '../program/plan-format.ts'
import { makePlan, type Planned } from '../run/make-plan.ts'
import { clearTheWay } from '../run/recover-runs.ts'
import { runPlan } from '../run/run-plan.ts'
import { finalOutputs } from '../session/final-outputs.ts'
import { findPlan, namesFile } from '../session/find-plan.ts'
import { secretsFor } from '../session/secrets-for.ts'
import { lastSync, type Session, withSession } from '../session/session.ts'

/** Only who has a plan file checks one. */
const planFiles = () => import('../run/read-plan-file.ts')

type Input = CommandInput<CommandOptions<'apply'>>

/** What is planned from the cluster as it is now; what was read for it is not held any longer. */
const planNow = async (context: CommandContext, session: Session, input: Input): Promise<Planned> => {
  const picture = input.options.refresh === false ? await lastSync(session) : await session.sync()
  return makePlan(context, session, { ...input, args: [] }, picture, { command: 'mpc apply' })
}

/** The name a flag's value is kept under: `--allow-destroy` → `allowDestroy`. */
const optionName = (flag: string): string => flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** What a command line allows is its word, with a plan file too; what it chooses is decided in the plan. */
const isAllowing = (flag: string): boolean => optionName(flag).startsWith('allow')

/** Options of this command line that decide what is planned. */
const planningFlags = (options: CommandOptions<'apply'>, isFile: boolean): readonly string[] => {
  const flags = SELECTION.map(({ flags }) => flags.replace(/ .*/, '')).filter((flag) => !(isFile && isAllowing(flag)))
  const given = flags.filter((flag) => Object.hasOwn(options, optionName(flag)))
  return options.refresh === false ? [...given, '--no-refresh'] : given
}

/** A saved plan is carried out as it is: throws a diagnostic when options are given that would have made another one. */
const refusePlanning = (id: string, options: CommandOptions<'apply'>): void => {
  const given = planningFlags(options, namesFile(id))
  if (given.length === 0) return
  throw new DiagnosticError([
    diagnose('cli.bad-option', {
      detail: `${given.join(', ')} cannot be used with a saved plan: ${id} is applied as it was planned. Plan again with ${given.length === 1 ? 'this option' : 'these options'}, or leave ${given.length === 1 ? 'it' : 'them'} out:`,
      hint: `mpc apply ${id}`,
    }),
  ])
}

const FINGERPRINT = /^[0-9a-f]{64}$/

/** The fingerprint that `--approved` gives or its file has; undefined: any plan may be carried out. */
const approvedOf = async (context: CommandContext, { approved }: Input['options']): Promise<string | undefined> => {
  if (approved === undefined || FINGERPRINT.test(approved)) return approved
  if (namesFile(approved)) return (await (await planFiles()).readPlanFile(context, approved)).fingerprint
  throw new DiagnosticError([
    diagnose('cli.bad-option', {
      detail: `--approved takes the whole fingerprint of a plan, 64 hexadecimal digits, or a plan file, not "${approved}": an id is too short to tell a plan from every other.`,
      hint: 'mpc show --json | jq -r .fingerprint',
    }),
  ])
}

/** False, with the reason reported, when another plan was approved. */
const isApproved = ({ report }: CommandContext, plan: Plan, approved: string | undefined): boolean => {
  if (approved === undefined || approved === plan.fingerprint) return true
  report([
    diagnose('cli.not-approved', {
      detail: `The plan with fingerprint ${approved} was approved, and this one is ${plan.id}, ${plan.fingerprint}. Nothing was changed. Make a plan, and have it approved:`,
      hint: 'mpc plan',
    }),
  ])
  return false
}

const applyFile = async (context: CommandContext, session: Session, input: Input, file: Plan) => {
  const { options } = input
  const planned = await (await import('../run/plan-from-file.ts')).planFromFile(context, session, input, file)
  if ('exit' in planned) return planned.exit
  const { plan } = planned
  if (plan.id !== file.id) context.note(`Plan ${file.id} is ${plan.id} here.\n`)
  const outputs = () => finalOutputs(context, session, input, plan)
  return runPlan(context, session, plan, { ...planned, options, outputs, seen: options.approved !== undefined })
}

const applySaved = async (
  context: CommandContext,
  session: Session,
  input: Input,
  id: string,
  approved: string | undefined,
) => {
  const { options } = input
  const plan = await findPlan(session.store, id)
  if (!isApproved(context, plan, approved)) return EXIT.refused
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
  const approved = await approvedOf(context, options)
  const file = id !== undefined && namesFile(id) ? await (await planFiles()).readPlanFile(context, id) : undefined
  if (file && !isApproved(context, file, approved)) return EXIT.refused
  return withSession(context, async (session) => {
    const blocked = await clearTheWay(context, session, input)
    if (blocked !== undefined) return blocked
    if (file) return applyFile(context, session, input, file)
    if (id !== undefined) return applySaved(context, session, input, id, approved)
    const planned = await planNow(context, session, input)
    if ('exit' in planned) return planned.exit
    if (!isApproved(context, planned.plan, approved)) return EXIT.refused
    const outputs = () => finalOutputs(context, session, input, planned.plan)
    return runPlan(context, session, planned.plan, { ...planned, options, outputs })
  })
}
