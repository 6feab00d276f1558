import type { ApiRequest } from '../../resource/request.ts'
import { effectOf } from './request-effect.ts'

/** What requests leave of pools, as far as they name it. */
export interface PoolsAfter {
  /** By VMID; undefined: in none. */
  readonly poolOf: ReadonlyMap<number, string | undefined>
  /** By pool. */
  readonly comments: ReadonlyMap<string, string>
}

/** The pool that a request makes a guest in. */
export const poolOfNew = ({ params = {} }: ApiRequest): string | undefined =>
  typeof params['pool'] === 'string' ? params['pool'] : undefined

export const poolsAfter = (requests: readonly ApiRequest[]): PoolsAfter => {
  const poolOf = new Map<number, string | undefined>()
  const comments = new Map<string, string>()
  for (const request of requests) {
    const effect = effectOf(request)
    if (effect.kind === 'guest-made') poolOf.set(effect.guest.vmid, poolOfNew(request))
    if (effect.kind === 'membership')
      for (const vmid of effect.vmids) poolOf.set(vmid, effect.present ? effect.poolid : undefined)
    if (effect.kind === 'pool' && effect.present) comments.set(effect.poolid, String(request.params?.['comment'] ?? ''))
    if (effect.kind === 'pool-comment') comments.set(effect.poolid, effect.comment)
  }
  return { poolOf, comments }
}

/** "pool prod", "no pool". */
export const poolName = (poolid: string | undefined): string => (poolid === undefined ? 'no pool' : `pool ${poolid}`)
