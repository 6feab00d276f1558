import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { guestPath } from '../../src/resource/guest.ts'
import { desire, vm } from '../plan/samples.ts'
import { carryOut, lab, planned, reverted } from './rig.ts'
import { container, running, stopped } from './sample-steps.ts'
import { expectsNow, guestRef, onWorkbench, planOf, step, undoBy, type Workbench, write } from './workbench.ts'

/** A run that undoes another one is held against what that one had found. */

const detailOf = ({ diagnostics }: RunOutcome, wanted: string) =>
  diagnostics.find(({ code }) => code === wanted)?.detail ?? ''

const server = guestRef('qemu', 'pve1', 300)

const undone = async (bench: Workbench, plan: string): Promise<RunOutcome> => bench.apply(await reverted(bench, plan))

const memoryOfTwo = async ({ client }: Workbench) =>
  planOf([
    step('vm.box', 'update', stopped, {
      action: 'update',
      expects: await expectsNow(client, stopped),
      requests: [write(stopped, { memory: 3072 })],
      reversal: undoBy(write(stopped, { delete: 'memory' })),
    }),
    step('container.dns', 'update', container, {
      action: 'update',
      expects: await expectsNow(client, container),
      requests: [write(container, { description: 'by mpc' })],
      reversal: undoBy(write(container, { delete: 'description' })),
    }),
  ])

test(
  'a revert says that the cluster is as it was before when that has been seen',
  onWorkbench(async (bench) => {
    const before = bench.simulator.dump()
    const plan = await memoryOfTwo(bench)
    const [box, dns] = plan.steps
    const memory = /^memory: (\d+)$/m.exec(before['qemu/107'] ?? '')?.[1]
    const description = /^#(.*)$/m.exec(before['lxc/100'] ?? '')?.[1]
    assert.ok(box && dns)
    assert.is(description, undefined)
    const exact = memory === undefined ? plan : planOf([{ ...box, reversal: undoBy(write(stopped, { memory })) }, dns])
    await carryOut(bench, exact)
    const outcome = await undone(bench, exact.id)
    assert.is(exitCodeOf(outcome), 0)
    assert.is(outcome.asBefore, true, JSON.stringify(outcome.diagnostics, null, 1))
    assert.equal(outcome.diagnostics, [])
  }),
)

test(
  'what others have changed since, and what an undoing keeps, is told with the values, and is no failure',
  onWorkbench(
    async (bench) => {
      const plan = await planned(bench, desire([vm('vm.server', { vmid: server.vmid, config: { cores: 2 } })]))
      await carryOut(bench, plan)
      const more = await planned(
        bench,
        desire([
          vm('vm.server', { vmid: server.vmid, config: { cores: 2, scsi1: { storage: 'local-lvm', size: '2G' } } }),
        ]),
      )
      await carryOut(bench, more)
      await bench.client.send({ method: 'PUT', path: `${guestPath(server)}/config`, params: { tags: 'theirs' } })
      const outcome = await undone(bench, more.id)
      assert.is(exitCodeOf(outcome), 0)
      assert.is(outcome.asBefore, undefined)
      const said = detailOf(outcome, 'apply.revert-differs')
      assert.match(said, `This is not as it was before ${more.id}`)
      assert.match(said, / {2}unused0: \(none\) → local-lvm:vm-300-disk-0/)
      assert.match(said, / {2}tags: \(none\) → theirs/)
    },
    { from: lab() },
  ),
)

test(
  'a guest that goes with its undoing leaves the backup that was taken of it, which is told',
  onWorkbench(
    async (bench) => {
      const plan = await planned(
        bench,
        desire([vm('vm.server', { vmid: server.vmid, config: { scsi0: { storage: 'local-lvm', size: '2G' } } })]),
      )
      await carryOut(bench, plan)
      const outcome = await undone(bench, plan.id)
      assert.is(exitCodeOf(outcome), 0)
      assert.is(outcome.asBefore, undefined)
      assert.match(detailOf(outcome, 'apply.revert-differs'), 'a backup of guest 300 on local stays')
    },
    { from: lab() },
  ),
)

test(
  'a revert whose steps were done, but which left something of what it set out to take back, ends with 4',
  onWorkbench(async (bench) => {
    const plan = planOf([
      step('vm.git', 'update', running, {
        action: 'update',
        expects: await expectsNow(bench.client, running),
        requests: [write(running, { net1: 'virtio,bridge=vmbr0' })],
        reversal: undoBy(write(running, { delete: 'net1' })),
      }),
    ])
    await carryOut(bench, plan)
    bench.simulator.faults.add({ kind: 'unplug-ignored', vmid: running.vmid })
    const outcome = await undone(bench, plan.id)
    assert.is(outcome.status, 'applied')
    assert.is(outcome.asBefore, undefined)
    assert.is(exitCodeOf(outcome), 4, JSON.stringify(outcome.diagnostics, null, 1))
    assert.match(detailOf(outcome, 'apply.not-as-before'), / {2}pending net1: \(none\) → goes at the next start/)
  }),
)

test.run()
