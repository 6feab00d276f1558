import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import type { Desired, DesiredGuest } from '../../src/resource/desired.ts'
import { carryOut, newWorld } from './carry-out.ts'
import { DISK } from './check-cases.ts'
import { observe } from './model-cluster.ts'
import { at, container, desire, emptyModel, vm } from './samples.ts'

const named = (address: string, name: string): DesiredGuest => vm(address, { config: { name, scsi0: DISK } })

/** The plan for `after` once `before` has been carried out. */
const replanned = (before: Desired, after: Desired) => {
  const world = newWorld(emptyModel())
  const first = planChanges(before, observe(world.model), [], DEFAULT_PLAN_OPTIONS)
  if (!first.value) throw new Error(JSON.stringify(first.diagnostics))
  carryOut(world, first.value)
  return planChanges(after, observe(world.model), [...world.bindings.values()], DEFAULT_PLAN_OPTIONS)
}

const before = desire([named('vm.web', 'web'), named('vm.db', 'db')])
const intoModule = desire([named('module.site.vm.web', 'web'), named('module.site.vm.db', 'db')])

test('blocks that went into a module are named together, and the proposed blocks keep everything', () => {
  const { value, diagnostics } = replanned(before, intoModule)
  assert.is(value?.changes.length, 4)
  const [warning, ...others] = diagnostics
  assert.equal(others, [])
  assert.is(warning?.code, 'plan.perhaps-moved')
  const moved = [...(warning?.hint ?? '').matchAll(/from = (\S+)\n {2}to {3}= (\S+)/g)].map(
    ([, from = '', to = '']) => ({
      from: at(from),
      to: at(to),
    }),
  )
  const again = replanned(before, desire(intoModule.resources, { moved }))
  assert.equal(again.diagnostics, [])
  assert.equal(
    again.value?.changes.filter(({ action }) => action === 'create' || action === 'destroy'),
    [],
  )
})

test('another name, and another kind of the same name, is another guest', () => {
  assert.equal(replanned(before, desire([named('vm.site', 'site'), named('vm.db', 'db')])).diagnostics, [])
  const dns = container('container.web', { config: { hostname: 'web', rootfs: DISK } })
  assert.equal(replanned(before, desire([dns, named('vm.db', 'db')])).diagnostics, [])
})

test.run()
