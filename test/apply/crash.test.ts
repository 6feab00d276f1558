import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { recoverRun } from '../../src/apply/recover/recover-run.ts'
import { openStore } from '../../src/store/open-store.ts'
import { agreedToNothing } from '../nothing-lost.ts'
import { storeOptions } from '../store/temporary-store.ts'
import { IMPATIENT, leaseOf, realClock } from './connection.ts'
import { samplePlan } from './sample-steps.ts'
import { makeWorkbench, onWorkbench, sameButGeneration, type Workbench } from './workbench.ts'

const CHILD = join(dirname(fileURLToPath(import.meta.url)), 'crash-child.js')

interface Ended {
  readonly signal: string | null
  readonly output: string
}

/** When a process ends: at the nth thing it does, or as the server takes its nth write; by itself when neither is said. */
interface Kill {
  readonly at?: number
  readonly write?: number
}

const runChild = (bench: Workbench, planFile: string, { at = 0, write }: Kill): Promise<Ended> =>
  new Promise((resolve) => {
    const args = [CHILD, bench.simulator.url, bench.simulator.token, bench.path, planFile, String(at)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    let writes = 0
    bench.simulator.hooks.push({
      before: ({ verb }) => {
        if (verb !== 'GET' && ++writes === write) child.kill('SIGKILL')
        return undefined
      },
    })
    child.on('close', (_code, signal) => {
      resolve({ signal, output })
    })
  })

/** As the next mpc command does: takes over the dead process's lease and ends what it began. */
const recoverAsNextCommand = async (bench: Workbench): Promise<void> => {
  const holder = { host: 'here', pid: process.pid, isAlive: () => false }
  const store = await openStore(bench.path, storeOptions({ clock: realClock, holder }))
  const lease = await leaseOf(store)
  const world = { ...bench.world, journal: store.journal(lease), patience: IMPATIENT }
  for (const unfinished of await store.runs.unfinished())
    await recoverRun(unfinished, { direction: 'undo' }, world, () => undefined)
  assert.equal(await store.runs.unfinished(), [])
  assert.equal(await store.audit.verify(), [])
  await lease.release()
  await store.close()
}

/** How the run ended by the book; a run that was not even begun has changed nothing. */
const lastStatus = async ({ store }: Workbench): Promise<string> => {
  const [newest] = await store.history()
  return newest?.type === 'run' ? newest.status : 'rolled-back'
}

const writePlan = async (bench: Workbench): Promise<string> => {
  const file = `${bench.path}.plan.json`
  writeFileSync(file, JSON.stringify(await samplePlan(bench.client)))
  await bench.lease.release()
  return file
}

/** Everything the plan made of the cluster, or nothing of it; and the bindings say the same. */
const assertAllOrNothing = async (
  bench: Workbench,
  before: Readonly<Record<string, string>>,
  status: string,
): Promise<void> => {
  const bound = (await bench.store.bindings.all()).map(({ address }) => address)
  if (status === 'applied') {
    assert.ok('qemu/300' in bench.simulator.dump())
    assert.equal(bound, ['vm.box', 'vm.new'])
    return
  }
  assert.is(status, 'rolled-back')
  assert.equal(sameButGeneration(bench), before)
  assert.equal(bound, [])
}

/** Kills the apply, and then, where wanted, the recovery too, before a third process ends the run. */
const crash = (apply: Kill, recovery?: Kill): Promise<void> =>
  onWorkbench(async (bench) => {
    const before = sameButGeneration(bench)
    const planFile = await writePlan(bench)
    const killed = async () => {
      const { signal, output } = await runChild(bench, planFile, apply)
      assert.is(signal, 'SIGKILL', output)
      if (recovery) await runChild(bench, '', recovery)
      await recoverAsNextCommand(bench)
    }
    await bench.guard.around(killed, () => ({ agreed: agreedToNothing, isEnded: true }))
    await assertAllOrNothing(bench, before, await lastStatus(bench))
  })()

const POINTS = await (async () => {
  const bench = await makeWorkbench()
  try {
    return Number((await runChild(bench, await writePlan(bench), {})).output)
  } finally {
    await bench.close()
  }
})()

/** Points spread over the whole run, a different place in each stretch. */
const points = (count: number, shift: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => 1 + ((Math.floor((i * POINTS) / count) + shift) % POINTS))

for (const at of points(22, 1))
  test(`killed at point ${at} of ${POINTS}, the next command leaves all of the plan or nothing`, () => crash({ at }))

for (const [i, at] of points(5, 9).entries())
  test(`killed at point ${at}, and again while recovering, all of the plan is left or nothing`, () =>
    crash({ at }, { at: 3 + 4 * i }))

for (const write of [1, 3, 5, 7, 9])
  test(`killed while the server carries out request ${write}, all of the plan is left or nothing`, () =>
    crash({ write }))

test.run()
