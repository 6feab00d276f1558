import type { Address } from '../../resource/address.ts'
import type { DesiredPool, DesiredResource } from '../../resource/desired.ts'

/** The pool a nested one lies in: `team` of `team/dev`. */
export const parentPool = (poolid: string): string | undefined => {
  const at = poolid.lastIndexOf('/')
  return at < 0 ? undefined : poolid.slice(0, at)
}

const isPool = (resource: DesiredResource): resource is DesiredPool => resource.kind === 'pool'

/** The declared pools by their ids. */
export const poolAddresses = (resources: readonly DesiredResource[]): ReadonlyMap<string, Address> =>
  new Map(resources.filter(isPool).map(({ poolid, address }) => [poolid, address]))
