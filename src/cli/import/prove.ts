import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import { guestKinds } from '../../kinds/registry.ts'
import { planChanges } from '../../plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from '../../plan/plan-options.ts'
import { poolRecord } from '../../plan/pool/plan-pool.ts'
import { foundKeys, foundPool } from '../../plan/state/found-keys.ts'
import { seenIdentity } from '../../plan/state/guest-identity.ts'
import { stateOf } from '../../plan/state/guest-state.ts'
import { guestRecord } from '../../plan/state/recorded-slots.ts'
import type { Address } from '../../resource/address.ts'
import type { Applied, AppliedResource } from '../../resource/applied.ts'
import { isSecret } from '../../resource/config-value.ts'
import type { Desired, DesiredResource } from '../../resource/desired.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import type { CommandContext, CommandInput } from '../program/command-context.ts'
import type { VariableOptions } from '../program/command-options.ts'
import { readDeclarations } from '../session/read-declarations.ts'
import type { Picture, Session } from '../session/session.ts'
import type { Draft } from './draft-files.ts'
import { withDrafts } from './overlay.ts'

/** What is to be bound: an address, and the guest or pool that it stands for. */
export interface Pair {
  readonly address: Address
  readonly guest?: ObservedGuest
}

/** What is wrong with the declaration of one resource. */
export interface Doubt {
  readonly address: Address
  /** Names of attributes that a plan would change; empty: something else is wrong. */
  readonly attributes: readonly string[]
  readonly why: string
}

export interface Proof extends Judgement {
  /** Everything that would be declared; undefined when it cannot be read. */
  readonly desired: Desired | undefined
  /** Bindings of everything that was asked for and is declared. */
  readonly records: readonly AppliedResource[]
}

/** What is remembered of a guest that was found: a secret that nobody has set there is not remembered as set. */
const recordOf = (resource: DesiredResource, guest: ObservedGuest | undefined): AppliedResource | undefined => {
  if (resource.kind === 'pool') return poolRecord(resource)
  if (!guest) return undefined
  const { type, node, vmid } = guest
  const seen = { kind: guestKinds[resource.kind], desired: resource, state: stateOf(guest), differences: [] }
  const found = { ...foundKeys({ ...seen, applied: {}, found: {} }), ...foundPool(resource, guest, undefined) }
  const record = guestRecord(resource, { type, node, vmid }, seenIdentity(guest), undefined, found)
  return {
    ...record,
    config: Object.fromEntries(Object.entries(record.config).filter(([, value]) => !isSecret(value))),
  }
}

/** Bindings of declared resources to what they stand for. */
export const recordsOf = (
  { resources }: Pick<Desired, 'resources'>,
  pairs: readonly Pair[],
): readonly AppliedResource[] => {
  const byAddress = new Map(resources.map((resource) => [resource.address, resource]))
  return pairs.flatMap(({ address, guest }) => {
    const resource = byAddress.get(address)
    return (resource && recordOf(resource, guest)) ?? []
  })
}

const ALONE = { outputs: [], moved: [], imports: [], removed: [] } as const

interface Judgement {
  readonly doubts: readonly Doubt[]
  /** Errors that belong to none of the resources; nothing is proved then. */
  readonly errors: readonly Diagnostic[]
}

const byOwner = (problems: readonly Diagnostic[], own: ReadonlySet<string>): Judgement => {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const isOwn = ({ address = '' }: Diagnostic) => own.has(address)
  return {
    doubts: errors
      .filter(isOwn)
      .map(({ address, detail }) => ({ address: address as Address, attributes: [], why: detail })),
    errors: errors.filter((error) => !isOwn(error)),
  }
}

/** Plans these resources as if nothing else were declared, bound as they would be. */
const judge = (
  desired: Desired,
  observed: Observed,
  records: readonly AppliedResource[],
  options: PlanOptions,
): Judgement => {
  const own = new Set<string>(records.map(({ address }) => address))
  const resources = desired.resources.filter(({ address }) => own.has(address))
  const { value: plan, diagnostics } = planChanges({ ...ALONE, resources }, observed, records, options)
  if (!plan) return byOwner(diagnostics, own)
  const doubts = plan.changes.map(({ address, action, change }) => {
    const attributes = change.attributes.map(({ name }) => name)
    return { address, attributes, why: `a plan would ${action} it (${attributes.join(', ') || 'as a whole'})` }
  })
  return { doubts, errors: [] }
}

/** Reads the declarations as they would be with the drafts, and plans what is new in them: nothing of it may change. */
export const prove = async (
  context: CommandContext,
  session: Session,
  input: CommandInput<VariableOptions>,
  { observed }: Picture,
  drafts: readonly Draft[],
  pairs: readonly Pair[],
): Promise<Proof> => {
  const found: Diagnostic[] = []
  const files = withDrafts(context.io.files, new Map(drafts.map(({ path, text }) => [path, text])))
  const inside: CommandContext = {
    ...context,
    io: { ...context.io, files },
    report: (diagnostics) => void found.push(...diagnostics),
  }
  const loaded = await readDeclarations(inside, session, { ...input, args: [] }, observed, { mayBeEmpty: true })
  const own = new Set<string>(pairs.map(({ address }) => address))
  if (!loaded) return { desired: undefined, records: [], ...byOwner(found, own) }
  const records = recordsOf(loaded.desired, pairs)
  const options = { ...DEFAULT_PLAN_OPTIONS, vmids: session.settings.defaults.vmids }
  return { desired: loaded.desired, records, ...judge(loaded.desired, observed, records, options) }
}

/** How many other resources the next plan would change; undefined where it cannot be made. */
export const otherChanges = (
  desired: Desired,
  observed: Observed,
  applied: Applied,
  own: ReadonlySet<Address>,
  options: PlanOptions,
): number | undefined => {
  const { value: plan } = planChanges(desired, observed, applied, options)
  return plan?.changes.filter(({ address }) => !own.has(address)).length
}
