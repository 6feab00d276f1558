import type { Address } from '../../resource/address.ts'
import type { Desired, DesiredResource } from '../../resource/desired.ts'
import { addressIndex } from './address-filter.ts'

/**
 * What each declared resource needs first: what `depends_on` and `replace_triggered_by` name, and what its kind implies, as far as those are
 * declared too.
 */
export const dependenciesOf = (
  desired: Desired,
  implied: (resource: DesiredResource) => readonly (Address | undefined)[],
): ReadonlyMap<Address, readonly Address[]> => {
  const find = addressIndex(desired.resources.map(({ address }) => address))
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
