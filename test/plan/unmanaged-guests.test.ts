import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Diagnostic } from '../../src/diagnostic/diagnostic.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import { carryOut, newWorld } from './carry-out.ts'
import { type Case, DISK, vmidOf } from './check-cases.ts'
import { type Model, observe } from './model-cluster.ts'
import { addGuest, at, container, desire, emptyModel, vm } from './samples.ts'

const withGuests = (...guests: readonly (readonly [vmid: number, name: string, more?: object])[]): Model => {
  const model = emptyModel()
  for (const [vmid, name, more] of guests) addGuest(model, { type: 'qemu', vmid, current: { name }, ...more })
  return model
}

const planned = ({ desired, model = emptyModel(), applied = [], options }: Case) =>
  planChanges(desired, observe(model), applied, { ...DEFAULT_PLAN_OPTIONS, ...options })

const codesOf = (diagnostics: readonly Diagnostic[]) => diagnostics.map(({ code }) => code)
const blocks = (hint = '') => [...hint.matchAll(/to = (\S+)\n {2}id = "(\S+)"/g)].map(([, to, id]) => `${to} ${id}`)

test('after the state is lost, all guests are named in one place with the blocks that bind them', () => {
  const desired = desire([
    ...[0, 1, 2].map((key) => vm(`vm.web[${key}]`)),
    vm('vm.db', { vmid: vmidOf(400) }),
    container('container.dns', { config: { hostname: 'ns', rootfs: DISK } }),
  ])
  const model = withGuests([110, 'web-0'], [112, 'web-1', { node: 'pve2' }], [400, 'db'])
  addGuest(model, { type: 'lxc', vmid: 120, current: { hostname: 'ns' } })
  const { value, diagnostics } = planned({ desired, model })
  assert.is(value, undefined)
  const names = diagnostics.filter(({ code }) => code === 'plan.name-taken')
  assert.is(names.length, 1)
  assert.equal(blocks(names[0]?.hint), ['container.dns pve1/120', 'vm.web[0] pve1/110', 'vm.web[1] pve2/112'])
  const vmids = diagnostics.filter(({ code }) => code === 'plan.vmid-taken')
  assert.equal(
    vmids.map(({ hint }) => blocks(hint)),
    [['vm.db pve1/400']],
  )
})

test('the blocks that are proposed bind everything, and nothing is created', () => {
  const resources = [vm('vm.web[0]'), vm('vm.web[1]')]
  const model = withGuests([110, 'web-0'], [112, 'web-1'])
  const [problem] = planned({ desired: desire(resources), model }).diagnostics
  const imports = [...(problem?.hint ?? '').matchAll(/to = (\S+)\n {2}id = "(\S+)"/g)].map(([, to = '', id = '']) => ({
    to: at(to),
    id,
  }))
  const { value } = planned({ desired: desire(resources, { imports }), model })
  assert.equal(
    value?.changes.map(({ action, guest }) => [action, guest?.vmid]),
    [
      ['bind', 110],
      ['bind', 112],
    ],
  )
})

test('guests of one name are proposed once each, the one on the declared node first', () => {
  const config = { name: 'worker' }
  const desired = desire(['vm.a', 'vm.b', 'vm.c'].map((name) => vm(name, { config, node: 'pve2' })))
  const model = withGuests([110, 'worker'], [111, 'worker', { node: 'pve2' }])
  const [problem] = planned({ desired, model }).diagnostics
  assert.equal(blocks(problem?.hint), ['vm.a pve2/111', 'vm.b pve1/110'])
  assert.match(problem?.detail ?? '', '`vm.a`: VM 111 (worker) on pve2; also VM 110 (worker) on pve1')
})

test('the option lets namesakes be created, but never takes a VMID', () => {
  const options = { allowDuplicateNames: true }
  const model = withGuests([110, 'web'], [400, 'db'])
  assert.is(planned({ desired: desire([vm('vm.web')]), model, options }).value?.changes[0]?.action, 'create')
  const { diagnostics } = planned({ desired: desire([vm('vm.db', { vmid: vmidOf(400) })]), model, options })
  assert.equal(codesOf(diagnostics), ['plan.vmid-taken'])
})

test('a template, a guest of the other kind, a managed guest and what is not selected do not count', () => {
  const model = withGuests([110, 'web'], [111, 'tmpl', { current: { name: 'tmpl', template: '1' } }])
  const create = (...resources: Parameters<typeof desire>[0]) => planned({ desired: desire(resources), model })
  assert.equal(codesOf(create(container('container.web', { config: { rootfs: DISK } })).diagnostics), [])
  assert.equal(codesOf(create(vm('vm.tmpl')).diagnostics), [])
  const other = { desired: desire([vm('vm.web'), vm('vm.b')]), model, options: { targets: [at('vm.b')] } }
  assert.equal(codesOf(planned(other).diagnostics), [])
  const world = newWorld(emptyModel())
  const first = planChanges(
    desire([vm('vm.a', { config: { name: 'n' } })]),
    observe(world.model),
    [],
    DEFAULT_PLAN_OPTIONS,
  )
  if (!first.value) throw new Error(JSON.stringify(first.diagnostics))
  carryOut(world, first.value)
  const more = desire(['vm.a', 'vm.b'].map((name) => vm(name, { config: { name: 'n' } })))
  const { diagnostics } = planned({ desired: more, model: world.model, applied: [...world.bindings.values()] })
  assert.equal(codesOf(diagnostics), [])
})

test('a guest that was restored under another VMID is bound to it by an import block', () => {
  const desired = desire([vm('vm.web')])
  const world = newWorld(emptyModel())
  const first = planned({ desired, model: world.model })
  if (!first.value) throw new Error(JSON.stringify(first.diagnostics))
  carryOut(world, first.value)
  delete world.model.guests[100]
  addGuest(world.model, { type: 'qemu', vmid: 170, current: { name: 'web' } })
  const state = { model: world.model, applied: [...world.bindings.values()] }
  const lost = planned({ desired, ...state })
  assert.equal(codesOf(lost.diagnostics), ['plan.guest-gone', 'plan.name-taken'])
  const imports = [{ to: at('vm.web'), id: 'pve1/170' }]
  const bound = planned({ desired: desire(desired.resources, { imports }), ...state })
  assert.equal(
    bound.value?.changes.map(({ action, guest }) => [action, guest?.vmid]),
    [['bind', 170]],
  )
})

test('an import block that was carried out long ago changes nothing', () => {
  const resources = [vm('vm.web')]
  const imports = [{ to: at('vm.web'), id: 'pve1/170' }]
  const world = newWorld(withGuests([170, 'web']))
  const first = planned({ desired: desire(resources, { imports }), model: world.model })
  if (!first.value) throw new Error(JSON.stringify(first.diagnostics))
  carryOut(world, first.value)
  const again = { desired: desire(resources, { imports }), applied: [...world.bindings.values()] }
  assert.equal(planned({ ...again, model: world.model }).value?.changes, [])
  delete world.model.guests[170]
  const gone = planned({ ...again, model: world.model })
  assert.equal(codesOf(gone.diagnostics), ['plan.guest-gone'])
})

test.run()
