import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Journal } from '../../src/apply/journal.ts'
import { inspectRun } from '../../src/apply/recover/inspect-run.ts'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { IMPATIENT } from './connection.ts'
import { samplePlan, stopped } from './sample-steps.ts'
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

const writesOf = ({ simulator }: Workbench) => simulator.requests.filter(({ verb }) => verb !== 'GET')
const GONE = 'this process is gone'

/** A journal that stops at its nth entry, as it does when its process is killed. */
const until = (journal: Journal, at: number): Journal => {
  let count = 0
  return {
    ...journal,
    record: async (entries) => {
      if (++count >= at) throw new Error(GONE)
      await journal.record(entries)
    },
  }
}

const isGone = (error: unknown): undefined => {
  assert.match(String(error), GONE)
  return undefined
}

const unfinishedOf = async ({ store }: Workbench) => {
  const [run] = await store.runs.unfinished()
  assert.ok(run)
  return run
}

const twoChanges = async ({ client }: Workbench) =>
  planOf([
    step('vm.box', 'update', stopped, {
      action: 'update',
      expects: await expectsNow(client, stopped),
      requests: [write(stopped, { cores: 6 }), write(stopped, { description: 'bigger' })],
      reversal: undoBy(write(stopped, { cores: 4 }), write(stopped, { delete: 'description' })),
    }),
    step('vm.box', 'rename', stopped, {
      action: 'update',
      requests: [write(stopped, { name: 'box' })],
      reversal: undoBy(write(stopped, { name: 'build-box' })),
    }),
  ])

for (const at of [2, 5, 9, 14])
  test(
    `a run cut short at entry ${at} is told step by step without a write, and is finished`,
    onWorkbench(async (bench) => {
      const plan = await samplePlan(bench.client)
      await bench.apply(plan, { journal: until(bench.world.journal, at), parallelism: 1 }).catch(isGone)
      const before = [bench.simulator.dump(), await unfinishedOf(bench), writesOf(bench).length] as const
      const inspection = await inspectRun(before[1], bench.world)
      assert.equal([bench.simulator.dump(), await unfinishedOf(bench), writesOf(bench).length], before)
      assert.is(inspection.undoing, false)
      assert.is(inspection.complete, false)
      assert.is(inspection.whyNotFinish, undefined)
      const done = inspection.steps.filter(({ standing }) => standing === 'done').length
      assert.ok(inspection.steps.slice(0, done).every(({ standing }) => standing === 'done'))
      assert.ok(inspection.steps.slice(done + 1).every(({ standing }) => standing === 'not-done'))
      const [outcome] = await bench.recover({}, 'finish')
      assert.is(outcome?.status, 'applied', JSON.stringify(outcome?.diagnostics, null, 1))
      assert.ok(outcome?.steps.every(({ status }) => status === 'done'))
      assert.is(writesOf(bench).length, 10)
    }),
  )

test(
  'finishing is killed too and goes on; when a step then fails, all is undone',
  onWorkbench(async (bench) => {
    const before = sameButGeneration(bench)
    const plan = await samplePlan(bench.client)
    await bench.apply(plan, { journal: until(bench.world.journal, 3), parallelism: 1 }).catch(isGone)
    await bench.recover({ journal: until(bench.world.journal, 6), parallelism: 1 }, 'finish').catch(isGone)
    bench.simulator.faults.add({ kind: 'http-error', status: 400, on: { method: 'PUT', params: { swap: '256' } } })
    const [outcome] = await bench.recover({ parallelism: 1 }, 'finish')
    assert.is(outcome?.status, 'rolled-back', JSON.stringify(outcome?.diagnostics, null, 1))
    assert.equal(sameButGeneration(bench), before)
    assert.equal(await bench.store.runs.unfinished(), [])
  }),
)

test(
  'what somebody else changed on a guest of the run stops the finishing',
  onWorkbench(async (bench) => {
    const plan = await twoChanges(bench)
    // Entries: intent, intent, the step's end, intent …
    await bench.apply(plan, { journal: until(bench.world.journal, 4) }).catch(isGone)
    const theirs = write(stopped, { onboot: 1 }, {})
    await bench.client.send({ method: 'PUT', path: theirs.path, params: { onboot: 1 } })
    const [outcome] = await bench.recover({}, 'finish')
    assert.is(outcome?.status, 'rolled-back', JSON.stringify(outcome?.diagnostics, null, 1))
    assert.match(bench.simulator.dump()['qemu/107'] ?? '', /onboot: 1/)
    assert.match(bench.simulator.dump()['qemu/107'] ?? '', /cores: 4/)
  }),
)

for (const at of [1, 2, 3])
  test(
    `undoing that is killed at its entry ${at} is gone on with: its own requests are nobody else's`,
    onWorkbench(async (bench) => {
      const before = sameButGeneration(bench)
      const plan = await twoChanges(bench)
      bench.simulator.faults.add({ kind: 'http-error', status: 400, on: { method: 'PUT', params: { name: 'box' } } })
      // Three entries forward, one for the step that fails.
      await bench.apply(plan, { journal: until(bench.world.journal, 5 + at) }).catch(isGone)
      const inspection = await inspectRun(await unfinishedOf(bench), bench.world)
      assert.match(inspection.whyNotFinish ?? '', /undoing|failed/)
      const [refused] = await bench.recover({}, 'finish')
      assert.equal(
        refused?.diagnostics.map(({ code }) => code),
        ['apply.cannot-finish'],
      )
      const [outcome] = await bench.recover()
      assert.is(outcome?.status, 'rolled-back', JSON.stringify(outcome?.diagnostics, null, 1))
      assert.equal(sameButGeneration(bench), before)
    }),
  )

const startingOne = async ({ client }: Workbench) =>
  planOf([
    step('vm.box', 'update', stopped, {
      action: 'update',
      expects: await expectsNow(client, stopped),
      requests: [write(stopped, { cores: 6 })],
      reversal: undoBy(write(stopped, { cores: 4 })),
    }),
    step('vm.box', 'start', stopped, {
      action: 'start',
      requests: [power(stopped, 'start')],
      reversal: undoBy(power(stopped, 'stop')),
    }),
  ])

for (const [how, more] of [
  ['beyond the time a task may take', () => ({ patience: { ...IMPATIENT, task: 100 } })],
  ['after an interruption', () => ({ signal: AbortSignal.timeout(500) })],
] as const)
  test(
    `a task that runs ${how} suspends the run, is named, and the run is gone on with when it has ended`,
    onWorkbench(async (bench) => {
      const before = sameButGeneration(bench)
      bench.simulator.faults.add({ kind: 'task-hangs', task: { type: 'qmstart' } })
      const outcome = await bench.apply(await startingOne(bench), more())
      assert.is(outcome.status, 'incomplete')
      assert.is(outcome.suspended, true)
      assert.is(exitCodeOf(outcome), 4)
      assert.equal(
        outcome.diagnostics.map(({ code }) => code),
        ['apply.suspended', 'proxmox.task-running'],
      )
      assert.match(outcome.diagnostics[1]?.detail ?? '', /UPID:pve3:.*:qmstart:107:/)
      const hanging = await inspectRun(await unfinishedOf(bench), bench.world)
      assert.equal(
        hanging.steps.map(({ standing }) => standing),
        ['done', 'running'],
      )
      const upid = hanging.steps[1]?.upid ?? ''
      assert.match(upid, /qmstart/)
      const [still] = await bench.recover({ patience: { ...IMPATIENT, task: 50 } })
      assert.is(still?.suspended, true)
      await bench.client.send({ method: 'DELETE', path: `/nodes/pve3/tasks/${upid}`, params: {} })
      const [recovered] = await bench.recover()
      assert.is(recovered?.status, 'rolled-back', JSON.stringify(recovered?.diagnostics, null, 1))
      assert.equal(sameButGeneration(bench), before)
    }),
  )

test.run()
