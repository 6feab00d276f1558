import type { AppliedPool, AppliedResource } from '../../resource/applied.ts'
import type { DesiredPool } from '../../resource/desired.ts'
import type { PlannedKind } from '../planned-kind.ts'
import { planForgotten } from '../step/forget-step.ts'
import { withLifecycle } from '../step/lifecycle-step.ts'
import { destroyPool, planPool } from './plan-pool.ts'
import { parentPool, poolAddresses } from './pool-path.ts'

const asPool = (resource: AppliedResource | undefined): AppliedPool | undefined =>
  resource?.kind === 'pool' ? resource : undefined

/** Ids of pools that a plan ends. */
export const poolsEnding = (ending: readonly AppliedResource[]): ReadonlySet<string> =>
  new Set(ending.flatMap((resource) => asPool(resource)?.poolid ?? []))

export const poolPlanning: PlannedKind<DesiredPool> = {
  impliedNeeds: ({ resources }) => {
    const pools = poolAddresses(resources)
    return ({ poolid }) => [pools.get(parentPool(poolid) ?? '')]
  },
  plan: ({ world, declaredPools }, desired, applied) => {
    const pool = planPool(world, desired, asPool(applied), declaredPools)
    return pool && { address: desired.address, kind: 'pool', reason: 'declared', name: desired.poolid, ...pool }
  },
  end: ({ world, declared }, resource, { leaving, pools }) => {
    const bound = asPool(resource)
    if (!bound) return undefined
    const { address, poolid } = bound
    const lifecycle = declared.get(address)?.lifecycle
    const pool = destroyPool(world, lifecycle ? withLifecycle(bound, lifecycle) : bound, leaving, pools)
    if (!pool) return planForgotten(bound, { isGone: true })
    return { address, kind: 'pool', reason: 'no-longer-declared', name: poolid, ...pool }
  },
  /** Its members go out of it first, and the pools that lie in it. */
  orderEnds: ({ world }, planned, ends, goesFirst) => {
    const ending = new Map(
      planned.flatMap(({ address, kind, name }) =>
        kind === 'pool' && name !== undefined && ends.has(address) ? [[name, address] as const] : [],
      ),
    )
    for (const { guest, address } of planned) {
      const pool = ending.get((guest && world.guests.get(guest.vmid)?.pool) ?? '')
      if (pool !== undefined) goesFirst(pool, address)
    }
    for (const [poolid, address] of ending) {
      const outer = ending.get(parentPool(poolid) ?? '')
      if (outer !== undefined) goesFirst(outer, address)
    }
  },
}
