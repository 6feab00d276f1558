import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { applyPlan } from '../../src/apply/apply-plan.ts'
import { planRevert } from '../../src/apply/revert/plan-revert.ts'
import type { Plan, Step } from '../../src/plan/plan.ts'
import { tooOld } from '../../src/plan/step/sweep-steps.ts'
import { guestPath } from '../../src/resource/guest.ts'
import type { KeptSnapshot } from '../../src/resource/kept-snapshot.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { stopped } from './sample-steps.ts'
import { address, expectsNow, onWorkbench, planOf, step, undoBy, verdictOf, type Workbench } from './workbench.ts'

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

/** As the planner adds it. */
const sweep = (name: string): Step => ({
  ...step('vm.box', `sweep-${name}`, stopped, {
    action: 'snapshot',
    requests: [{ method: 'DELETE', path: `${guestPath(stopped)}/snapshot/${name}` }],
    reversal: undoBy(),
  }),
  optional: true,
})

/** Sweeps what is there by mpc's records. */
const applySweeping = async ({ store, world, events, guard }: Workbench, plan: Plan): Promise<RunOutcome> => {
  const old = (await store.runs.safetySnapshots()).map(({ name }) => name)
  const whole = planOf([...plan.steps, ...old.map(sweep)])
  const run = await store.runs.nextId(whole.id)
  return guard.around(() => applyPlan(whole, { run }, world, (event) => void events.push(event)), verdictOf(whole))
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
    const plans: string[] = []
    for (const [name, size] of [
      ['mpc_one', '60G'],
      ['mpc_two', '70G'],
    ] as const)
      plans.push((await applySweeping(bench, await grow(bench, name, size))).plan)
    const revert = async (id = '') => {
      const { value: run } = await bench.store.runs.finished(id)
      const { observed } = await syncCluster(bench.client, { now: '2026-01-01T00:00:00.000Z' })
      return run ? planRevert(run, observed, []) : { value: undefined, diagnostics: [] }
    }
    assert.equal(
      (await revert(plans[0])).diagnostics.map(({ code }) => code),
      ['apply.revert-changed'],
    )
    const { value: plan } = await revert(plans[1])
    if (!plan) throw new Error('the last run can be reverted')
    const reverted = await bench.guard.around(
      () => applyPlan(plan, { run: `${plan.id}.1` }, bench.world, () => undefined),
      verdictOf(plan),
    )
    assert.is(reverted.status, 'applied')
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

const standing = (run: string, name: string): KeptSnapshot => ({
  run,
  address: address('vm.box'),
  guest: stopped,
  name,
  isWayBack: true,
})

test('the last runs that took snapshots are kept, the new one counted', () => {
  const existing = [standing('a.1', 'one'), standing('a.1', 'two'), standing('b.1', 'three')]
  const old = (takesOne: boolean, keep: number) => tooOld(existing, { takesOne, keep }).map(({ name }) => name)
  assert.equal(old(true, 1), ['one', 'two', 'three'])
  assert.equal(old(true, 2), ['one', 'two'])
  assert.equal(old(false, 1), ['one', 'two'])
  assert.equal(old(false, 3), [])
})

test.run()
