import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { type DeclaredGuest, declareGuests, declarePools } from '../../export/declaration/declare-guests.ts'
import { othersVolumes } from '../../export/declaration/describe-guest.ts'
import type { WrittenBlock } from '../../export/declaration/written-block.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { type Address, parseAddressParts } from '../../resource/address.ts'
import type { Applied, AppliedResource } from '../../resource/applied.ts'
import type { Desired } from '../../resource/desired.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { isOfGuest } from '../../resource/resource-kind.ts'
import type { CommandContext, CommandInput } from '../program/command-context.ts'
import type { VariableOptions } from '../program/command-options.ts'
import type { Picture, Session } from '../session/session.ts'
import { type Destination, type Draft, draftFiles } from './draft-files.ts'
import { type Doubt, type Pair, type Proof, prove } from './prove.ts'

/** A guest that is not imported, and why. */
export interface LeftOut {
  readonly guest: ObservedGuest
  readonly why: string
}

/** Declarations that were seen to change nothing. */
export interface Composed {
  readonly drafts: readonly Draft[]
  readonly declared: readonly DeclaredGuest[]
  readonly pools: readonly WrittenBlock[]
  readonly records: readonly AppliedResource[]
  readonly leftOut: readonly LeftOut[]
  /** Everything that is declared then. */
  readonly desired: Desired
}

export interface Ground {
  readonly context: CommandContext
  readonly session: Session
  readonly input: CommandInput<VariableOptions>
  readonly picture: Picture
  readonly destination: Destination
  readonly desired: Desired
  readonly applied: Applied
}

/** Labels of the folder's own module, in lower case. */
const labelsIn = ({ desired, applied }: Ground): Set<string> => {
  const all = [...desired.resources, ...applied].map(({ address }) => parseAddressParts(address))
  return new Set(all.flatMap((parts) => (parts ? [`${parts.type}.${parts.name}`.toLowerCase()] : [])))
}

/** Pools of the guests that nobody has declared or bound. */
const poolsOf = ({ desired, applied, picture }: Ground, guests: readonly ObservedGuest[]) => {
  const known = new Set([
    ...desired.resources.flatMap((resource) => (resource.kind === 'pool' ? [resource.poolid] : [])),
    ...applied.flatMap((resource) => (isOfGuest(resource) ? [] : [resource.poolid])),
  ])
  const used = new Set(guests.flatMap(({ pool }) => pool ?? []))
  return picture.observed.pools.filter(({ poolid }) => used.has(poolid) && !known.has(poolid))
}

/** `disk.scsi0.size` → `scsi0.size`, as configurations name it. */
const configName = ({ type }: ObservedGuest, attribute: string): string => {
  const [first = '', ...rest] = attribute.split('.')
  return Object.hasOwn(kindOfType(type).groups, first) ? rest.join('.') : attribute
}

/** What more is to be left out for a doubt: the attribute, then its whole key, or volumes of other guests; undefined when nothing is left to try. */
const omissionFor = (
  guest: ObservedGuest,
  { attributes }: Doubt,
  omitted: ReadonlySet<string>,
): readonly string[] | undefined => {
  if (attributes.length === 0) {
    const shared = othersVolumes(guest).filter((key) => !omitted.has(key))
    return shared.length > 0 ? shared : undefined
  }
  const names = attributes.map((attribute) => configName(guest, attribute))
  const more = names.map((name) => (omitted.has(name) ? (name.split('.')[0] ?? name) : name))
  const fresh = more.filter((name) => !omitted.has(name) && name !== 'node' && name !== 'vmid')
  return fresh.length > 0 && fresh.length === names.length ? fresh : undefined
}

/** Rounds of leaving out and planning again; what is still in doubt after them is not imported. */
const ROUNDS = 4

/** Problems of the declarations as a whole; without any, what was written is not what was read, which is a bug. */
const asError = ({ errors }: Proof): Error =>
  errors.length > 0
    ? new DiagnosticError(errors)
    : new Error('the declarations of an import are not read as they were written')

/** Writes declarations in memory until a plan of them is empty; a guest for which that cannot be brought about is left out. */
export const compose = async (ground: Ground, wanted: readonly ObservedGuest[]): Promise<Composed> => {
  const { context, session, input, picture, destination } = ground
  const omissions = new Map<number, Set<string>>()
  const leftOut: LeftOut[] = []
  let guests = wanted
  for (let round = 0; ; round++) {
    const taken = labelsIn(ground)
    const declared = declareGuests(guests, taken, omissions)
    const pools = declarePools(poolsOf(ground, guests), taken)
    const drafts = await draftFiles(context.io.files, destination, [...pools, ...declared.map(({ block }) => block)])
    const pairs: readonly Pair[] = [
      ...pools.map(({ address }) => ({ address })),
      ...declared.map(({ block, guest }) => ({ address: block.address, guest })),
    ]
    const proof = await prove(context, session, input, picture, drafts, pairs)
    const isProved = proof.errors.length === 0 && proof.doubts.length === 0 && proof.records.length === pairs.length
    if (isProved && proof.desired)
      return { drafts, declared, pools, records: proof.records, leftOut, desired: proof.desired }
    const byAddress = new Map(declared.map(({ block, guest }) => [block.address, guest]))
    const gone = resolve(proof.doubts, byAddress, omissions, round >= ROUNDS)
    if (proof.doubts.length === 0 || (round >= ROUNDS && gone.length === 0)) throw asError(proof)
    leftOut.push(...gone)
    guests = guests.filter((guest) => !gone.some((one) => one.guest === guest))
  }
}

/** Notes what to leave out next; gives the guests that are given up. */
const resolve = (
  doubts: readonly Doubt[],
  byAddress: ReadonlyMap<Address, ObservedGuest>,
  omissions: Map<number, Set<string>>,
  isLast: boolean,
): readonly LeftOut[] =>
  doubts.flatMap((doubt): readonly LeftOut[] => {
    const guest = byAddress.get(doubt.address)
    if (!guest) return []
    const omitted = omissions.get(guest.vmid) ?? new Set()
    const more = isLast ? undefined : omissionFor(guest, doubt, omitted)
    if (!more) return [{ guest, why: doubt.why }]
    omissions.set(guest.vmid, new Set([...omitted, ...more]))
    return []
  })
