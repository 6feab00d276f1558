import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import type { Desired } from '../../src/resource/desired.ts'
import { applied, carryOut, newWorld, type World } from './carry-out.ts'
import { observe } from './model-cluster.ts'
import { desire, emptyModel, pool, vm } from './samples.ts'
import { planOf, steps, thereAndBack } from './there-and-back.ts'

const DISK = { storage: 'local-lvm', size: '4G' }
const inPool = vm('vm.a', { config: { scsi0: DISK }, pool: 'team/dev/x' })
/** Addresses in the wrong order on purpose. */
const three = [pool('pool.a', 'team/dev/x'), pool('pool.b', 'team/dev'), pool('pool.c', 'team')]

const codes = (world: World, desired: Desired) =>
  planChanges(desired, observe(world.model), applied(world), DEFAULT_PLAN_OPTIONS).diagnostics.map(({ code }) => code)

test('nested pools are made from the outside in and deleted from the inside out, their members in between', () => {
  const world = newWorld(emptyModel())
  const made = thereAndBack(world, desire([...three, inPool]))
  assert.equal(steps(made), ['pool.c/create', 'pool.b/create', 'pool.a/create', 'vm.a/create'])
  const gone = thereAndBack(world, desire([]))
  assert.equal(steps(gone), ['vm.a/backup', 'vm.a/destroy', 'pool.a/destroy', 'pool.b/destroy', 'pool.c/destroy'])
})

test('a pool is not made without the one it lies in, nor deleted before those that lie in it', () => {
  const world = newWorld(emptyModel())
  assert.equal(codes(world, desire(three.slice(0, 2))), ['plan.unknown-pool'])
  carryOut(world, planOf(desire(three), world.model))
  assert.equal(codes(world, desire(three.slice(0, 2))), ['plan.pool-not-empty'])
})

test.run()
