import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { asGuest } from '../../src/resource/resource-kind.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import type { HttpHook } from '../../src/simulator/http/server.ts'
import { samplePlan } from './sample-steps.ts'
import { onWorkbench, sameButGeneration, type Workbench } from './workbench.ts'

const WRITES = 10
const TASKS = 5

/** Lets something happen to the nth request that changes the cluster. */
const atWrite = (bench: Workbench, wanted: number, what: 'refuse' | 'reset-before' | 'reset-after'): void => {
  let count = 0
  const hook: HttpHook = {
    before: ({ verb }) => {
      if (verb === 'GET') return undefined
      count += 1
      if (count !== wanted || what === 'reset-after') return undefined
      if (what === 'refuse') throw new PveError(500, 'this request was made to fail')
      return 'reset'
    },
    after: ({ verb }, answer) => (verb !== 'GET' && count === wanted && what === 'reset-after' ? 'reset' : answer),
  }
  bench.simulator.hooks.push(hook)
}

for (let k = 1; k <= WRITES; k++) {
  test(
    `when request ${k} of ${WRITES} is refused, the cluster is as it was before`,
    onWorkbench(async (bench) => {
      const before = sameButGeneration(bench)
      const plan = await samplePlan(bench.client)
      atWrite(bench, k, 'refuse')
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics))
      // The first write refused: nothing had been begun, so there was nothing to roll back.
      assert.is(exitCodeOf(outcome), k === 1 ? 1 : 3)
      assert.equal(sameButGeneration(bench), before)
      assert.equal(await bench.store.bindings.all(), [])
      assert.equal(await bench.store.runs.unfinished(), [])
    }),
  )
}

for (let k = 1; k <= TASKS; k++) {
  for (const place of [0, 'end'] as const) {
    if (k === 1 && place === 0) continue
    test(
      `when task ${k} of ${TASKS} fails ${place === 0 ? 'at once' : 'at its end'}, the cluster is as it was before`,
      onWorkbench(async (bench) => {
        const before = sameButGeneration(bench)
        const plan = await samplePlan(bench.client)
        bench.simulator.faults.add({ kind: 'task-fails', skip: k - 1, step: place, text: 'made to fail' })
        const outcome = await bench.apply(plan, { parallelism: 1 })
        assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
        assert.equal(sameButGeneration(bench), before)
        assert.ok(
          outcome.diagnostics.some(({ code, detail }) => code === 'apply.task-failed' && /made to fail/.test(detail)),
        )
      }),
    )
  }
}

test(
  'a guest whose creation died before PVE could clean up is reported as left, and stays managed',
  onWorkbench(async (bench) => {
    const plan = await samplePlan(bench.client)
    bench.simulator.faults.add({ kind: 'task-fails', step: 0, text: 'made to fail' })
    const outcome = await bench.apply(plan, { parallelism: 1 })
    assert.is(outcome.status, 'incomplete')
    assert.is(exitCodeOf(outcome), 4)
    assert.ok(outcome.diagnostics.some(({ code, detail }) => code === 'apply.not-undone' && /qemu\/300/.test(detail)))
    assert.equal(
      (await bench.store.bindings.all()).map((resource) => asGuest(resource)?.guest.vmid),
      [300],
    )
  }),
)

for (let k = 1; k <= WRITES; k++) {
  for (const what of ['reset-before', 'reset-after'] as const) {
    test(
      `when the answer to request ${k} is lost (${what}), the plan is carried out all the same`,
      onWorkbench(async (bench) => {
        const plan = await samplePlan(bench.client)
        atWrite(bench, k, what)
        const outcome = await bench.apply(plan, { parallelism: 1 })
        assert.is(outcome.status, 'applied', JSON.stringify(outcome.diagnostics, null, 1))
        const writes = bench.simulator.requests.filter(({ verb }) => verb !== 'GET')
        assert.is(writes.length, what === 'reset-before' ? WRITES + 1 : WRITES)
      }),
    )
  }
}

test(
  'with steps at once, a failure waits for those that run and undoes them too',
  onWorkbench(async (bench) => {
    const before = sameButGeneration(bench)
    const plan = await samplePlan(bench.client)
    atWrite(bench, 8, 'refuse')
    const outcome = await bench.apply(plan)
    assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
    assert.equal(sameButGeneration(bench), before)
  }),
)

test.run()
