import type { Address } from '../resource/address.ts'
import type { AppliedResource } from '../resource/applied.ts'
import type { AttributeChange } from '../resource/change.ts'
import type { DesiredPool } from '../resource/desired.ts'
import type { ObservedPool } from '../resource/observed.ts'
import type { ApiRequest } from '../resource/request.ts'
import { fieldChange } from './change-builder.ts'
import type { ResourceChange } from './plan.ts'
import type { PlanWorld } from './plan-world.ts'
import { poolRecord } from './record.ts'
import type { StepDraft } from './step-chain.ts'

export interface PoolPlan {
  readonly action: ResourceChange['action']
  readonly attributes: readonly AttributeChange[]
  readonly drafts: readonly StepDraft[]
}

const makePool = (poolid: string, comment: string | undefined): ApiRequest => ({
  method: 'POST',
  path: '/pools',
  params: { poolid, ...(comment !== undefined && { comment }) },
})

const dropPool = (poolid: string): ApiRequest => ({ method: 'DELETE', path: '/pools', params: { poolid } })

const setComment = (poolid: string, comment: string): ApiRequest => ({
  method: 'PUT',
  path: '/pools',
  params: { poolid, comment },
})

const createPool = (desired: DesiredPool): PoolPlan => {
  const { poolid, comment } = desired
  return {
    action: 'create',
    attributes: [
      fieldChange('poolid', undefined, poolid),
      ...(comment === undefined ? [] : [fieldChange('comment', undefined, comment)]),
    ],
    drafts: [
      {
        verb: 'create',
        action: 'create',
        summary: `create pool ${poolid}`,
        requests: [makePool(poolid, comment)],
        disruption: 'none',
        reversal: { by: 'requests', requests: [dropPool(poolid)], note: 'delete the pool again' },
        binding: { before: null, after: poolRecord(desired) },
      },
    ],
  }
}

const bindPool = (desired: DesiredPool): StepDraft => ({
  verb: 'bind',
  action: 'bind',
  summary: `bind it to the existing pool ${desired.poolid}`,
  requests: [],
  disruption: 'none',
  reversal: { by: 'requests', requests: [], note: 'forget it again' },
  binding: { before: null, after: poolRecord(desired) },
})

const updateComment = (
  desired: DesiredPool,
  observed: ObservedPool,
  applied: AppliedResource | undefined,
): PoolPlan | undefined => {
  const wanted = desired.comment ?? (applied?.config['comment'] === undefined ? observed.comment : '')
  const [before, after] = [observed.comment ?? '', wanted ?? '']
  if (before === after) return undefined
  const { poolid } = desired
  return {
    action: 'update',
    attributes: [fieldChange('comment', observed.comment, after === '' ? undefined : after)],
    drafts: [
      {
        verb: 'update',
        action: 'update',
        summary: after === '' ? 'unset comment' : 'set comment',
        requests: [setComment(poolid, after)],
        disruption: 'none',
        reversal: { by: 'requests', requests: [setComment(poolid, before)], note: 'set the previous comment again' },
        binding: { before: applied ?? null, after: poolRecord(desired) },
      },
    ],
  }
}

/** Plans a declared pool; undefined when there is nothing to do. An existing pool of that name is taken over as it is. */
export const planPool = (
  world: PlanWorld,
  desired: DesiredPool,
  applied: AppliedResource | undefined,
): PoolPlan | undefined => {
  const observed = world.pools.get(desired.poolid)
  if (!observed) return createPool(desired)
  const update = updateComment(desired, observed, applied)
  if (applied) return update
  const { drafts = [], attributes = [] } = update ?? {}
  return {
    action: update ? 'update' : 'bind',
    attributes,
    drafts: [bindPool(desired), ...drafts.map(({ binding: _binding, ...draft }) => draft)],
  }
}

/** Plans the end of a pool that is declared no more. It must be empty by then: `leaving` are the members the plan takes out. */
export const destroyPool = (
  world: PlanWorld,
  resource: AppliedResource,
  leaving: ReadonlySet<number>,
): PoolPlan | undefined => {
  const { address, poolid } = resource
  const observed = poolid === undefined ? undefined : world.pools.get(poolid)
  if (poolid === undefined || !observed) return undefined
  const left = world.observed.guests.filter(({ pool, vmid }) => pool === poolid && !leaving.has(vmid))
  if (left.length > 0)
    reportMembers(
      world,
      address,
      poolid,
      left.map(({ vmid }) => vmid),
    )
  return {
    action: 'destroy',
    attributes: [fieldChange('poolid', poolid, undefined)],
    drafts: [
      {
        verb: 'destroy',
        action: 'destroy',
        summary: `delete pool ${poolid}`,
        requests: [dropPool(poolid)],
        disruption: 'none',
        reversal: { by: 'requests', requests: [makePool(poolid, observed.comment)], note: 'create the pool again' },
        binding: { before: resource, after: null },
      },
    ],
  }
}

const reportMembers = (world: PlanWorld, address: Address, poolid: string, members: readonly number[]): void =>
  world.report('plan.pool-not-empty', {
    detail: `The plan would delete pool \`${poolid}\`, but guests are in it that the plan does not take out: ${members.join(', ')}. Proxmox VE deletes empty pools only. Move them out, or keep the pool with a \`removed\` block.`,
    address,
  })
