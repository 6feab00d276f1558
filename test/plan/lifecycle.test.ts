import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from '../../src/plan/plan-options.ts'
import type { Desired, DesiredPool, Lifecycle } from '../../src/resource/desired.ts'
import { asGuest } from '../../src/resource/resource-kind.ts'
import { applied, carryOut, newWorld, type World } from './carry-out.ts'
import { DISK, vmidOf } from './check-cases.ts'
import { observe } from './model-cluster.ts'
import { addGuest, at, container, desire, emptyModel, pool, vm } from './samples.ts'
import { planOf, steps, thereAndBack } from './there-and-back.ts'

const codes = (world: World, desired: Desired, options: Partial<PlanOptions> = {}) =>
  planChanges(desired, observe(world.model), applied(world), { ...DEFAULT_PLAN_OPTIONS, ...options }).diagnostics.map(
    ({ code }) => code,
  )
const web = (lifecycle: Partial<Lifecycle>, more: object = {}) =>
  vm('vm.web', { config: { scsi0: DISK, ...more }, lifecycle })
const keep = (preventDestroy: boolean): DesiredPool => {
  const made = pool('pool.a', 'a')
  return { ...made, lifecycle: { ...made.lifecycle, preventDestroy } }
}

/** Carries a plan out that somebody asked to replace a guest, and expects the next one to be empty. */
const replace = (world: World, desired: Desired, address: string) => {
  const plan = planOf(desired, world.model, applied(world), { replaces: [at(address)] })
  carryOut(world, plan)
  assert.equal(steps(planOf(desired, world.model, applied(world))), [])
  return plan
}

test('a lifecycle that changes alone is remembered, and counts when the declaration goes', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([web({})]), world.model))
  const protect = thereAndBack(world, desire([web({ preventDestroy: true })]))
  assert.equal(steps(protect), ['vm.web/remember'])
  assert.equal(
    protect.changes[0]?.change.attributes.map(({ name, before, after }) => [name, before, after]),
    [['lifecycle.prevent_destroy', false, true]],
  )
  assert.equal(codes(world, desire([])), ['plan.prevent-destroy'])
  thereAndBack(world, desire([web({ preventDestroy: false, onDestroy: 'retain' })]))
  assert.equal(steps(planOf(desire([]), world.model, applied(world))), ['vm.web/retain'])
})

test('it is remembered together with other changes, with a new address, and of pools', () => {
  const world = newWorld(emptyModel())
  carryOut(world, planOf(desire([web({}), keep(false)]), world.model))
  const both = thereAndBack(world, desire([web({ preventDestroy: true }, { cores: 2 }), keep(true)]))
  assert.equal(steps(both), ['pool.a/remember', 'vm.web/update'])
  assert.equal(codes(world, desire([])), ['plan.prevent-destroy', 'plan.prevent-destroy'])
  assert.equal(codes(world, desire([web({}), keep(true)]), { destroy: true }), ['plan.prevent-destroy'])
  const moved = { ...web({ onDestroy: 'delete' }, { cores: 2 }), address: at('vm.other') }
  thereAndBack(world, desire([moved, keep(false)], { moved: [{ from: at('vm.web'), to: at('vm.other') }] }))
  assert.is(world.bindings.get(at('vm.other'))?.onDestroy, 'delete')
})

const TEMPLATE = { name: 't', template: '1', scsi0: 'local-lvm:base-900-disk-0,size=8G' }

test('another template, archive or image of an existing guest is said, and nothing is done about it', () => {
  const world = newWorld(emptyModel())
  addGuest(world.model, { type: 'qemu', vmid: 900, current: TEMPLATE })
  addGuest(world.model, { type: 'qemu', vmid: 901, current: { ...TEMPLATE, name: 'u' } })
  const clone = (template: string, lifecycle = {}) => vm('vm.a', { source: { by: 'clone', template }, lifecycle })
  const dns = (volume: string) =>
    container('container.a', { source: { by: 'archive', volume }, config: { rootfs: DISK } })
  carryOut(world, planOf(desire([clone('t'), dns('local:vztmpl/a.tar.zst')]), world.model))
  assert.equal(codes(world, desire([clone('900'), dns('local:vztmpl/a.tar.zst')])), [])
  const other = desire([clone('u'), dns('local:vztmpl/b.tar.zst')])
  assert.equal(codes(world, other), ['plan.made-from-another', 'plan.made-from-another'])
  const plan = planOf(other, world.model, applied(world))
  assert.equal([steps(plan), plan.madeFromOthers], [[], ['container.a', 'vm.a']])
  carryOut(
    world,
    planOf(
      desire([
        vm('vm.a', { source: { by: 'clone', template: 'u' }, config: { cores: 7 } }),
        dns('local:vztmpl/a.tar.zst'),
      ]),
      world.model,
      applied(world),
    ),
  )
  assert.equal(
    codes(world, other),
    ['plan.made-from-another', 'plan.made-from-another'],
    'other changes do not make it forgotten',
  )
  const replaced = replace(world, other, 'vm.a')
  assert.equal(
    replaced.changes.map(({ address, action }) => [address, action]),
    [['vm.a', 'replace']],
  )
})

test('of guests made before this was remembered, and of adopted ones, nothing is said', () => {
  const world = newWorld(emptyModel())
  addGuest(world.model, { type: 'qemu', vmid: 300, current: { name: 'a', scsi0: 'local-lvm:vm-300-disk-0,size=8G' } })
  const adopted = vm('vm.a', { source: { by: 'clone', template: 't' } })
  carryOut(world, planOf(desire([adopted], { imports: [{ to: at('vm.a'), id: '300' }] }), world.model))
  assert.equal(codes(world, desire([adopted])), [])
})

test('what is asked to be replaced is made anew, under another VMID where one is declared', () => {
  const world = newWorld(emptyModel())
  const made = (vmid?: number) =>
    vm('vm.a', { config: { scsi0: DISK }, ...(vmid !== undefined && { vmid: vmidOf(vmid) }) })
  carryOut(world, planOf(desire([made()]), world.model))
  assert.equal(steps(replace(world, desire([made()]), 'vm.a')), ['vm.a/create', 'vm.a/backup', 'vm.a/destroy'])
  assert.equal(codes(world, desire([made(700)])), ['plan.vmid-changed'])
  replace(world, desire([made(700)]), 'vm.a')
  assert.is(asGuest(world.bindings.get(at('vm.a')))?.guest.vmid, 700)
  assert.equal(steps(replace(world, desire([made(700)]), 'vm.a')), ['vm.a/backup', 'vm.a/destroy', 'vm.a/create'])
  addGuest(world.model, { type: 'lxc', vmid: 800, current: { hostname: 'x' } })
  assert.equal(codes(world, desire([made(800)]), { replaces: [at('vm.a')] }), ['plan.vmid-taken'])
})

test('only declared guests can be asked for', () => {
  const world = newWorld(emptyModel())
  const desired = desire([vm('vm.web', { config: { scsi0: DISK } }), pool('pool.a', 'a')])
  for (const address of ['vm.wep', 'pool.a'])
    assert.equal(codes(world, desired, { replaces: [at(address)] }), ['plan.unknown-target'])
  assert.equal(codes(world, desire([web({ preventDestroy: true })]), { replaces: [at('vm.web')] }), [])
  carryOut(world, planOf(desire([web({ preventDestroy: true })]), world.model))
  assert.equal(codes(world, desire([web({ preventDestroy: true })]), { replaces: [at('vm.web')] }), [
    'plan.prevent-destroy',
  ])
})

test.run()
