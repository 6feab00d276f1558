import { join } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { applyPlan } from '../../src/apply/apply-plan.ts'
import { recoverRun } from '../../src/apply/recover/recover-run.ts'
import { resolveRequest } from '../../src/apply/request/resolve-request.ts'
import { diagnose } from '../../src/diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../src/diagnostic/diagnostic-error.ts'
import type { Answer, Server } from '../../src/resource/server.ts'
import { openStore } from '../../src/store/open-store.ts'
import { IMPATIENT, leaseOf, realClock } from '../apply/connection.ts'
import { enginePlan, instantServer } from '../apply/engine-bench.ts'
import { storeOptions, temporaryFolder } from '../store/temporary-store.ts'

/** Runs a plan of one update against a server that answers some requests in its own way; gives the status and the codes. */
const runOn = async (different: Partial<Server>, cutShort = false): Promise<readonly string[]> => {
  const store = await openStore(join(temporaryFolder(), 'state.db'), storeOptions({ clock: realClock }))
  try {
    const plan = enginePlan(1, 0)
    const run = await store.runs.nextId(plan.id)
    const journal = store.journal(await leaseOf(store))
    const server = { ...instantServer(), ...different }
    const world = { server, journal, clock: realClock, secrets: new Map(), patience: IMPATIENT }
    if (cutShort)
      await journal.begin({ id: run, plan: plan.id, status: 'running', startedAt: '2026-01-01T00:00:00Z' }, plan)
    const [unfinished] = await store.runs.unfinished()
    const { status, diagnostics, steps } = unfinished
      ? await recoverRun(unfinished, { direction: 'undo' }, world, () => undefined)
      : await applyPlan(plan, { run }, world, () => undefined)
    return [status, ...new Set([...diagnostics, ...steps.flatMap((step) => step.diagnostics)].map(({ code }) => code))]
  } finally {
    await store.close()
  }
}

const UPID = 'UPID:pve1:00000001:00000001:69000000:qmconfig:1000:root@pam:'
const whenWriting = (answer: Answer): Server['send'] => {
  const { send } = instantServer()
  return async (request) => (request.method === 'PUT' ? answer : send(request))
}

test('warnings of a task are passed on, and the step counts as done', async () => {
  assert.equal(
    await runOn({
      send: whenWriting({ kind: 'answered', data: UPID }),
      waitForTask: async () => ({ kind: 'ok', warnings: 2 }),
    }),
    ['applied', 'apply.task-warnings'],
  )
})

test('a configuration that is none is not written to', async () => {
  const [, ...codes] = await runOn({ send: async () => ({ kind: 'answered', data: 'what?' }) })
  assert.ok(codes.includes('apply.unreadable'), codes.join())
})

test('when an answer is lost and the server stays silent, that is said', async () => {
  const { send } = instantServer()
  const silent = { broken: false }
  const nothing = diagnose('proxmox.unreachable', { detail: 'Nobody answers.' })
  const codes = await runOn({
    send: async (request) => {
      if (request.method === 'PUT') silent.broken = true
      if (!silent.broken) return send(request)
      return { kind: 'unknown', diagnostic: nothing }
    },
    tasksSince: async () => {
      throw new DiagnosticError([nothing])
    },
  })
  assert.is(codes[0], 'incomplete')
  assert.ok(codes.includes('apply.answer-lost'), codes.join())
})

test('a run that was cut short is told of when it is ended', async () => {
  assert.equal(await runOn({}, true), ['rolled-back', 'apply.recovered'])
})

test('a value that an earlier step did not give is named, and nothing is sent', () => {
  const volume = { fromStep: 'vm.a/backup', output: 'volid' }
  const { request, diagnostics } = resolveRequest(
    { method: 'POST', path: '/nodes/pve1/qemu', params: { archive: volume } },
    new Map(),
    new Map(),
  )
  assert.is(request, undefined)
  assert.equal(
    diagnostics.map(({ code }) => code),
    ['apply.missing-output'],
  )
})

test('a state whose tables do not fit its version is left as it is, and says so', async () => {
  const path = join(temporaryFolder(), 'state.db')
  await (await openStore(path, storeOptions())).close()
  const database = new BetterSqlite(path)
  database.exec('delete from schema_migration')
  database.close()
  const codes = await openStore(path, storeOptions()).then(
    () => ['opened'],
    (error) => (error instanceof DiagnosticError ? error.diagnostics.map(({ code }) => code) : [String(error)]),
  )
  assert.equal(codes, ['store.migration-failed'])
})

test.run()
