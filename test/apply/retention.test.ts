import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { applyPlan } from '../../src/apply/apply-plan.ts'
import { planRevert } from '../../src/apply/plan-revert.ts'
import { type SafetySnapshot, snapshotsToRemove } from '../../src/apply/snapshot-retention.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { guestPath } from '../../src/resource/guest.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { container, stopped } from './sample-steps.ts'
import { address, expectsNow, onWorkbench, planOf, step, undoBy, type Workbench, write } from './workbench.ts'

const snapshotStep = (name: string) =>
  step('vm.box', 'snapshot', stopped, {
    action: 'snapshot',
    requests: [{ method: 'POST', path: `${guestPath(stopped)}/snapshot`, params: { snapname: name } }],
    reversal: undoBy({ method: 'DELETE', path: `${guestPath(stopped)}/snapshot/${name}` }),
  })

const grow = async ({ client }: Workbench, name: string, size: string): Promise<Plan> =>
  planOf([
    { ...snapshotStep(name), expects: await expectsNow(client, stopped) },
    step('vm.box', 'grow-scsi0', stopped, {
      action: 'update',
      requests: [
        { method: 'PUT', path: `${guestPath(stopped)}/resize`, params: { disk: 'scsi0', size }, digest: true },
      ],
      reversal: {
        by: 'snapshot',
        name,
        requests: [{ method: 'POST', path: `${guestPath(stopped)}/snapshot/${name}/rollback` }],
      },
    }),
  ])

/** As the commands do it. */
const applySweeping = async ({ store, world, events }: Workbench, plan: Plan, keep = 1): Promise<RunOutcome> => {
  const run = await store.runs.nextId(plan.id)
  const sweep = snapshotsToRemove(await store.runs.safetySnapshots(), plan, keep)
  return applyPlan(plan, { run, sweep }, world, (event) => void events.push(event))
}

const names = async ({ store }: Workbench) => (await store.runs.safetySnapshots()).map(({ name }) => name)
const onServer = ({ simulator }: Workbench) =>
  [...(simulator.dump()['qemu/107'] ?? '').matchAll(/^\[(mpc_\w+)\]$/gm)].map(([, name]) => name)

test(
  'a successful run takes away the safety snapshots of earlier runs of its guests, and says so in the journal',
  onWorkbench(async (bench) => {
    for (const [name, size] of [
      ['mpc_one', '60G'],
      ['mpc_two', '70G'],
    ] as const)
      assert.is((await applySweeping(bench, await grow(bench, name, size))).status, 'applied')
    assert.equal(await names(bench), ['mpc_two'])
    assert.equal(onServer(bench), ['mpc_two'])
    assert.equal(await bench.store.audit.verify(), [])
  }),
)

test(
  'the last run can still be reverted after the sweep changed the configuration’s digest',
  onWorkbench(async (bench) => {
    const second = [] as Plan[]
    for (const [name, size] of [
      ['mpc_one', '60G'],
      ['mpc_two', '70G'],
    ] as const) {
      const plan = await grow(bench, name, size)
      second.push(plan)
      await applySweeping(bench, plan)
    }
    const revert = async (plan: Plan | undefined) => {
      const { value: run } = await bench.store.runs.finished(plan?.id ?? '')
      const { observed } = await syncCluster(bench.client, { now: '2026-01-01T00:00:00.000Z' })
      return run ? planRevert(run, observed, []) : { value: undefined, diagnostics: [] }
    }
    assert.equal(
      (await revert(second[0])).diagnostics.map(({ code }) => code),
      ['apply.revert-changed'],
    )
    const { value: plan } = await revert(second[1])
    if (!plan) throw new Error('the last run can be reverted')
    assert.is((await applySweeping(bench, plan)).status, 'applied')
    assert.match(bench.simulator.dump()['qemu/107'] ?? '', /scsi0: .*size=60G/)
    assert.equal(onServer(bench), [])
    assert.equal(await names(bench), [])
  }),
)

test(
  'a run that fails sweeps nothing, and a snapshot that cannot be removed is a warning and tried again',
  onWorkbench(async (bench) => {
    await applySweeping(bench, await grow(bench, 'mpc_one', '60G'))
    bench.simulator.faults.add({ kind: 'task-fails', task: { type: 'resize' } })
    assert.is((await applySweeping(bench, await grow(bench, 'mpc_two', '70G'))).status, 'rolled-back')
    assert.equal(await names(bench), ['mpc_one'])
    bench.simulator.faults.add({ kind: 'task-fails', task: { type: 'qmdelsnapshot' }, step: 0 })
    const outcome = await applySweeping(bench, await grow(bench, 'mpc_three', '70G'))
    assert.is(outcome.status, 'applied')
    assert.equal(
      outcome.diagnostics.map(({ code }) => code),
      ['apply.snapshot-kept'],
    )
    assert.equal(await names(bench), ['mpc_one', 'mpc_three'])
    await applySweeping(bench, await grow(bench, 'mpc_four', '80G'))
    assert.equal(onServer(bench), ['mpc_four'])
  }),
)

const standing = (run: string, name: string, guest = stopped): SafetySnapshot => ({
  run,
  address: address('vm.box'),
  guest,
  name,
})

const removed = (existing: readonly SafetySnapshot[], plan: Plan, keep: number) =>
  snapshotsToRemove(existing, plan, keep).map(({ name }) => name)

test('the last runs that took snapshots are kept, guest by guest', () => {
  const existing = [
    standing('a.1', 'one'),
    standing('a.1', 'two'),
    standing('b.1', 'three'),
    standing('c.1', 'other', container),
  ]
  const taking = planOf([snapshotStep('new')])
  const changing = planOf([
    step('vm.box', 'update', stopped, { action: 'update', requests: [write(stopped, {})], reversal: undoBy() }),
  ])
  assert.equal(removed(existing, taking, 1), ['one', 'two', 'three'])
  assert.equal(removed(existing, taking, 2), ['one', 'two'])
  assert.equal(removed(existing, changing, 1), ['one', 'two'])
  assert.equal(removed(existing, changing, 3), [])
})

test('snapshots of a guest that goes with the plan go by themselves', () => {
  const plan = planOf([
    step('vm.box', 'destroy', stopped, {
      action: 'destroy',
      requests: [{ method: 'DELETE', path: guestPath(stopped) }],
      reversal: { by: 'nothing', reason: 'test' },
    }),
  ])
  assert.equal(removed([standing('a.1', 'one')], plan, 0), [])
})

test.run()
