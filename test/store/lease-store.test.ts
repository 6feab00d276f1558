import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DiagnosticError } from '../../src/diagnostic/diagnostic-error.ts'
import type { Holder } from '../../src/store/lease-store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { samplePlan } from './sample-plan.ts'
import { openTemporaryStore, storeOptions } from './temporary-store.ts'

const holder = (pid: number, alive: readonly number[], host = 'here'): Holder => ({
  host,
  pid,
  isAlive: (asked) => alive.includes(asked),
})

const at = (time: string) => ({ now: () => new Date(time) })
const NOON = '2026-01-01T12:00:00.000Z'
const SOON = '2026-01-01T12:00:30.000Z'
const LATER = '2026-01-01T12:05:00.000Z'

test('the second writer is told who is at it', async () => {
  const { store, path } = await openTemporaryStore({ clock: at(NOON), holder: holder(1, [1, 2]) })
  const first = await store.leases.acquire('mpc apply')
  assert.ok(first.value)
  const other = await openStore(path, storeOptions({ clock: at(SOON), holder: holder(2, [1, 2]) }))
  const refused = await other.leases.acquire('mpc revert')
  assert.is(refused.value, undefined)
  assert.is(refused.diagnostics[0]?.code, 'store.in-use')
  assert.match(refused.diagnostics[0]?.detail ?? '', /"mpc apply".*process 1 on here/)
  await first.value?.release()
  assert.ok((await other.leases.acquire('mpc revert')).value)
  await other.close()
  await store.close()
})

test('the lease of a process that is gone is taken over at once', async () => {
  const { store, path } = await openTemporaryStore({ clock: at(NOON), holder: holder(1, [1]) })
  await store.leases.acquire('mpc apply')
  const other = await openStore(path, storeOptions({ clock: at(SOON), holder: holder(2, [2]) }))
  assert.ok((await other.leases.acquire('mpc apply')).value)
  await other.close()
  await store.close()
})

test('a lease held on another machine is taken over only when it has been silent for a while', async () => {
  const { store, path } = await openTemporaryStore({ clock: at(NOON), holder: holder(1, [], 'there') })
  await store.leases.acquire('mpc apply')
  const soon = await openStore(path, storeOptions({ clock: at(SOON), holder: holder(1, [1]) }))
  assert.is((await soon.leases.acquire('mpc apply')).value, undefined)
  await soon.close()
  const later = await openStore(path, storeOptions({ clock: at(LATER), holder: holder(1, [1]) }))
  assert.ok((await later.leases.acquire('mpc apply')).value)
  await later.close()
  await store.close()
})

test('a run that another process is at work on is not taken for one that was cut short', async () => {
  const { store, path } = await openTemporaryStore({ clock: at(NOON), holder: holder(1, [1, 2]) })
  const { value: lease } = await store.leases.acquire('mpc apply')
  if (!lease) throw new Error('the lease is free')
  const plan = samplePlan()
  const run = { id: `${plan.id}.1`, plan: plan.id, status: 'running', startedAt: NOON } as const
  await store.journal(lease).begin(run, plan)
  const beside = await openStore(path, storeOptions({ clock: at(SOON), holder: holder(2, [1, 2]) }))
  assert.equal(await beside.runs.unfinished(), [])
  await beside.close()
  const after = await openStore(path, storeOptions({ clock: at(SOON), holder: holder(2, [2]) }))
  assert.is((await after.runs.unfinished()).length, 1)
  await after.close()
  await store.close()
})

test('who lost the lease writes nothing more', async () => {
  const { store, path } = await openTemporaryStore({ clock: at(NOON), holder: holder(1, [1]) })
  const { value: lease } = await store.leases.acquire('mpc apply')
  if (!lease) throw new Error('the lease is free')
  const other = await openStore(path, storeOptions({ clock: at(SOON), holder: holder(2, [2]) }))
  await other.leases.acquire('mpc apply')
  const plan = samplePlan()
  const run = { id: `${plan.id}.1`, plan: plan.id, status: 'running', startedAt: NOON } as const
  try {
    await store.journal(lease).begin(run, plan)
    assert.unreachable('the journal is closed to it')
  } catch (error) {
    assert.instance(error, DiagnosticError)
    assert.is((error as DiagnosticError).diagnostics[0]?.code, 'store.lease-lost')
  }
  assert.equal(await other.runs.ofPlan(plan.id), [])
  await other.close()
  await store.close()
})

test.run()
