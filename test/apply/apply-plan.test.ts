import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { asGuest } from '../../src/resource/resource-kind.ts'
import { samplePlan } from './sample-steps.ts'
import { onWorkbench } from './workbench.ts'

test(
  'a plan is carried out whole, and its bindings and run are on record',
  onWorkbench(async (bench) => {
    const plan = await samplePlan(bench.client)
    const outcome = await bench.apply(plan)
    assert.equal(outcome.diagnostics, [])
    assert.is(outcome.status, 'applied')
    assert.is(exitCodeOf(outcome), 0)
    assert.ok(outcome.steps.every(({ status }) => status === 'done'))
    const bound = await bench.store.bindings.all()
    assert.equal(
      bound.map(({ address }) => address),
      ['vm.box', 'vm.new'],
    )
    assert.ok(bound.every((resource) => asGuest(resource)?.identity?.uuid !== undefined))
    assert.equal(
      (await bench.store.runs.ofPlan(plan.id)).map(({ status }) => status),
      ['applied'],
    )
    assert.equal(await bench.store.audit.verify(), [])
  }),
)

test.run()
