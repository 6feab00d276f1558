import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import type { Desired } from '../../src/resource/desired.ts'
import { lostContents } from '../../src/simulator/fact/world-facts.ts'
import type { GuestDescription } from '../../src/simulator/twin/description.ts'
import { at, container, desire, vm } from '../plan/samples.ts'
import { carryOut, DEBIAN, lab, planned, reverted } from './rig.ts'
import { failLast, guestRef, onWorkbench, type Workbench } from './workbench.ts'

/** A guest was off, and somebody has started it, used it and stopped it again before what a run did to it is undone. */

const guests: readonly GuestDescription[] = [
  {
    vmid: 100,
    type: 'qemu',
    node: 'pve1',
    status: 'stopped',
    config: { name: 'server', memory: '2048', scsi0: 'local-lvm:vm-100-disk-0,size=2G' },
  },
  {
    vmid: 200,
    type: 'lxc',
    node: 'pve1',
    status: 'stopped',
    config: {
      hostname: 'box',
      arch: 'amd64',
      ostype: 'debian',
      memory: 512,
      rootfs: 'local-lvm:vm-200-disk-0,size=2G',
    },
  },
]

const imports = [
  { to: at('vm.server'), id: '100' },
  { to: at('container.box'), id: '200' },
]

const last = vm('vm.last', {
  vmid: guestRef('qemu', 'pve1', 900).vmid,
  dependsOn: [at('vm.server'), at('container.box')],
})

const grown = (power: 'running' | undefined, ...more: Desired['resources']) => {
  const state = power && { power }
  return desire(
    [
      vm('vm.server', { config: { scsi0: { size: '3G' } }, ...state }),
      container('container.box', { config: { rootfs: { size: '3G' } }, ...state }),
      ...more,
    ],
    { imports },
  )
}

const made = (...more: Desired['resources']) =>
  desire([
    vm('vm.server', {
      vmid: guestRef('qemu', 'pve1', 100).vmid,
      config: { scsi0: { storage: 'local-lvm', size: '2G' } },
    }),
    container('container.box', {
      vmid: guestRef('lxc', 'pve1', 200).vmid,
      source: { by: 'archive', volume: DEBIAN },
      config: { rootfs: { storage: 'local-lvm', size: '2G' } },
    }),
    ...more,
  ])

const power = async ({ client }: Workbench, guest: string, verb: string): Promise<void> => {
  const answer = await client.send({ method: 'POST', path: `/nodes/pve1/${guest}/status/${verb}`, params: {} })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
  await client.waitForTask(String(answer.data), () => undefined)
}

const use = async (bench: Workbench): Promise<void> => {
  for (const guest of ['qemu/100', 'lxc/200']) {
    await power(bench, guest, 'start')
    bench.simulator.write(Number(guest.split('/')[1]))
    await power(bench, guest, 'stop')
  }
}

for (const [what, desired, from] of [
  ['grown', grown(undefined, last), lab({ guests })],
  ['made', made(last), lab()],
] as const)
  test(
    `what guests wrote that somebody has started meanwhile is not lost when a failed run is undone: ${what}`,
    onWorkbench(
      async (bench) => {
        const plan = await planned(bench, desired)
        let used = bench.simulator.facts()
        failLast(bench, async () => {
          await use(bench)
          used = bench.simulator.facts()
        })
        const outcome = await bench.apply(plan, { parallelism: 1 })
        assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
        assert.equal(lostContents(used, bench.simulator.facts()), [])
        const told = outcome.diagnostics.filter(({ detail }) => /somebody has started it meanwhile/.test(detail ?? ''))
        assert.is(told.length, 2, JSON.stringify(outcome.diagnostics, null, 1))
      },
      { from },
    ),
  )

test(
  'guests that only the run itself has started are set back as they were',
  onWorkbench(
    async (bench) => {
      const before = bench.simulator.facts()
      const plan = await planned(bench, grown('running', last))
      failLast(bench)
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
      assert.equal(bench.simulator.facts().volumes, before.volumes)
    },
    { from: lab({ guests }) },
  ),
)

test(
  'a start that somebody tried and that failed does not keep growth from being undone',
  onWorkbench(
    async (bench) => {
      const before = bench.simulator.facts()
      const plan = await planned(bench, grown(undefined, last))
      failLast(bench, async () => {
        bench.simulator.faults.add({ kind: 'task-fails', step: 0, text: 'made to fail', task: { type: 'qmstart' } })
        await power(bench, 'qemu/100', 'start')
      })
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
      assert.equal(bench.simulator.facts().volumes, before.volumes)
    },
    { from: lab({ guests }) },
  ),
)

test(
  'a revert of growth says that what was written since is lost, also of guests that were off',
  onWorkbench(
    async (bench) => {
      const plan = await planned(bench, grown(undefined))
      await carryOut(bench, plan)
      await use(bench)
      const revert = await reverted(bench, plan.id)
      const losing = revert.steps.filter(({ requests }) => requests.some(({ path }) => path.endsWith('/rollback')))
      assert.is(losing.length, 2)
      for (const { disruption, reversal } of losing) assert.equal([disruption, reversal.by], ['data-loss', 'nothing'])
    },
    { from: lab({ guests }) },
  ),
)

test(
  'a revert of growth that stayed does not write again what was undone when the run failed',
  onWorkbench(
    async (bench) => {
      const before = bench.simulator.facts().guests['qemu/100']?.config
      const grownMore = desire(
        [
          vm('vm.server', { config: { scsi0: { size: '3G' }, description: 'more', tags: ['more'] } }),
          container('container.box'),
          last,
        ],
        { imports },
      )
      const plan = await planned(bench, grownMore)
      failLast(bench, () => power(bench, 'qemu/100', 'start'))
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
      await power(bench, 'qemu/100', 'stop')
      await carryOut(bench, await reverted(bench, plan.id))
      const { vmgenid: _new, ...now } = bench.simulator.facts().guests['qemu/100']?.config ?? {}
      const { vmgenid: _old, ...was } = before ?? {}
      assert.equal(now, was)
    },
    { from: lab({ guests }) },
  ),
)

test(
  'a new guest that somebody has moved to another node meanwhile is not said to be undone',
  onWorkbench(
    async (bench) => {
      const desired = desire([
        vm('vm.server', { vmid: guestRef('qemu', 'pve1', 100).vmid }),
        vm('vm.last', { vmid: guestRef('qemu', 'pve1', 900).vmid, dependsOn: [at('vm.server')] }),
      ])
      const plan = await planned(bench, desired)
      failLast(bench, async () => {
        const answer = await bench.client.send({
          method: 'POST',
          path: '/nodes/pve1/qemu/100/migrate',
          params: { target: 'pve2' },
        })
        if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
        await bench.client.waitForTask(String(answer.data), () => undefined)
      })
      const outcome = await bench.apply(plan, { parallelism: 1 })
      assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
      assert.ok(outcome.diagnostics.some(({ detail }) => /moved it to pve2/.test(detail ?? '')))
      assert.ok(bench.simulator.facts().guests['qemu/100'])
    },
    { from: lab({ nodes: ['pve1', 'pve2'] }) },
  ),
)

test.run()
