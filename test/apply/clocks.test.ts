import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { FaultSpec } from '../../src/simulator/fault/fault.ts'
import { running, stopped } from './sample-steps.ts'
import { onWorkbench, planOf, power, step, undoBy } from './workbench.ts'

const restartAndStart = planOf([
  step('vm.git', 'stop', running, {
    action: 'stop',
    requests: [power(running, 'stop')],
    reversal: undoBy(power(running, 'start')),
  }),
  step('vm.box', 'start', stopped, {
    action: 'start',
    needs: ['vm.git/stop'],
    requests: [power(stopped, 'start')],
    reversal: undoBy(power(stopped, 'stop')),
  }),
])

const SKEWS: Readonly<Record<string, FaultSpec>> = {
  'is five seconds behind the others': { kind: 'clock-skew', node: 'pve3', seconds: -5 },
  'is an hour ahead of the others': { kind: 'clock-skew', node: 'pve3', seconds: 3600 },
  'is set back by a minute as the request arrives': {
    kind: 'clock-skew',
    node: 'pve3',
    seconds: -60,
    on: { method: 'POST', path: '/nodes/pve3/qemu/107/status/start' },
  },
}

for (const [what, skew] of Object.entries(SKEWS))
  test(
    `a lost answer is settled by the task of its node, whose clock ${what}`,
    onWorkbench(async (bench) => {
      bench.simulator.faults.add(skew)
      bench.simulator.faults.add({ kind: 'reset-after', on: { path: '/nodes/pve3/qemu/107/status/start' } })
      const outcome = await bench.apply(restartAndStart)
      assert.is(outcome.status, 'applied', JSON.stringify(outcome.diagnostics, null, 1))
      const starts = bench.simulator.requests.filter(({ path }) => path.endsWith('/107/status/start'))
      assert.is(starts.length, 1)
    }),
  )

test.run()
