import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { signalled } from './kill.ts'
import { type Workspace, withWorkspace } from './mpc.ts'

const EXAMPLE = join(process.cwd(), 'examples', 'homelab', 'homelab.mpc.hcl')
const writes = ({ simulator }: Workspace) => simulator.requests.filter(({ verb }) => verb !== 'GET').length

/** A workspace in which an apply was killed while it cloned. */
const withKilledApply = (work: (workspace: Workspace, before: unknown) => Promise<void>): Promise<void> =>
  withWorkspace(
    async (workspace) => {
      copyFileSync(EXAMPLE, join(workspace.folder, 'homelab.mpc.hcl'))
      const before = workspace.simulator.dump()
      await signalled(workspace, ['apply', '--auto-approve'], 'creating a clone of VM 9000', 'SIGKILL')
      await work(workspace, before)
    },
    { speed: 20 },
  )

test('commands that read say first that a run was cut short, and change nothing', () =>
  withKilledApply(async (workspace) => {
    const { run } = workspace
    const sent = writes(workspace)
    for (const args of [['sync'], ['plan'], ['plan', '--no-refresh'], ['status'], ['history'], ['show']]) {
      const result = await run(args)
      assert.is(result.code, 0, result.all)
      assert.match(result.stderr, /Run p-\w+\.1 was cut short.*never ended[\s\S]*mpc recover/)
      assert.ok(result.all.indexOf('cut short') < 120, `said first by ${args[0]}`)
      assert.not.match(result.all, 'outside of mpc')
    }
    assert.is(writes(workspace), sent)
  }))

test('without a terminal nothing is recovered unless a flag says how', () =>
  withKilledApply(async (workspace, before) => {
    const { run, simulator } = workspace
    const sent = writes(workspace)
    for (const args of [['recover'], ['apply'], ['recover', '--json']]) {
      const refused = await run(args)
      assert.is(refused.code, 6, refused.all)
      assert.match(refused.all, 'mpc recover --undo   or   mpc recover --finish')
    }
    assert.match((await run(['recover', '--json'])).stdout, 'cli.recovery-undecided')
    assert.is((await run(['recover', '--undo', '--finish'])).code, 64)
    const unknown = await run(['recover', 'p-none', '--undo', '--json'])
    assert.is(unknown.code, 1)
    assert.match(unknown.stdout, 'cli.no-such-run')
    assert.is(writes(workspace), sent)
    const undone = await run(['recover', '--undo'])
    assert.is(undone.code, 0, undone.all)
    assert.match(undone.stdout, /Its steps:\n\s+- /)
    assert.match(
      undone.stdout,
      /Undone\. Run p-\w+\.1 was cut short, and all its changes were undone: the cluster is as it was before\./,
    )
    assert.equal(simulator.dump(), before)
    const nothing = await run(['recover'])
    assert.is(nothing.code, 0)
    assert.match(nothing.stdout, 'Nothing to recover')
  }))

test('--auto-approve undoes the run before it applies', () =>
  withKilledApply(async ({ run }) => {
    const applied = await run(['apply', '--auto-approve'])
    assert.is(applied.code, 0, applied.all)
    assert.match(applied.stdout, /Undone\.[\s\S]*Applied\./)
    assert.is((await run(['plan', '--detailed-exitcode'])).code, 0)
  }))

test('a run is not finished with another secret than it was begun with, and undone without any', () =>
  withWorkspace(
    async (workspace) => {
      workspace.write(
        'a.mpc.hcl',
        'variable "pw" {\n  sensitive = true\n}\nvm "sec" {\n  node = "pve1"\n  clone = "debian-12"\n  cipassword = var.pw\n}\n',
      )
      const before = workspace.simulator.dump()
      const began = { ...workspace, env: { ...workspace.env, MPC_VAR_pw: 'first-word' } }
      await signalled(began, ['apply', '--auto-approve'], 'creating a clone of VM 9000', 'SIGKILL')
      const sent = writes(workspace)
      const other = await workspace.run(['recover', '--finish'], { env: { MPC_VAR_pw: 'second-word' } })
      assert.is(other.code, 5, other.all)
      assert.match(other.stderr, /vm\.sec#cipassword is not the one the plan was made with[\s\S]*mpc recover --undo/)
      assert.is(writes(workspace), sent)
      const undone = await workspace.run(['recover', '--undo'])
      assert.is(undone.code, 0, undone.all)
      assert.equal(workspace.simulator.dump(), before)
    },
    { speed: 20 },
  ))

test('a run is finished where that is asked for', () =>
  withKilledApply(async ({ run }) => {
    const finished = await run(['recover', '--finish'])
    assert.is(finished.code, 0, finished.all)
    const planned = await run(['plan', '--detailed-exitcode'])
    assert.is(planned.code, 0, planned.all)
  }))

test.run()
