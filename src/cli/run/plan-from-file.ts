import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Plan, Step } from '../../plan/plan.ts'
import type { Address } from '../../resource/address.ts'
import { type Applied, bindingSubject } from '../../resource/applied.ts'
import { isSecret } from '../../resource/config-value.ts'
import { canonicalJson } from '../../util/canonical-json.ts'
import { EXIT } from '../exit-code.ts'
import type { CommandContext, CommandInput } from '../program/command-context.ts'
import type { CommandOptions } from '../program/command-table.ts'
import type { Session } from '../session/session.ts'
import { makePlan, type Planned } from './make-plan.ts'

/** What a plan does, as text; `bare`: secrets by their names alone, for fingerprints that another key has made. */
const deedsOf = ({ changes, steps }: Pick<Plan, 'changes' | 'steps'>, bare: boolean): string =>
  canonicalJson(
    JSON.parse(
      JSON.stringify({ changes, steps }, (_name, value) =>
        bare && isSecret(value) ? { secret: value.secret } : value,
      ),
    ),
  )

const partOf = ({ changes, steps }: Plan, address: Address): Pick<Plan, 'changes' | 'steps'> => ({
  changes: changes.filter((change) => change.address === address),
  steps: steps.filter((step) => step.address === address),
})

const expectations = (steps: readonly Step[]): string => canonicalJson(steps.flatMap(({ expects }) => expects ?? []))

/** What the file says of a resource and the plan of now does not; `stale`: because the guest is not as it was. */
const differenceAt = (
  file: Plan,
  now: Plan,
  address: Address,
  bare: boolean,
): { readonly text: string; readonly stale: boolean } | undefined => {
  const [old, fresh] = [partOf(file, address), partOf(now, address)]
  if (deedsOf(old, bare) === deedsOf(fresh, bare)) return undefined
  if (fresh.steps.length === 0) return { text: `\`${address}\`: nothing is to be done for it now`, stale: true }
  if (old.steps.length === 0)
    return { text: `\`${address}\`: something is to be done for it first by now`, stale: true }
  const guest = fresh.steps.find((step) => step.guest)?.guest
  if (expectations(old.steps) !== expectations(fresh.steps))
    return { text: `\`${address}\`: ${guest ? guest.vmid : 'it'} is not as it was when the plan was made`, stale: true }
  return { text: `\`${address}\`: the plan for it is another one now`, stale: false }
}

const notTheSame = (
  file: Plan,
  now: Plan,
  bare: boolean,
): readonly [Diagnostic, typeof EXIT.stale | typeof EXIT.refused] => {
  const addresses = [...new Set([...file.changes, ...now.changes].map(({ address }) => address))]
  const found = addresses.flatMap((address) => differenceAt(file, now, address, bare) ?? [])
  const lines = found.map(({ text }) => `\n- ${text}`).join('')
  if (found.some(({ stale }) => stale))
    return [
      diagnose('apply.stale-plan', {
        detail: `The cluster, or the declarations here, are not what plan ${file.id} was made from:${lines}\nNothing was changed. Make a new plan.`,
        hint: 'mpc plan',
      }),
      EXIT.stale,
    ]
  return [
    diagnose('cli.foreign-plan', {
      detail: `The cluster is as it was, but mpc does not plan from the declarations here what the file says${lines === '' ? ': its steps are in another order' : lines}\nThe declarations are others than those plan ${file.id} was made from, or somebody has edited the file. Nothing was changed. Look at what mpc plans here:`,
      hint: 'mpc plan',
    }),
    EXIT.refused,
  ]
}

/** A plan file holds no state: what it changes has to be bound here as it was where it was made. */
const notBound = (file: Plan, applied: Applied): Diagnostic | undefined => {
  const here = new Set(applied.map((resource) => `${resource.address} ${bindingSubject(resource)}`))
  const missing = file.steps.flatMap(({ binding }) => {
    const before = binding?.before
    return before && !here.has(`${before.address} ${bindingSubject(before)}`) ? [before] : []
  })
  if (missing.length === 0) return undefined
  return diagnose('cli.other-state', {
    detail: `Plan ${file.id} changes what the state here does not know as managed: ${missing.map((one) => `\`${one.address}\` (${bindingSubject(one)})`).join(', ')}. A plan file holds no state. Nothing was changed. Use the folder .proxmox of the workspace it was made in, or bind the guests with \`import\` blocks and plan again.`,
  })
}

/**
 * The plan of a file, made again here: of the file itself nothing is carried out or shown, it only says what was asked for, and has to be equal to what
 * mpc plans for that now. What has changed elsewhere is left alone. Everything that is wrong is reported.
 */
export const planFromFile = async (
  context: CommandContext,
  session: Session,
  input: CommandInput<CommandOptions<'apply'>>,
  file: Plan,
): Promise<Planned> => {
  const picture = await session.sync()
  const fail = (diagnostic: Diagnostic, exit: typeof EXIT.stale | typeof EXIT.refused): Planned => {
    context.report([diagnostic])
    return { exit }
  }
  if (picture.observed.cluster.name !== file.cluster)
    return fail(
      diagnose('cli.foreign-plan', {
        detail: `Plan ${file.id} was made for cluster ${file.cluster}, and this workspace is one of ${picture.observed.cluster.name}. Nothing was changed.`,
      }),
      EXIT.refused,
    )
  const unbound = notBound(file, await session.store.bindings.all())
  if (unbound) return fail(unbound, EXIT.refused)
  const again = (asked: NonNullable<Plan['asked']>, silent: boolean) =>
    makePlan(silent ? { ...context, report: () => undefined } : context, session, { ...input, args: [] }, picture, {
      command: 'mpc apply',
      asked,
    })
  const asked = file.asked ?? {}
  const whole = await again(asked, false)
  if ('exit' in whole) return whole
  const bare = whole.plan.secretsKey !== file.secretsKey
  const isSame = (plan: Plan) => deedsOf(plan, bare) === deedsOf(file, bare)
  if (isSame(whole.plan)) return whole
  const targets = file.changes.map(({ address }) => address)
  const narrowed = targets.length === 0 ? whole : await again({ ...asked, targets }, true)
  if ('plan' in narrowed && isSame(narrowed.plan)) return narrowed
  return fail(...notTheSame(file, 'plan' in narrowed ? narrowed.plan : whole.plan, bare))
}
