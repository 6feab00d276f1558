import { type Diagnostic, diagnose, hasErrors } from '../../diagnostic/diagnostic.ts'
import type { Guards } from '../../plan/guards.ts'
import { isEmptyPlan, type Plan } from '../../plan/plan.ts'
import { planChanges } from '../../plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from '../../plan/plan-options.ts'
import { type Address, parseAddressPattern } from '../../resource/address.ts'
import type { Applied } from '../../resource/applied.ts'
import type { Secrets } from '../../resource/desired.ts'
import { isOfGuest } from '../../resource/resource-kind.ts'
import { counted } from '../../util/counted.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { CommandContext, CommandInput } from '../program/command-context.ts'
import type { FormatOptions, SelectionOptions, VariableOptions } from '../program/command-options.ts'
import type { CommandOptions } from '../program/command-table.ts'
import { chooseFiles } from '../session/choose-files.ts'
import { fingerprintKey, keyName } from '../session/fingerprint-key.ts'
import { type HiddenVmids, planAroundHidden } from '../session/hidden-vmids.ts'
import { readDeclarations } from '../session/read-declarations.ts'
import type { Picture, Session } from '../session/session.ts'
import { showPlan } from './show-plan.ts'

/** What a command line may say to planning. */
type PlanningOptions = FormatOptions & SelectionOptions & VariableOptions & Pick<CommandOptions<'plan'>, 'refresh'>

export type Planned =
  /** `asOf`: when the picture was taken that it was made from. */
  | { readonly plan: Plan; readonly secrets: Secrets; readonly asOf: string }
  /** Why there is none; it has been reported. */
  | { readonly exit: ExitCode }

const addressesOf = (
  { report }: CommandContext,
  name: 'target' | 'exclude' | 'replace',
  texts: readonly string[] = [],
): readonly Address[] | undefined => {
  const addresses = texts.flatMap((text) => parseAddressPattern(text) ?? [])
  if (addresses.length === texts.length) return addresses
  const wrong = texts.filter((text) => parseAddressPattern(text) === undefined)
  report([
    diagnose('cli.bad-option', {
      detail: `--${name} takes an address such as vm.web, vm.web[0], container.dns["a"] or module.site, not ${wrong.map((text) => `"${text}"`).join(', ')}. The shell interprets brackets and quotes: put single quotes around the address.`,
      hint: `--${name} 'container.dns["a"]'`,
    }),
  ])
  return undefined
}

/** Where nothing may be sent, one may still look what a plan would be. */
const withoutReadOnly = ({ readOnly: _, ...guards }: Guards): Guards => guards

/** What a plan has to know besides declarations and the cluster. */
const planOptions = async (
  { settings, store }: Session,
  options: SelectionOptions,
  command: 'mpc plan' | 'mpc apply',
  key: string,
): Promise<Omit<PlanOptions, 'targets' | 'excludes'>> => {
  const [snapshots, unfinished] = await Promise.all([store.runs.safetySnapshots(), store.runs.unfinished()])
  return {
    ...DEFAULT_PLAN_OPTIONS,
    vmids: settings.defaults.vmids,
    guards: command === 'mpc apply' ? settings.guards : withoutReadOnly(settings.guards),
    allowDuplicateNames: options.allowDuplicateNames === true,
    allowDiskReplacement: options.allowDiskReplacement === true,
    secretsKey: keyName(key),
    safetySnapshots: snapshots,
    unsettled: new Set(unfinished.flatMap(({ plan }) => plan.steps.map(({ address }) => address))),
    ...(settings.defaults.backupStorage !== undefined && { backupStorage: settings.defaults.backupStorage }),
  }
}

/** What a plan is to be about; unlike `Asked`, addresses are texts that somebody typed or wrote into a file. */
interface Wishes {
  readonly targets?: readonly string[]
  readonly excludes?: readonly string[]
  readonly replaces?: readonly string[]
  readonly scope?: readonly string[]
  readonly destroy?: boolean
}

const wishesOf = ({ target = [], exclude = [], replace = [], destroy = false }: SelectionOptions): Wishes => ({
  targets: target,
  excludes: exclude,
  replaces: replace,
  destroy,
})

interface PlanFor {
  readonly command?: 'mpc plan' | 'mpc apply'
  /** Instead of what the command line says; what it allows is the command line's word alone. */
  readonly asked?: Wishes
}

/** Declarations and the given picture of the cluster → a plan, saved. Everything wrong is reported; a plan that is refused is shown, not saved. */
export const makePlan = async (
  context: CommandContext,
  session: Session,
  input: CommandInput<PlanningOptions>,
  { observed, syncedAt: asOf }: Picture,
  { command = 'mpc plan', asked = wishesOf(input.options) }: PlanFor = {},
): Promise<Planned> => {
  const { store } = session
  const targets = addressesOf(context, 'target', asked.targets)
  const excludes = addressesOf(context, 'exclude', asked.excludes)
  const replaces = addressesOf(context, 'replace', asked.replaces)
  if (!targets || !excludes || !replaces) return { exit: EXIT.usage }
  const chosen = await chooseFiles(context, input.args)
  const applied = await store.bindings.all()
  const mayBeEmpty = chosen === undefined && applied.length > 0
  const loaded = await readDeclarations(context, session, { ...input, args: chosen?.paths ?? [] }, observed, {
    mayBeEmpty,
  })
  if (!loaded) return { exit: EXIT.error }
  const options: PlanOptions = {
    ...(await planOptions(session, input.options, command, await fingerprintKey(context.io.files, session.workspace))),
    destroy: asked.destroy === true,
    targets,
    excludes,
    replaces,
    ...(asked.scope && { scope: asked.scope }),
    ...(chosen && { scope: loaded.declaredIn(chosen.files) }),
  }
  const isOffline = input.options.refresh === false
  const planWith = (hiddenVmids: HiddenVmids) =>
    planChanges(loaded.desired, observed, applied, { ...options, hiddenVmids })
  const { value: plan, diagnostics } = isOffline
    ? planWith({ taken: [] })
    : await planAroundHidden(planWith, observed.rights, session.reader)
  context.report(diagnostics, new Map([...loaded.sources, ...session.sources]))
  if (!plan || hasErrors(diagnostics)) return { exit: refusedByGuard(diagnostics) ? EXIT.refused : EXIT.error }
  const refusal = isAllowedToDestroy(input.options)
    ? undefined
    : massDestroy(plan, applied, loaded.sources.size === 0, command)
  if (refusal) {
    await showPlan(context, plan, { options: input.options, asOf })
    context.report([refusal])
    return { exit: EXIT.refused }
  }
  if (!isEmptyPlan(plan)) await store.plans.save(plan, asOf)
  return { plan, secrets: loaded.secrets, asOf }
}

const isAllowedToDestroy = (options: SelectionOptions): boolean =>
  options.allowDestroy === true || options.destroy === true

/** Fewer managed guests than this may all go at once without a second thought. */
const FEW = 3

/** Files that are missing, or a half-checked-out branch, look like the wish to destroy what they declared. */
const massDestroy = (plan: Plan, applied: Applied, noFiles: boolean, command: string): Diagnostic | undefined => {
  const managed = applied.filter(isOfGuest).length
  const going = plan.changes.filter(({ action, guest }) => action === 'destroy' && guest !== undefined).length
  const isMost = managed >= FEW && going * 2 > managed
  if (!isMost && !(noFiles && !isEmptyPlan(plan))) return undefined
  const what = noFiles
    ? 'There is no declaration file left in this folder, so everything that is managed would be destroyed'
    : `${going} of ${counted(managed, 'managed guest')} would be destroyed`
  return diagnose('cli.mass-destroy', {
    detail: `${what}. Usually a file is missing or the folder is wrong; the plan was not saved, and nothing was changed. If you want this:`,
    hint: `${command} --allow-destroy`,
  })
}

/** Guards are rules people set on purpose; everything else that is wrong is an error. */
const GUARDS: ReadonlySet<string> = new Set([
  'plan.boot-disk-removed',
  'plan.boot-disk-replaced',
  'plan.ha-managed',
  'plan.name-taken',
  'plan.prevent-destroy',
  'plan.protected',
  'plan.replicated',
  'project.guarded',
  'project.read-only',
  'project.too-many-destroyed',
])

const refusedByGuard = (diagnostics: readonly { readonly code: string; readonly severity: string }[]): boolean => {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  return errors.length > 0 && errors.every(({ code }) => GUARDS.has(code))
}
