import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Journal } from '../../src/apply/journal.ts'
import { DiagnosticError } from '../../src/diagnostic/diagnostic-error.ts'
import { openStore, type Store } from '../../src/store/open-store.ts'
import { bound, samplePlan, sampleRequest, sampleStep } from './sample-plan.ts'
import { openTemporaryStore, storeOptions } from './temporary-store.ts'

const AT = '2026-01-01T00:00:00.000Z'

const journalOf = async (store: Store): Promise<Journal> => {
  const { value } = await store.leases.acquire('test')
  if (!value) throw new Error('the lease is free')
  return store.journal(value)
}

const begun = async (
  store: Store,
  plan = samplePlan(),
): Promise<{ readonly journal: Journal; readonly run: string }> => {
  const journal = await journalOf(store)
  const run = await store.runs.nextId(plan.id)
  await journal.begin({ id: run, plan: plan.id, status: 'running', startedAt: AT }, plan)
  return { journal, run }
}

test('an unfinished run is read back with all that is known of it, also by another process', async () => {
  const { store, path } = await openTemporaryStore()
  const plan = samplePlan()
  const { journal, run } = await begun(store)
  const seen = { digest: 'd', identity: { uuid: 'u' }, values: { cores: '2', name: null } }
  await journal.record([
    { type: 'step-started', run, step: sampleStep('update'), direction: 'forward', outputs: { ran: '1' } },
    { type: 'request', record: sampleRequest(run, 'intent', { before: seen, since: 12 }) },
  ])
  await journal.record([{ type: 'request', record: sampleRequest(run, 'sent', { before: seen, upid: 'UPID:x' }) }])
  await store.close()
  const again = await openStore(path, storeOptions())
  assert.equal(await again.runs.unfinished(), [
    {
      run: { id: run, plan: plan.id, status: 'running', startedAt: AT },
      plan,
      steps: [{ run, step: 'vm.web/update', status: 'running', outputs: { ran: '1' } }],
      requests: [sampleRequest(run, 'sent', { before: seen, upid: 'UPID:x' })],
    },
  ])
  await again.close()
})

test('a step’s end and its binding are recorded together, and so is its undoing', async () => {
  const { store } = await openTemporaryStore()
  const { journal, run } = await begun(store)
  const step = sampleStep('update')
  const record = { run, step: step.id, status: 'done', outputs: {}, after: null } as const
  await journal.record([{ type: 'step-ended', record, step, direction: 'forward', binding: bound('vm.web', 100) }])
  assert.equal(await store.bindings.all(), [bound('vm.web', 100)])
  await journal.record([
    { type: 'step-ended', record: { ...record, status: 'undone' }, step, direction: 'reverse', binding: null },
  ])
  assert.equal(await store.bindings.all(), [])
  await store.close()
})

test('entries that belong together are recorded all or not at all', async () => {
  const { store } = await openTemporaryStore()
  const { journal, run } = await begun(store)
  const step = sampleStep('update')
  const record = { run, step: step.id, status: 'done', outputs: {} } as const
  try {
    await journal.record([
      { type: 'step-ended', record, step, direction: 'forward', binding: bound('vm.web', 100) },
      { type: 'request', record: sampleRequest('p-none.1', 'done') },
    ])
    assert.unreachable('there is no such run')
  } catch (error) {
    assert.match(String(error), /FOREIGN KEY/)
  }
  assert.equal(await store.bindings.all(), [])
  assert.equal((await store.runs.unfinished())[0]?.steps, [])
  await store.close()
})

test('a journal that cannot be written says so, and nothing of the entry is kept', async () => {
  const { store, folder } = await openTemporaryStore()
  const { journal, run } = await begun(store)
  rmSync(join(folder, 'audit.log'))
  mkdirSync(join(folder, 'audit.log'))
  try {
    await journal.record([{ type: 'request', record: sampleRequest(run, 'intent') }])
    assert.unreachable('the audit log is a folder')
  } catch (error) {
    assert.instance(error, DiagnosticError)
    assert.is((error as DiagnosticError).diagnostics[0]?.code, 'store.unwritable')
  }
  assert.equal((await store.runs.unfinished())[0]?.requests, [])
  await store.close()
})

test('runs of a plan are numbered, newest first, and steps stand in the order in which they ended', async () => {
  const { store } = await openTemporaryStore()
  const plan = samplePlan()
  const { journal, run } = await begun(store)
  for (const verb of ['b', 'a', 'c']) {
    const step = sampleStep(verb)
    const record = { run, step: step.id, status: 'done', outputs: {} } as const
    await journal.record([{ type: 'step-ended', record, step, direction: 'forward' }])
  }
  await journal.end(run, 'applied', AT)
  assert.is(await store.runs.nextId(plan.id), `${plan.id}.2`)
  const { value } = await store.runs.finished(plan.id)
  assert.equal(
    value?.steps.map(({ step }) => step),
    ['vm.web/b', 'vm.web/a', 'vm.web/c'],
  )
  assert.equal(await store.runs.ofPlan(plan.id), [
    { id: run, plan: plan.id, status: 'applied', startedAt: AT, endedAt: AT },
  ])
  assert.is((await store.runs.finished(plan.id.slice(0, 5))).value?.run.id, run)
  assert.is((await store.runs.finished(run)).value?.run.id, run)
  await store.close()
})

test('every write has its line in the audit log before it leaves; reads have none', async () => {
  const { store, folder } = await openTemporaryStore()
  const { journal, run } = await begun(store)
  const get = { method: 'GET', path: '/version' } as const
  const secret = { secret: 'vm.web#cipassword', fingerprint: 'f' }
  const put = { method: 'PUT', path: '/nodes/pve1/qemu/100/config', params: { cipassword: secret } } as const
  for (const [index, request] of [get, put, put].entries())
    await journal.record([{ type: 'request', record: sampleRequest(run, 'intent', { index, request }) }])
  await journal.end(run, 'applied', AT)
  const path = join(folder, 'audit.log')
  assert.is(statSync(path).mode & 0o777, 0o600)
  const lines = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.equal(
    lines.map(({ seq, run: of, method, index, event }) => [seq, of, method ?? event, index]),
    [
      [1, run, 'run', undefined],
      [2, run, 'PUT', 1],
      [3, run, 'PUT', 2],
      [4, run, 'end', undefined],
    ],
  )
  assert.is(lines[1]?.['previous'], lines[0]?.['hash'])
  assert.equal(lines[1]?.['params'], { cipassword: secret })
  assert.equal(await store.audit.verify(), [])
  await store.close()
})

const auditCodes = async (store: Store) => (await store.audit.verify()).map(({ code }) => code)

const withLines = async (
  count: number,
): Promise<{ readonly store: Store; readonly log: string; readonly path: string }> => {
  const { store, folder, path } = await openTemporaryStore()
  const { journal, run } = await begun(store)
  for (let index = 0; index < count; index++)
    await journal.record([{ type: 'request', record: sampleRequest(run, 'intent', { index }) }])
  return { store, log: join(folder, 'audit.log'), path }
}

test('a line that was altered, taken out or cut off is noticed', async () => {
  const { store, log } = await withLines(4)
  const whole = readFileSync(log, 'utf8')
  const lines = whole.trimEnd().split('\n')
  assert.equal(await auditCodes(store), [])
  writeFileSync(log, whole.replace('"cores":4', '"cores":5'))
  assert.equal(await auditCodes(store), ['store.audit-broken'])
  writeFileSync(log, `${[...lines.slice(0, 1), ...lines.slice(2)].join('\n')}\n`)
  assert.equal(await auditCodes(store), ['store.audit-broken'])
  writeFileSync(log, `${lines.slice(0, 3).join('\n')}\n`)
  assert.equal(await auditCodes(store), ['store.audit-broken'])
  writeFileSync(log, whole)
  assert.equal(await auditCodes(store), [])
  await store.close()
})

test('after a power cut the log goes on: lost lines are written again, a torn one is ended', async () => {
  const { store, log, path } = await withLines(4)
  const plan = samplePlan(8)
  await store.close()
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  writeFileSync(log, `${lines.slice(0, 2).join('\n')}\n${lines[2]?.slice(0, 20)}`)
  const again = await openStore(path, storeOptions({ holder: { host: 'here', pid: 1, isAlive: () => false } }))
  const { journal, run } = await begun(again, plan)
  await journal.record([{ type: 'request', record: sampleRequest(run, 'intent') }])
  await journal.end(run, 'applied', AT)
  assert.equal(await auditCodes(again), [])
  assert.match(readFileSync(log, 'utf8'), /"seq":5/)
  await again.close()
})

test('a line of a write that never left, because its process ended before, does not break the chain', async () => {
  const { store, log, path } = await withLines(2)
  const last = readFileSync(log, 'utf8').trimEnd().split('\n').at(-1) ?? ''
  await store.close()
  const other = await withLines(3)
  const next = readFileSync(other.log, 'utf8').trimEnd().split('\n').at(-1) ?? ''
  await other.store.close()
  assert.is(JSON.parse(next).previous, JSON.parse(last).hash)
  appendFileSync(log, `${next}\n`)
  const again = await openStore(path, storeOptions({ holder: { host: 'here', pid: 1, isAlive: () => false } }))
  const { journal, run } = await begun(again, samplePlan(8))
  await journal.record([{ type: 'request', record: sampleRequest(run, 'intent') }])
  assert.equal(await auditCodes(again), [])
  assert.match(readFileSync(log, 'utf8'), /"seq":6/)
  await again.close()
})

test.run()
