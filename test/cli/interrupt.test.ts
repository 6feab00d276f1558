import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { signalled } from './kill.ts'
import { type Workspace, withWorkspace } from './mpc.ts'

const APPLY = ['apply', '--auto-approve']
const WHEN = 'creating a clone of VM 9000'

const withHomelab = (work: (workspace: Workspace) => Promise<void>, speed = 20): Promise<void> =>
  withWorkspace(
    async (workspace) => {
      copyFileSync(
        join(process.cwd(), 'examples', 'homelab', 'homelab.mpc.hcl'),
        join(workspace.folder, 'homelab.mpc.hcl'),
      )
      await work(workspace)
    },
    { speed },
  )

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  test(`an apply that gets ${signal} answers at once, undoes what it did, says so, and ends with 130`, () =>
    withHomelab(async (workspace) => {
      const before = workspace.simulator.dump()
      const { code, stdout, stderr } = await signalled(workspace, APPLY, WHEN, signal)
      assert.is(code, 130, stderr)
      assert.match(stderr, 'Interrupted: no further step starts, and finished steps are undone.')
      assert.match(stderr, /vm\.web\[\d\]: create VM \d+ .*: task UPID:/)
      assert.match(stdout, 'Rolled back. The run was interrupted and all its changes were undone')
      assert.equal(workspace.simulator.dump(), before)
      assert.match((await workspace.run(['history'])).stdout, 'rolled back')
    }))

test('a second Ctrl-C leaves at once, and says what is left and what to run', () =>
  withWorkspace(
    async (workspace) => {
      const { simulator, run, write } = workspace
      simulator.faults.add({ kind: 'task-hangs', task: { type: 'qmclone' } })
      write('a.mpc.hcl', 'vm "web" {\n  node = "pve1"\n  clone = "debian-12"\n}\n')
      const left = await signalled(workspace, APPLY, 'create VM', 'SIGINT', 'SIGINT')
      assert.match(left.stderr, /Stopped at once: run p-\w+\.1 has not ended[\s\S]*task UPID:[\s\S]*mpc recover\n$/)
      const planned = await run(['plan'])
      assert.match(planned.stderr, 'was cut short')
      const recovered = await run(['recover'])
      assert.is(recovered.code, 6)
      assert.match(recovered.stdout, /still under way \(task UPID:/)
    },
    { speed: 20 },
  ))

test('a second apply hears first who is at work', () =>
  withHomelab(async (workspace) => {
    const { run, simulator } = workspace
    const first = run(APPLY)
    while (!simulator.requests.some(({ verb }) => verb === 'POST')) await new Promise((done) => setTimeout(done, 20))
    const seen = simulator.requests.length
    const second = await run(['apply', '--json'])
    assert.is(second.code, 1, second.all)
    assert.match(second.stdout, 'store.in-use')
    assert.match(
      second.stdout,
      /mpc apply.{1,3} has been running since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC as process \d+/,
    )
    assert.is((await run(['recover'])).code, 1)
    assert.match(
      (await run(['plan', '--no-refresh'])).stderr,
      'has been changing the cluster from this workspace since',
    )
    assert.ok(simulator.requests.length >= seen)
    assert.is((await first).code, 0)
  }, 1))

test.run()
