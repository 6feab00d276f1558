import { guestKinds } from '../../kinds/registry.ts'
import type { Address } from '../../resource/address.ts'
import { defaultName } from '../../resource/default-name.ts'
import type { Desired, DesiredGuest, DesiredResource } from '../../resource/desired.ts'
import { isOfGuest } from '../../resource/resource-kind.ts'
import { addressIndex } from './address-filter.ts'

const EMPTY: readonly Address[] = []

/** The pool a nested one lies in: `team` of `team/dev`. */
export const parentPool = (poolid: string): string | undefined => {
  const at = poolid.lastIndexOf('/')
  return at < 0 ? undefined : poolid.slice(0, at)
}

/** Names and VMIDs a clone may refer to, of guests that are declared. */
const templates = (guests: readonly DesiredGuest[]): ReadonlyMap<string, Address> =>
  new Map(
    guests.flatMap(({ kind, config, address, vmid }) => {
      const name = String(config[guestKinds[kind].nameKey] ?? defaultName(address))
      return [
        [`${kind} ${name}`, address] as const,
        ...(vmid === undefined ? [] : [[`${kind} ${vmid}`, address] as const]),
      ]
    }),
  )

/**
 * What each declared resource needs first: what `depends_on` and `replace_triggered_by` name, its pool, the pool a pool lies in, and the guest it is a
 * clone of, as far as those are declared too.
 */
export const dependenciesOf = (desired: Desired): ReadonlyMap<Address, readonly Address[]> => {
  const find = addressIndex(desired.resources.map(({ address }) => address))
  const pools = new Map<string, Address>()
  for (const resource of desired.resources) if (resource.kind === 'pool') pools.set(resource.poolid, resource.address)
  const guests = desired.resources.filter(isOfGuest)
  const clones = guests.some(({ source }) => source.by === 'clone')
  const byName = clones ? templates(guests) : new Map<string, Address>()
  const implied = (resource: DesiredResource): readonly (Address | undefined)[] => {
    if (resource.kind === 'pool') return [pools.get(parentPool(resource.poolid) ?? '')]
    const { pool, source, kind } = resource
    return [
      ...(pool === undefined ? EMPTY : [pools.get(pool)]),
      ...(source.by === 'clone' ? [byName.get(`${kind} ${source.template}`)] : EMPTY),
    ]
  }
  const needs = new Map<Address, readonly Address[]>()
  for (const resource of desired.resources) {
    const { address, dependsOn, lifecycle } = resource
    const named = [...dependsOn, ...lifecycle.replaceTriggeredBy].flatMap(find)
    const all = new Set([...named, ...implied(resource).filter((other) => other !== undefined)])
    all.delete(address)
    if (all.size > 0) needs.set(address, [...all])
  }
  return needs
}
