import { type Address, modulePath, parseAddressParts } from '../../resource/address.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import type { PlanningContext } from '../planning-context.ts'

/** An address as typed covers itself, its instances and, for a module, everything in it. */
const covers = (pattern: string, address: string): boolean =>
  address === pattern || address.startsWith(`${pattern}[`) || address.startsWith(`${pattern}.`)

/** The part before a final instance key: `vm.web` of `vm.web[0]`. */
const baseOf = (address: string): string => address.replace(/\[(?:\d+|"(?:[^"\\]|\\.)*")\]$/, '')

const groupedByBase = (addresses: readonly Address[]): ReadonlyMap<string, readonly Address[]> => {
  const groups = new Map<string, Address[]>()
  for (const address of addresses) {
    const base = baseOf(address)
    const group = groups.get(base)
    if (group) group.push(address)
    else groups.set(base, [address])
  }
  return groups
}

/** Looks resources up by pattern without going through all of them for each. */
export const addressIndex = (addresses: readonly Address[]): ((pattern: string) => readonly Address[]) => {
  let index:
    | { readonly exact: ReadonlySet<string>; readonly byBase: ReadonlyMap<string, readonly Address[]> }
    | undefined
  return (pattern) => {
    index ??= { exact: new Set(addresses), byBase: groupedByBase(addresses) }
    if (index.exact.has(pattern)) return [pattern as Address]
    return index.byBase.get(pattern) ?? addresses.filter((address) => covers(pattern, address))
  }
}

const modulesOf = (address: Address): readonly string[] => {
  const steps = parseAddressParts(address)?.modules ?? []
  return steps.flatMap(({ name }, at) => {
    const before = steps.slice(0, at)
    return [modulePath([...before, { name }]), modulePath(steps.slice(0, at + 1))]
  })
}

/** Everything that may stand for some of the addresses: all instances of one resource, themselves, and modules. */
const patternsOf = (addresses: readonly Address[]): ReadonlySet<string> =>
  new Set(addresses.flatMap((address) => [baseOf(address), address, ...modulesOf(address)]))

const reach = (from: Iterable<Address>, next: (address: Address) => readonly Address[]): ReadonlySet<Address> => {
  const reached = new Set(from)
  for (const address of reached) for (const other of next(address)) reached.add(other)
  return reached
}

/** Whether one of the addresses without instance keys covers an address. */
const isWithin = (scope: readonly string[]): ((address: Address) => boolean) => {
  const names = new Set(scope)
  return (address) => names.has(baseOf(address)) || modulesOf(address).some((module) => names.has(module))
}

/** Everything some patterns cover; one that covers nothing is reported. */
const resolvePatterns = (
  world: PlanningContext,
  known: readonly Address[],
  find: (pattern: string) => readonly Address[],
  patterns: readonly Address[],
): readonly Address[] =>
  patterns.flatMap((pattern) => {
    const found = find(pattern)
    if (found.length === 0) {
      const guess = suggestion(pattern, patternsOf(known))
      world.report('plan.unknown-target', {
        detail: `There is no resource \`${pattern}\`, neither declared nor managed.${guess || ' `mpc plan` without limits lists all that change.'}`,
        address: pattern,
      })
    }
    return found
  })

/** The declared guests that `--replace` names. */
export const replacedGuests = (world: PlanningContext, guests: readonly Address[]): ReadonlySet<Address> => {
  const { replaces, destroy } = world.options
  if (replaces.length === 0 || destroy) return new Set()
  const find = addressIndex(guests)
  const found = replaces.map((pattern) => [pattern, find(pattern)] as const)
  for (const [pattern, own] of found) {
    if (own.length > 0) continue
    world.report('plan.unknown-target', {
      detail: `\`--replace\` names \`${pattern}\`, and there is no declared guest of that address.${suggestion(pattern, patternsOf(guests))} Pools are not replaced.`,
      address: pattern,
    })
  }
  return new Set(found.flatMap(([, own]) => own))
}

export interface FilterInput {
  readonly known: readonly Address[]
  /** What a resource needs to exist before it. */
  readonly needs: ReadonlyMap<Address, readonly Address[]>
}

/**
 * The resources a plan is limited to: the targets and what they depend on, without the excluded ones and what depends on those. With
 * `destroy` the other way round: what depends on a target goes with it. An unknown address is reported.
 */
export const selectAddresses = (world: PlanningContext, { known, needs }: FilterInput): ReadonlySet<Address> => {
  const { targets, excludes, destroy, scope } = world.options
  const find = addressIndex(known)
  const resolve = (patterns: readonly Address[]) => resolvePatterns(world, known, find, patterns)
  const dependents = new Map<Address, Address[]>()
  for (const [address, others] of needs) {
    for (const other of others) dependents.set(other, [...(dependents.get(other) ?? []), address])
  }
  const down = (address: Address) => needs.get(address) ?? []
  const up = (address: Address) => dependents.get(address) ?? []
  const wanted = targets.length === 0 ? new Set(known) : reach(resolve(targets), destroy ? up : down)
  const chosen = scope ? new Set([...wanted].filter(isWithin(scope))) : wanted
  const left = reach(resolve(excludes), destroy ? down : up)
  if (left.size === 0) return chosen
  return new Set([...chosen].filter((address) => !left.has(address)))
}
