import { readFileSync } from 'node:fs'
import { applyPlan } from '../../src/apply/apply-plan.ts'
import { recoverRun } from '../../src/apply/recover/recover-run.ts'
import type { Plan } from '../../src/plan/plan.ts'
import type { Server } from '../../src/resource/server.ts'
import { openStore } from '../../src/store/open-store.ts'
import { storeOptions } from '../store/temporary-store.ts'
import { connect, IMPATIENT, leaseOf, realClock } from './connection.ts'

/** A process that applies a plan, or recovers, and ends itself as `kill -9` would at the nth thing it does. */
const [url = '', token = '', path = '', planFile = '', killAt = '0'] = process.argv.slice(2)

let count = 0
/** Counts one thing that is about to happen, or has just happened. */
const moment = (): void => {
  count += 1
  if (count === Number(killAt)) process.kill(process.pid, 'SIGKILL')
}

const around =
  <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) =>
  async (...args: A): Promise<R> => {
    moment()
    const result = await work(...args)
    moment()
    return result
  }

const client = connect(url, token)
const store = await openStore(path, storeOptions({ clock: realClock }))
const journal = store.journal(await leaseOf(store))
const server: Server = {
  ...client,
  send: (request, signal) =>
    request.method === 'GET' ? client.send(request, signal) : around(client.send)(request, signal),
  waitForTask: around(client.waitForTask),
}
const world = {
  server,
  journal: { begin: around(journal.begin), record: around(journal.record), end: around(journal.end) },
  clock: realClock,
  secrets: new Map<string, string>(),
  patience: IMPATIENT,
}

if (planFile === '') {
  for (const run of await store.runs.unfinished()) await recoverRun(run, { direction: 'undo' }, world, () => undefined)
} else {
  const plan = JSON.parse(readFileSync(planFile, 'utf8')) as Plan
  await applyPlan(plan, { run: await store.runs.nextId(plan.id) }, world, () => undefined)
}
await store.close()
client.close()
process.stdout.write(`${count}\n`)
