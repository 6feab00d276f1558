import { diagnose, hasErrors } from '../diagnostic/diagnostic.ts'
import { isEmptyPlan, type Plan } from '../plan/plan.ts'
import { planChanges } from '../plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from '../plan/plan-options.ts'
import { type Address, parseAddressPattern } from '../resource/address.ts'
import type { Secrets } from '../resource/desired.ts'
import type { Observed } from '../resource/observed.ts'
import type { CommandContext, CommandInput, Options } from './command-context.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { listOption } from './number-option.ts'
import { readDeclarations } from './read-declarations.ts'
import type { Session } from './session.ts'

export type Planned =
  | { readonly plan: Plan; readonly secrets: Secrets }
  /** Why there is none; it has been reported. */
  | { readonly exit: ExitCode }

const addressesOf = (
  { report }: CommandContext,
  options: Options,
  name: 'target' | 'exclude',
): readonly Address[] | undefined => {
  const texts = listOption(options, name)
  const addresses = texts.flatMap((text) => parseAddressPattern(text) ?? [])
  if (addresses.length === texts.length) return addresses
  const wrong = texts.filter((text) => parseAddressPattern(text) === undefined)
  report([
    diagnose('cli.bad-option', {
      detail: `--${name} takes an address such as vm.web, vm.web[0], container.dns["a"] or module.site, not ${wrong.map((text) => `"${text}"`).join(', ')}. The shell takes brackets and quotes for its own: put single quotes around the address.`,
      hint: `--${name} 'container.dns["a"]'`,
    }),
  ])
  return undefined
}

/** Declarations and the given picture of the cluster → a plan, saved. Everything wrong is reported. */
export const makePlan = async (
  context: CommandContext,
  session: Session,
  input: CommandInput,
  observed: Observed,
): Promise<Planned> => {
  const { settings, store } = session
  const targets = addressesOf(context, input.options, 'target')
  const excludes = addressesOf(context, input.options, 'exclude')
  if (!targets || !excludes) return { exit: EXIT.usage }
  const loaded = await readDeclarations(context, session, input, observed)
  if (!loaded) return { exit: EXIT.error }
  const [applied, snapshots] = await Promise.all([store.bindings.all(), store.runs.safetySnapshots()])
  const options: PlanOptions = {
    ...DEFAULT_PLAN_OPTIONS,
    vmids: settings.defaults.vmids,
    targets,
    excludes,
    allowDuplicateNames: input.options['allowDuplicateNames'] === true,
    destroy: input.options['destroy'] === true,
    safetySnapshots: snapshots.map(({ guest, name }) => ({ vmid: guest.vmid, name })),
    ...(settings.defaults.backupStorage !== undefined && { backupStorage: settings.defaults.backupStorage }),
  }
  const { value: plan, diagnostics } = planChanges(loaded.desired, observed, applied, options)
  context.report(diagnostics, loaded.sources)
  if (!plan || hasErrors(diagnostics)) return { exit: refusedByGuard(diagnostics) ? EXIT.refused : EXIT.error }
  if (!isEmptyPlan(plan)) await store.plans.save(plan)
  return { plan, secrets: loaded.secrets }
}

/** Guards are rules people set on purpose; everything else that is wrong is an error. */
const GUARDS: ReadonlySet<string> = new Set([
  'plan.ha-managed',
  'plan.name-taken',
  'plan.prevent-destroy',
  'plan.protected',
  'plan.replicated',
])

const refusedByGuard = (diagnostics: readonly { readonly code: string; readonly severity: string }[]): boolean => {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  return errors.length > 0 && errors.every(({ code }) => GUARDS.has(code))
}
