import type { Address } from '../../resource/address.ts'
import type { AppliedPool } from '../../resource/applied.ts'
import type { AttributeChange } from '../../resource/change.ts'
import type { DesiredPool } from '../../resource/desired.ts'
import type { ObservedPool } from '../../resource/observed.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { forgettingBlock } from '../binding/written-blocks.ts'
import type { StepDraft } from '../order/step-chain.ts'
import type { ResourceChange } from '../plan.ts'
import type { PlanningContext } from '../planning-context.ts'
import { fieldChange } from '../state/change-builder.ts'
import { lifecycleChanges, rememberLifecycle } from '../step/lifecycle-step.ts'
import { parentPool } from './pool-path.ts'

export interface PoolPlan {
  readonly action: ResourceChange['action']
  readonly attributes: readonly AttributeChange[]
  readonly drafts: readonly StepDraft[]
}

/** What will be remembered of a pool once its steps are done. */
export const poolRecord = ({ address, poolid, comment, lifecycle }: DesiredPool): AppliedPool => ({
  address,
  kind: 'pool',
  poolid,
  config: comment === undefined ? {} : { comment },
  preventDestroy: lifecycle.preventDestroy,
  onDestroy: lifecycle.onDestroy,
})

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
  reversal: { by: 'requests', requests: [], note: 'remove the binding again' },
  binding: { before: null, after: poolRecord(desired) },
})

const updateComment = (
  desired: DesiredPool,
  observed: ObservedPool,
  applied: AppliedPool | undefined,
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

/** What else is declared of a bound pool: how it may end. */
const withRemembered = (
  update: PoolPlan | undefined,
  applied: AppliedPool,
  { lifecycle }: DesiredPool,
): PoolPlan | undefined => {
  const changes = lifecycleChanges(applied, lifecycle)
  if (changes.length === 0) return update
  if (update) return { ...update, attributes: [...update.attributes, ...changes] }
  return { action: 'update', attributes: changes, drafts: [rememberLifecycle(applied, lifecycle, changes)] }
}

/** PVE makes no pool in one that is not there: `parent 'team' of pool 'team/dev' does not exist`. */
const checkParent = (
  world: PlanningContext,
  { poolid, address, range }: DesiredPool,
  planned: ReadonlySet<string>,
): void => {
  const parent = parentPool(poolid)
  if (parent === undefined || world.pools.has(parent) || planned.has(parent)) return
  world.report('plan.unknown-pool', {
    detail: `Pool \`${poolid}\` lies in pool \`${parent}\`, which neither exists nor is declared. Declare it too: \`pool "…" { poolid = "${parent}" }\`.`,
    address,
    range,
  })
}

/** Plans a declared pool; undefined when there is nothing to do. An existing pool of that name is taken over as it is. */
export const planPool = (
  world: PlanningContext,
  desired: DesiredPool,
  applied: AppliedPool | undefined,
  plannedPools: ReadonlySet<string>,
): PoolPlan | undefined => {
  const observed = world.pools.get(desired.poolid)
  if (!observed) {
    checkParent(world, desired, plannedPools)
    return createPool(desired)
  }
  const update = updateComment(desired, observed, applied)
  if (applied) return withRemembered(update, applied, desired)
  const { drafts = [], attributes = [] } = update ?? {}
  return {
    action: update ? 'update' : 'bind',
    attributes,
    drafts: [bindPool(desired), ...drafts.map(({ binding: _binding, ...draft }) => draft)],
  }
}

/**
 * Plans the end of a pool that is declared no more. It must be empty by then: `leaving` are the members the plan takes out, `ending` the pools it
 * deletes.
 */
export const destroyPool = (
  world: PlanningContext,
  resource: AppliedPool,
  leaving: ReadonlySet<number>,
  ending: ReadonlySet<string>,
): PoolPlan | undefined => {
  const { address, poolid } = resource
  const observed = world.pools.get(poolid)
  if (!observed) return undefined
  if (resource.preventDestroy) {
    world.report('plan.prevent-destroy', {
      detail: `The plan would delete pool \`${poolid}\` (\`${address}\`), which was declared with \`prevent_destroy = true\`. If it is to go, declare it once more with \`prevent_destroy = false\`, apply that, and remove it then. To only stop managing it, put the block below in the place of the declaration.`,
      address,
      hint: forgettingBlock(address),
    })
  }
  const left = world.observed.guests.filter(({ pool, vmid }) => pool === poolid && !leaving.has(vmid))
  if (left.length > 0)
    reportMembers(
      world,
      address,
      poolid,
      left.map(({ vmid }) => vmid),
    )
  const nested = [...world.pools.keys()].filter((other) => parentPool(other) === poolid && !ending.has(other)).sort()
  if (nested.length > 0) {
    world.report('plan.pool-not-empty', {
      detail: `The plan would delete pool \`${poolid}\`, but pools lie in it that the plan does not delete: ${nested.join(', ')}. Proxmox VE deletes empty pools only. Delete them first, or keep the pool with the block below.`,
      address,
      hint: forgettingBlock(address),
    })
  }
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

const reportMembers = (world: PlanningContext, address: Address, poolid: string, members: readonly number[]): void =>
  world.report('plan.pool-not-empty', {
    detail: `The plan would delete pool \`${poolid}\`, but guests are in it that the plan does not take out: ${members.join(', ')}. Proxmox VE deletes empty pools only. Move them out, or keep the pool with the block below.`,
    address,
    hint: forgettingBlock(address),
  })
