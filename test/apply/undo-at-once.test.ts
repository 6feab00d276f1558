import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import { at, desire, vm } from '../plan/samples.ts'
import { lab, planned } from './rig.ts'
import { guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** What does not depend on one another is undone at once; what does, last first. */

const vmid = (number: number) => guestRef('qemu', 'pve1', number).vmid

const guest = (number: number) =>
  ({
    vmid: number,
    type: 'qemu',
    node: 'pve1',
    status: 'stopped',
    config: { name: `g${number}`, memory: '2048', ostype: 'l26', cores: '2' },
  }) as const

const numbers = [201, 202, 203, 204, 205]
const names = numbers.map((number) => at(`vm.g${number}`))

const changed = desire(
  [
    ...numbers.map((number, index) =>
      vm(`vm.g${number}`, {
        config: { cores: 4 },
        power: 'running',
        ...(index === 1 && { dependsOn: [at('vm.g201')] }),
      }),
    ),
    vm('vm.last', { vmid: vmid(900), dependsOn: names }),
  ],
  { imports: numbers.map((number) => ({ to: at(`vm.g${number}`), id: String(number) })) },
)

const failLast = ({ simulator }: Workbench): void => {
  simulator.hooks.push({
    before: ({ verb, path, params }) => {
      if (verb === 'POST' && path.endsWith('/qemu') && params['vmid'] === '900') throw new PveError(500, 'made to fail')
      return undefined
    },
  })
}

/** The undoing of steps, by its events: how many went on at once at most, and in which order they began and ended. */
const undoing = ({ events }: Workbench) => {
  let [now, most] = [0, 0]
  const order: string[] = []
  for (const event of events) {
    if ((event.type !== 'step-started' && event.type !== 'step-ended') || event.direction !== 'reverse') continue
    now += event.type === 'step-started' ? 1 : -1
    most = Math.max(most, now)
    order.push(`${event.type === 'step-started' ? 'begin' : 'end'} ${event.step}`)
  }
  return { most, order }
}

const from = lab({ guests: numbers.map(guest) })

test(
  'independent steps are undone at once, as many as go forward at once, and in the reverse order of what they need',
  onWorkbench(
    async (bench) => {
      const before = structuredClone(bench.simulator.facts().guests)
      failLast(bench)
      const outcome = await bench.apply(await planned(bench, changed), { parallelism: 3 })
      assert.is(exitCodeOf(outcome), 3, JSON.stringify(outcome.diagnostics, null, 1))
      assert.is(outcome.asBefore, true)
      assert.equal(bench.simulator.facts().guests, before)
      const { most, order } = undoing(bench)
      assert.is(most, 3)
      for (const number of numbers)
        assert.ok(
          order.indexOf(`end vm.g${number}/start`) < order.indexOf(`begin vm.g${number}/update`),
          order.join('\n'),
        )
      assert.ok(order.indexOf('end vm.g202/update') < order.indexOf('begin vm.g201/start'), order.join('\n'))
      const [rollback] = bench.events.flatMap((event) => (event.type === 'rollback-started' ? [event] : []))
      assert.is(rollback?.finished.length, outcome.steps.filter(({ status }) => status === 'undone').length)
    },
    { from },
  ),
)

test(
  'an undoing that fails keeps the others from nothing',
  onWorkbench(
    async (bench) => {
      failLast(bench)
      const plan = await planned(bench, changed)
      bench.simulator.hooks.push({
        before: ({ verb, path }) => {
          if (verb === 'POST' && path.endsWith('/204/status/shutdown')) throw new PveError(500, 'made to fail')
          return undefined
        },
      })
      const outcome = await bench.apply(plan, { parallelism: 4 })
      assert.is(exitCodeOf(outcome), 4)
      const failed = outcome.steps.filter(({ status }) => status === 'undo-failed').map(({ step }) => step)
      assert.equal(failed, ['vm.g204/start'], JSON.stringify(outcome.diagnostics, null, 1))
      for (const number of numbers.filter((one) => one !== 204))
        assert.is(bench.simulator.facts().guests[`qemu/${number}`]?.power, 'stopped')
      assert.is(bench.simulator.facts().guests['qemu/204']?.power, 'running')
    },
    { from },
  ),
)

const template = { ...guest(201), config: { ...guest(201).config, template: 1 } }

for (const [how, owner, parallelism] of [
  ['made first', 'vm.owner', 1],
  ['made last', 'vm.zowner', 1],
  ['made at the same time', 'vm.owner', 4],
  ['attached to a clone', 'vm.owner', 4],
] as const)
  test(
    `a guest is taken away after the one that has volumes of its VMID attached: ${how}`,
    onWorkbench(
      async (bench) => {
        const before = structuredClone(bench.simulator.facts())
        failLast(bench)
        const disk = { storage: 'local-lvm', size: '4G' }
        const desired = desire([
          vm(owner, { vmid: vmid(104), config: { scsi0: disk } }),
          vm('vm.user', {
            vmid: vmid(300),
            config: { virtio0: { file: 'local:104/vm-104-disk-1.raw' } },
            lifecycle: { attachForeignVolumes: true },
            ...(how === 'attached to a clone' && { source: { by: 'clone', template: 'g201' } }),
          }),
          vm('vm.last', { vmid: vmid(900), dependsOn: [owner, 'vm.user'].map(at) }),
        ])
        const outcome = await bench.apply(await planned(bench, desired), { parallelism })
        assert.is(exitCodeOf(outcome), 3, JSON.stringify(outcome.diagnostics, null, 1))
        assert.equal(bench.simulator.facts().guests, before.guests)
        assert.equal(Object.keys(bench.simulator.facts().volumes), Object.keys(before.volumes))
      },
      { from: lab({ guests: [template], files: [[104, 'vm-104-disk-1.raw']] }) },
    ),
  )

test.run()
