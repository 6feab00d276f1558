import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { planRevert } from '../../src/apply/revert/plan-revert.ts'
import type { Checked } from '../../src/diagnostic/diagnostic.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { guestPath } from '../../src/resource/guest.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { container, fresh, running, SNAPSHOT, samplePlan, stopped } from './sample-steps.ts'
import {
  expectsNow,
  onWorkbench,
  planOf,
  power,
  sameButGeneration,
  step,
  undoBy,
  type Workbench,
  write,
} from './workbench.ts'

const revertOf = async ({ client, store }: Workbench, planOrRun: string): Promise<Checked<Plan>> => {
  const { value: run, diagnostics } = await store.runs.finished(planOrRun)
  if (!run) return { value: undefined, diagnostics }
  const { observed } = await syncCluster(client, { now: '2026-01-01T00:00:00.000Z' })
  return planRevert(run, observed, await store.bindings.all())
}

const planned = async (bench: Workbench, planOrRun: string): Promise<Plan> => {
  const { value, diagnostics } = await revertOf(bench, planOrRun)
  if (!value) throw new Error(JSON.stringify(diagnostics, null, 1))
  assert.equal(diagnostics, [])
  return value
}

const applied = (outcome: RunOutcome): void =>
  assert.is(outcome.status, 'applied', JSON.stringify(outcome.diagnostics, null, 1))

const codesOf = async (bench: Workbench, planOrRun: string) =>
  (await revertOf(bench, planOrRun)).diagnostics.map(({ code, address }) => `${code} ${address ?? ''}`.trim())

test(
  'reverting a run brings every guest back, reverting that does it again, and so on',
  onWorkbench(async (bench) => {
    const before = sameButGeneration(bench)
    const plan = await samplePlan(bench.client)
    applied(await bench.apply(plan))
    const bindings = await bench.store.bindings.all()
    const after = sameButGeneration(bench)
    const revert = await planned(bench, plan.id)
    assert.is(revert.origin.kind, 'revert')
    applied(await bench.apply(revert))
    assert.equal(sameButGeneration(bench), before)
    assert.equal(await bench.store.bindings.all(), [])
    const redo = await planned(bench, revert.id)
    applied(await bench.apply(redo))
    assert.equal(Object.keys(sameButGeneration(bench)), Object.keys(after))
    assert.equal(
      (await bench.store.bindings.all()).map(({ address, config }) => [address, config]),
      bindings.map(({ address, config }) => [address, config]),
    )
    applied(await bench.apply(await planned(bench, redo.id)))
    assert.equal(sameButGeneration(bench), before)
    const history = await bench.store.history()
    assert.equal(
      history.map(({ type }) => type),
      ['revert', 'plan', 'revert', 'plan', 'revert', 'plan', 'run', 'plan'],
    )
  }),
)

test(
  'planning a revert is deterministic, and its steps name what they undo',
  onWorkbench(async (bench) => {
    const plan = await samplePlan(bench.client)
    applied(await bench.apply(plan))
    const revert = await planned(bench, plan.id)
    assert.is((await planned(bench, plan.id)).fingerprint, revert.fingerprint)
    const destroy = revert.steps.find(({ id }) => id === 'vm.new/undo-create')
    assert.is(destroy?.action, 'destroy')
    assert.is(destroy?.disruption, 'data-loss')
    assert.equal(destroy?.needs, ['vm.new/undo-start'])
    assert.is(revert.changes.find(({ address }) => address === 'vm.new')?.action, 'destroy')
  }),
)

test(
  'a run that was reverted is not reverted again until the revert was reverted',
  onWorkbench(async (bench) => {
    const plan = await samplePlan(bench.client)
    applied(await bench.apply(plan))
    const revert = await planned(bench, plan.id)
    applied(await bench.apply(revert))
    assert.equal(await codesOf(bench, plan.id), ['apply.revert-done'])
    applied(await bench.apply(await planned(bench, revert.id)))
    assert.equal(await codesOf(bench, revert.id), ['apply.revert-done'])
    assert.equal(await codesOf(bench, plan.id), [])
  }),
)

test(
  'a run that was rolled back leaves nothing to revert, and a plan that never ran neither',
  onWorkbench(async (bench) => {
    const plan = await samplePlan(bench.client)
    bench.simulator.faults.add({ kind: 'task-fails', task: { type: 'resize' } })
    assert.is((await bench.apply(plan)).status, 'rolled-back')
    assert.equal(await codesOf(bench, plan.id), ['apply.revert-nothing'])
    assert.equal(await codesOf(bench, 'p-none'), ['store.no-run'])
  }),
)

const standsInTheWay = (
  name: string,
  change: (bench: Workbench) => Promise<unknown>,
  expected: readonly string[],
): void =>
  test(
    name,
    onWorkbench(async (bench) => {
      const plan = await samplePlan(bench.client)
      applied(await bench.apply(plan))
      await change(bench)
      assert.equal(await codesOf(bench, plan.id), expected)
    }),
  )

const send = async (
  { client }: Workbench,
  method: 'PUT' | 'POST' | 'DELETE',
  path: string,
  params = {},
): Promise<void> => {
  const answer = await client.send({ method, path, params })
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer))
  if (typeof answer.data === 'string') await client.waitForTask(answer.data, () => undefined)
}

standsInTheWay(
  'a later change of a key the run changed stands in the way, and is named',
  (bench) => send(bench, 'PUT', `${guestPath(container)}/config`, { memory: 1024 }),
  ['apply.revert-changed container.dns'],
)

standsInTheWay(
  'a later change of another key does not stand in the way',
  (bench) => send(bench, 'PUT', `${guestPath(container)}/config`, { description: 'by hand' }),
  [],
)

standsInTheWay(
  'any later change stands in the way of a rollback to a snapshot',
  (bench) => send(bench, 'PUT', `${guestPath(stopped)}/config`, { onboot: 1 }),
  ['apply.revert-changed vm.box'],
)

standsInTheWay(
  'a snapshot that is gone stands in the way of rolling back to it',
  async (bench) => {
    await send(bench, 'DELETE', `${guestPath(stopped)}/snapshot/${SNAPSHOT}`)
  },
  ['apply.revert-snapshot vm.box'],
)

standsInTheWay(
  'a guest that is gone stands in the way',
  async (bench) => {
    await send(bench, 'POST', power(fresh, 'stop').path)
    await send(bench, 'DELETE', guestPath(fresh))
  },
  ['apply.revert-gone vm.new'],
)

standsInTheWay(
  'another guest with the same VMID stands in the way',
  async (bench) => {
    await send(bench, 'POST', power(fresh, 'stop').path)
    await send(bench, 'DELETE', guestPath(fresh))
    await send(bench, 'POST', '/nodes/pve3/qemu', { vmid: fresh.vmid, name: 'other', memory: 64 })
  },
  ['apply.revert-replaced vm.new'],
)

standsInTheWay(
  'everything that stands in the way is told at once',
  async (bench) => {
    await send(bench, 'PUT', `${guestPath(running)}/config`, { tags: 'other' })
    await send(bench, 'PUT', `${guestPath(container)}/config`, { memory: 1024 })
  },
  ['apply.revert-changed vm.git', 'apply.revert-changed container.dns'],
)

test(
  'a destroyed guest is not brought back over another one, and a step without a way back is named',
  onWorkbench(async (bench) => {
    const { client } = bench
    const content = '/nodes/pve3/storage/nfs-backup/content'
    const plan = planOf([
      step('vm.box', 'backup', stopped, {
        action: 'backup',
        expects: await expectsNow(client, stopped),
        requests: [
          {
            method: 'POST',
            path: '/nodes/pve3/vzdump',
            params: { vmid: '107', storage: 'nfs-backup', 'notes-template': 'mpc' },
          },
          {
            method: 'GET',
            path: content,
            params: { content: 'backup' },
            output: { name: 'volid', where: { notes: 'mpc' }, take: 'volid' },
          },
        ],
        reversal: undoBy({ method: 'DELETE', path: `${content}/{vm.box/backup.volid}` }),
      }),
      step('vm.box', 'destroy', stopped, {
        action: 'destroy',
        requests: [{ method: 'DELETE', path: guestPath(stopped) }],
        reversal: {
          by: 'backup',
          storage: 'nfs-backup',
          requests: [
            {
              method: 'POST',
              path: '/nodes/pve3/qemu',
              params: { vmid: 107, archive: { fromStep: 'vm.box/backup', output: 'volid' } },
            },
          ],
        },
      }),
      step('container.dns', 'update', container, {
        action: 'update',
        expects: await expectsNow(client, container),
        requests: [write(container, { memory: 512 })],
        reversal: { by: 'nothing', reason: 'for the sake of the test' },
      }),
    ])
    applied(await bench.apply(plan))
    const revert = await revertOf(bench, plan.id)
    assert.equal(
      revert.diagnostics.map(({ code }) => code),
      ['apply.revert-irreversible'],
    )
    await send(bench, 'POST', '/nodes/pve3/qemu', { vmid: 107, name: 'theirs' })
    assert.equal(await codesOf(bench, plan.id), ['apply.revert-taken vm.box'])
    await send(bench, 'DELETE', guestPath(stopped))
    if (!revert.value) throw new Error('the rest can be reverted')
    applied(await bench.apply(revert.value))
    assert.match(bench.simulator.dump()['qemu/107'] ?? '', /name: build-box/)
    const again = await planned(bench, revert.value.id)
    assert.equal(
      again.steps.map(({ id }) => id),
      ['vm.box/backup', 'vm.box/destroy'],
    )
    applied(await bench.apply(again))
  }),
)

test(
  'a revert that fails is rolled back to where the run had left the cluster',
  onWorkbench(async (bench) => {
    const plan = await samplePlan(bench.client)
    applied(await bench.apply(plan))
    const revert = await planned(bench, plan.id)
    const after = sameButGeneration(bench)
    bench.simulator.faults.add({
      kind: 'http-error',
      status: 500,
      on: { method: 'PUT', path: '/nodes/pve1/qemu/102/config' },
    })
    const outcome = await bench.apply(revert, { parallelism: 1 })
    assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
    const { 'qemu/300': _made, ...others } = sameButGeneration(bench)
    const { 'qemu/300': _before, ...expected } = after
    assert.equal(others, expected)
    assert.equal(await codesOf(bench, revert.id), ['apply.revert-nothing'])
  }),
)

test.run()
