import BetterSqlite from 'better-sqlite3'
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

/** Changes the lease's row as time, or another process, would. */
const setLease = (path: string, change: string): void => {
  const database = new BetterSqlite(path)
  database.exec(`update lease set ${change}`)
  database.close()
}

const AGO = (seconds: number): string => `heartbeat_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-${seconds} seconds')`

const isTaken = async (path: string, by: Holder, clock = at(NOON)): Promise<boolean> => {
  const other = await openStore(path, storeOptions({ clock, holder: by }))
  const { value } = await other.leases.acquire('mpc apply')
  await value?.release()
  await other.close()
  return value === undefined
}

test('a lease held on another machine is taken over only when it has been silent for a while, by the clock of the database', async () => {
  const { store, path } = await openTemporaryStore({ clock: at(NOON), holder: holder(1, [], 'there') })
  await store.leases.acquire('mpc apply')
  for (const clock of [at('1999-01-01T00:00:00.000Z'), at(LATER), at('2099-01-01T00:00:00.000Z')])
    assert.is(await isTaken(path, holder(1, [1]), clock), true)
  setLease(path, AGO(50))
  assert.is(await isTaken(path, holder(1, [1])), true)
  setLease(path, AGO(70))
  assert.is(await isTaken(path, holder(1, [1])), false)
  await store.close()
})

test('a holder is asked for itself only where boot and PID namespace are the same, and told from a later process by when it began', async () => {
  const ORIGIN = 'boot-1 pid:[1]'
  const from = (origin: string | undefined, isAlive: Holder['isAlive']): Holder => ({
    host: 'here',
    pid: 7,
    origin,
    started: '100',
    isAlive,
  })
  const { store, path } = await openTemporaryStore({ clock: at(NOON), holder: from(ORIGIN, () => true) })
  await store.leases.acquire('mpc apply')
  const asked: (string | undefined)[] = []
  const isGone: Holder['isAlive'] = (_pid, started) => {
    asked.push(started)
    return false
  }
  for (const origin of ['boot-2 pid:[1]', 'boot-1 pid:[2]', undefined])
    assert.is(await isTaken(path, from(origin, isGone)), true)
  assert.equal(asked, [])
  setLease(path, AGO(3600))
  assert.is(
    await isTaken(
      path,
      from(ORIGIN, () => true),
    ),
    true,
    'one that is there keeps it, however long its heart has not beaten',
  )
  setLease(path, AGO(0))
  assert.is(await isTaken(path, from(ORIGIN, isGone)), false)
  assert.equal(asked, ['100'])
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
