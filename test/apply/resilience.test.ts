import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import type { Journal } from '../../src/apply/journal.ts'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { diagnose } from '../../src/diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../src/diagnostic/diagnostic-error.ts'
import type { Server } from '../../src/resource/server.ts'
import { IMPATIENT } from './connection.ts'
import { container, samplePlan, stopped } from './sample-steps.ts'
import { expectsNow, onWorkbench, planOf, sameButGeneration, step, undoBy, type Workbench, write } from './workbench.ts'

const codesOf = ({ diagnostics }: RunOutcome) => diagnostics.map(({ code }) => code)
const writesOf = ({ simulator }: Workbench) => simulator.requests.filter(({ verb }) => verb !== 'GET')

const failing = (journal: Journal, method: 'record' | 'end', at: number): Journal => {
  let count = 0
  const guarded =
    <A extends readonly unknown[]>(name: typeof method, work: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      if (name === method && ++count >= at) throw new Error('no space left on device')
      await work(...args)
    }
  return { begin: journal.begin, record: guarded('record', journal.record), end: guarded('end', journal.end) }
}

const failsWith = async (work: Promise<unknown>, text: RegExp): Promise<void> => {
  try {
    await work
  } catch (error) {
    assert.match(String(error), text)
    return
  }
  assert.unreachable('it should have failed')
}

for (const at of [1, 2, 5, 9, 12])
  test(
    `when entry ${at} can no longer be written down, nothing more is sent, and the next command rolls back`,
    onWorkbench(async (bench) => {
      const before = sameButGeneration(bench)
      const plan = await samplePlan(bench.client)
      const journal = failing(bench.world.journal, 'record', at)
      await failsWith(bench.apply(plan, { journal, parallelism: 1 }), /no space left/)
      const sent = writesOf(bench).length
      assert.ok(sent < at)
      const [outcome] = await bench.recover()
      assert.is(outcome?.status, 'rolled-back', JSON.stringify(outcome?.diagnostics))
      assert.equal(sameButGeneration(bench), before)
    }),
  )

test(
  'a full disk suspends the run: exit 4, and nothing is undone before it can be written down',
  onWorkbench(async (bench) => {
    const before = sameButGeneration(bench)
    const plan = await samplePlan(bench.client)
    let count = 0
    const full = new DiagnosticError([diagnose('store.unwritable', { detail: 'The disk is full.' })])
    const journal: Journal = {
      ...bench.world.journal,
      record: async (entries) => {
        if (++count >= 6) throw full
        await bench.world.journal.record(entries)
      },
    }
    const outcome = await bench.apply(plan, { journal, parallelism: 1 })
    assert.is(exitCodeOf(outcome), 4)
    assert.is(outcome.suspended, true)
    assert.equal(codesOf(outcome), ['store.unwritable', 'apply.suspended'])
    assert.is(outcome.steps[0]?.status, 'done')
    const [recovered] = await bench.recover()
    assert.is(recovered?.status, 'rolled-back', JSON.stringify(recovered?.diagnostics))
    assert.equal(sameButGeneration(bench), before)
  }),
)

test(
  'a run whose steps were all done when its process ended counts as applied',
  onWorkbench(async (bench) => {
    const plan = await samplePlan(bench.client)
    await failsWith(bench.apply(plan, { journal: failing(bench.world.journal, 'end', 1) }), /no space left/)
    const after = sameButGeneration(bench)
    const sent = writesOf(bench).length
    const [outcome] = await bench.recover()
    assert.is(outcome?.status, 'applied')
    assert.equal(outcome && codesOf(outcome), ['apply.recovered'])
    assert.equal(sameButGeneration(bench), after)
    assert.is(writesOf(bench).length, sent)
    assert.equal(
      (await bench.store.runs.ofPlan(plan.id)).map(({ status }) => status),
      ['applied'],
    )
  }),
)

test(
  'when an answer is lost and the node with it, the run stays open until the node can be asked',
  onWorkbench(async (bench) => {
    const plan = planOf([
      step('vm.box', 'update', stopped, {
        action: 'update',
        expects: await expectsNow(bench.client, stopped),
        requests: [write(stopped, { cores: 6 })],
        reversal: undoBy(write(stopped, { cores: 4 })),
      }),
    ])
    bench.simulator.hooks.push({
      after: ({ verb }, answer) => {
        if (verb === 'GET') return answer
        if (writesOf(bench).length === 1) bench.simulator.faults.add({ kind: 'node-offline', node: 'pve3' })
        return writesOf(bench).length === 1 ? 'reset' : answer
      },
    })
    const outcome = await bench.apply(plan, { patience: { ...IMPATIENT, unreachable: [] } })
    assert.is(outcome.status, 'incomplete')
    assert.equal(codesOf(outcome).slice(0, 2), ['apply.suspended', 'apply.answer-lost'])
    assert.match(bench.simulator.dump()['qemu/107'] ?? '', /cores: 6/)
    bench.simulator.faults.clear()
    const [recovered] = await bench.recover()
    // The one step turns out to have been carried out: nothing is left to do or to undo.
    assert.is(recovered?.status, 'applied', JSON.stringify(recovered?.diagnostics))
    assert.match(bench.simulator.dump()['qemu/107'] ?? '', /cores: 6/)
  }),
)

test(
  'a request that needs what an earlier step did not give is not sent',
  onWorkbench(async (bench) => {
    const plan = planOf([
      step('vm.box', 'update', stopped, {
        action: 'update',
        requests: [
          { method: 'GET', path: '/pools', output: { name: 'pool', where: { poolid: 'nowhere' }, take: 'poolid' } },
          write(stopped, { description: { fromStep: 'vm.box/update', output: 'pool' } }),
        ],
        reversal: undoBy(),
      }),
    ])
    const outcome = await bench.apply(plan)
    assert.equal(codesOf(outcome), ['apply.missing-output'])
    assert.is(outcome.status, 'rolled-back')
    assert.equal(writesOf(bench), [])
  }),
)

test(
  'warnings of a task are passed on, and a guest that answers nonsense is not touched',
  onWorkbench(async (bench) => {
    const server: Server = { ...bench.client, waitForTask: async () => ({ kind: 'ok', warnings: 2 }) }
    const start = step('vm.box', 'start', stopped, {
      action: 'start',
      requests: [{ method: 'POST', path: '/nodes/pve3/qemu/107/status/start' }],
      reversal: undoBy(),
    })
    const warned = await bench.apply(planOf([start]), { server })
    assert.is(warned.status, 'applied')
    assert.equal(codesOf(warned), ['apply.task-warnings'])
    const strange: Server = {
      ...bench.client,
      send: async (request) =>
        request.path.endsWith('/config') ? { kind: 'answered', data: 'nonsense' } : bench.client.send(request),
    }
    const update = step('container.dns', 'update', container, {
      action: 'update',
      requests: [write(container, { memory: 512 })],
      reversal: undoBy(),
    })
    const refused = await bench.apply(planOf([update]), { server: strange })
    assert.equal(codesOf(refused), ['apply.unreadable'])
  }),
)

test.run()
