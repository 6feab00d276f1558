import { createRequire } from 'node:module'
import type BetterSqlite from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sealPlan } from '../../src/plan/order/seal-plan.ts'
import type { Step } from '../../src/plan/plan.ts'
import { bound, samplePlan, sampleStep } from './sample-plan.ts'
import { openTemporaryStore } from './temporary-store.ts'

const Sqlite = createRequire(import.meta.url)('better-sqlite3') as typeof BetterSqlite

test('a plan is read back equal, by id and by the beginning of its id', async () => {
  const { store } = await openTemporaryStore()
  const plan = samplePlan()
  await store.plans.save(plan)
  await store.plans.save(plan)
  assert.equal((await store.plans.get(plan.id)).value, plan)
  assert.equal((await store.plans.get(plan.id.slice(0, 6))).value, plan)
  assert.equal((await store.plans.get(plan.id.slice(2, 7).toUpperCase())).value, plan)
  assert.is((await store.plans.list()).length, 1)
  await store.close()
})

test('a plan of many steps is read back in their order', async () => {
  const { store } = await openTemporaryStore()
  const steps = Array.from({ length: 1_234 }, (_, index) => sampleStep(`update-${index}`))
  const { id: _id, fingerprint: _fingerprint, ...parts } = samplePlan()
  const plan = sealPlan({ ...parts, steps })
  await store.plans.save(plan)
  assert.equal((await store.plans.get(plan.id)).value, plan)
  await store.close()
})

test('a plan that an older mpc has saved in one piece is read back too', async () => {
  const { store, path } = await openTemporaryStore()
  const plan = samplePlan()
  await store.plans.save(plan)
  const database = new Sqlite(path)
  database.prepare('update plan set body = ?').run(JSON.stringify(plan))
  database.prepare('update plan_step set body = null').run()
  database.close()
  assert.equal((await store.plans.get(plan.id)).value, plan)
  await store.close()
})

test('a plan of an older mpc, with one word for pending changes and restarts, is read in the words of today', async () => {
  const { store, path } = await openTemporaryStore()
  const { id: _id, fingerprint: _fingerprint, ...parts } = samplePlan()
  const old = 'reboot' as Step['disruption']
  const because = {
    ...sampleStep('update').because,
    attributes: [
      { name: 'cores', before: 2, after: 4, disruption: old },
      { name: 'power', before: 'running', after: 'stopped', disruption: old },
    ],
  }
  const written = { ...sampleStep('update'), disruption: old, because }
  const stopped = { ...sampleStep('stop'), action: 'stop' as const, disruption: old, because }
  const plan = sealPlan({
    ...parts,
    changes: [
      {
        address: written.address,
        kind: 'vm',
        action: 'update',
        change: because,
        disruption: old,
        steps: [written.id, stopped.id],
      },
    ],
    steps: [written, stopped],
  })
  await store.plans.save(plan)
  for (const inOnePiece of [false, true]) {
    if (inOnePiece) {
      const database = new Sqlite(path)
      database.prepare('update plan set body = ?').run(JSON.stringify(plan))
      database.close()
    }
    const read = (await store.plans.get(plan.id)).value
    assert.equal(
      read?.steps.map(({ disruption }) => disruption),
      ['pending', 'restart'],
    )
    assert.is(read?.changes[0]?.disruption, 'restart')
    assert.equal(
      read?.steps[0]?.because.attributes.map(({ disruption }) => disruption),
      ['pending', 'restart'],
    )
    assert.is(read?.fingerprint, plan.fingerprint)
    assert.not.match(JSON.stringify(read), '"reboot"')
  }
  await store.close()
})

test('an unknown id and one that is not unique are told apart', async () => {
  const { store } = await openTemporaryStore()
  for (let cores = 1; cores <= 40; cores++) await store.plans.save(samplePlan(cores))
  const code = async (id: string) => (await store.plans.get(id)).diagnostics[0]?.code
  assert.is(await code('p-'), 'store.ambiguous-plan')
  assert.is(await code('p-uuuuuuu'), 'store.unknown-plan')
  assert.is(await code("p-' or 1=1 --"), 'store.unknown-plan')
  await store.close()
})

test('plans nobody applied are swept after a hundred newer ones, applied ones are kept', async () => {
  const { store } = await openTemporaryStore()
  const first = samplePlan(1)
  const { value: lease } = await store.leases.acquire('test')
  if (!lease) throw new Error('the lease is free')
  const run = { id: `${first.id}.1`, plan: first.id, status: 'running', startedAt: '2026-01-01T00:00:00.000Z' } as const
  await store.journal(lease).begin(run, first)
  for (let cores = 2; cores <= 110; cores++) await store.plans.save(samplePlan(cores))
  assert.is((await store.plans.list()).length, 101)
  assert.ok((await store.plans.get(first.id)).value)
  assert.is((await store.plans.get(samplePlan(2).id)).value, undefined)
  await store.close()
})

test('history tells plans, runs and reverts, newest first', async () => {
  const { store } = await openTemporaryStore()
  const { value: lease } = await store.leases.acquire('test')
  if (!lease) throw new Error('the lease is free')
  const journal = store.journal(lease)
  const plan = samplePlan()
  const run = `${plan.id}.1`
  const revert = samplePlan(2, { kind: 'revert', plan: plan.id, run })
  const at = (minute: number) => `2026-02-01T00:0${minute}:00.000Z`
  await store.plans.save(plan)
  await journal.begin({ id: run, plan: plan.id, status: 'running', startedAt: at(1) }, plan)
  await journal.end(run, 'applied', at(2))
  await journal.begin({ id: `${revert.id}.1`, plan: revert.id, status: 'running', startedAt: at(3) }, revert)
  await journal.end(`${revert.id}.1`, 'applied', at(4))
  const history = await store.history()
  assert.equal(
    history.map((entry) => [entry.type, entry.plan]),
    [
      ['revert', revert.id],
      ['plan', revert.id],
      ['run', plan.id],
      ['plan', plan.id],
    ],
  )
  const [newest] = history
  assert.is(newest?.type === 'revert' && newest.reverts, run)
  await store.close()
})

test('a binding moves with its guest: two addresses never have the same one', async () => {
  const { store } = await openTemporaryStore()
  const identity = { marks: ['BC:24:11:00:00:01'] }
  await store.bindings.put(bound('vm.web[10]', 110, { identity, power: 'running', pool: 'prod' }))
  await store.bindings.put(bound('vm.web[2]', 102))
  await store.bindings.put(bound('vm.site', 102, { preventDestroy: true, onDestroy: 'retain' }))
  await store.bindings.put({
    address: bound('pool.prod', 1000).address,
    kind: 'pool',
    poolid: 'prod',
    config: {},
    preventDestroy: false,
    onDestroy: 'delete',
  })
  const all = await store.bindings.all()
  assert.equal(
    all.map(({ address }) => address),
    ['pool.prod', 'vm.site', 'vm.web[10]'],
  )
  assert.equal(all[2], bound('vm.web[10]', 110, { identity, power: 'running', pool: 'prod' }))
  await store.bindings.remove(bound('vm.site', 102).address)
  assert.is((await store.bindings.all()).length, 2)
  await store.close()
})

test.run()
