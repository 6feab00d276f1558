import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { applyPlan } from '../../src/apply/apply-plan.ts'
import { nodeIo } from '../../src/io/node-io.ts'
import { openStore } from '../../src/store/open-store.ts'
import { enginePlan, instantServer } from './engine-bench.ts'

test('an interruption is seen between steps although the server answers at once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mpc-interruption-'))
  const io = nodeIo()
  const store = await openStore(join(folder, 'state.db'), { clock: io.clock, holder: io.self })
  try {
    const { value: lease } = await store.leases.acquire('test')
    assert.ok(lease)
    const stop = new AbortController()
    let ended = 0
    const plan = enginePlan(300, 0)
    const world = { server: instantServer(), journal: store.journal(lease), clock: io.clock, secrets: new Map() }
    const outcome = await applyPlan(plan, { run: `${plan.id}.1` }, { ...world, signal: stop.signal }, ({ type }) => {
      if (type === 'step-ended') ended++
      // As Ctrl-C does: by the event loop, while steps are under way.
      if (type === 'step-ended' && ended === 1) setTimeout(() => stop.abort(), 0)
    })
    assert.is(outcome.interrupted, true)
    assert.is(outcome.status, 'rolled-back')
    assert.ok(ended < 100, `${ended} steps ended, each with its undoing`)
    await lease.release()
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

test.run()
