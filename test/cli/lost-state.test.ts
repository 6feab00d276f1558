import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Workspace, withWorkspace } from './mpc.ts'

const EXAMPLE = join(process.cwd(), 'examples', 'homelab', 'homelab.mpc.hcl')

/** A workspace that manages the example, with everything applied. */
const managed = async ({ folder, run }: Workspace): Promise<void> => {
  copyFileSync(EXAMPLE, join(folder, 'homelab.mpc.hcl'))
  const applied = await run(['apply', '--auto-approve'])
  assert.is(applied.code, 0, applied.all)
}

const loseState = ({ folder }: Workspace): void => {
  const hidden = join(folder, '.proxmox')
  for (const name of readdirSync(hidden)) if (name !== 'config.yml') rmSync(join(hidden, name), { recursive: true })
}

const writes = ({ simulator }: Workspace) => simulator.requests.filter(({ verb }) => verb !== 'GET').length

test('without its state mpc makes nothing twice, and the blocks it shows bind everything again', () =>
  withWorkspace(async (workspace) => {
    const { run, simulator, folder } = workspace
    await managed(workspace)
    const before = simulator.dump()
    loseState(workspace)
    const sent = writes(workspace)
    assert.is((await run(['sync'])).code, 0)

    for (const args of [['plan'], ['apply', '--auto-approve']]) {
      const refused = await run(args)
      assert.is(refused.code, 6, refused.all)
      assert.match(refused.stderr, /plan\.name-taken/)
      assert.match(refused.stderr, /--allow-duplicate-names/)
    }
    assert.is(writes(workspace), sent)
    assert.equal(simulator.dump(), before)

    const machine = await run(['plan', '--json'])
    const hints = machine.stdout
      .trim()
      .split('\n')
      .flatMap((line) => JSON.parse(line).hint ?? [])
    writeFileSync(join(folder, 'imports.mpc.hcl'), `${hints.join('\n')}\n`)
    const bound = await run(['apply', '--auto-approve'])
    assert.is(bound.code, 0, bound.all)
    assert.is(writes(workspace), sent, bound.all)
    const again = await run(['plan', '--detailed-exitcode'])
    assert.is(again.code, 0, again.all)
    assert.equal(simulator.dump(), before)
  }))

test('namesakes are made where that is asked for', () =>
  withWorkspace(async (workspace) => {
    const { run, write } = workspace
    write('a.mpc.hcl', 'vm "twin" {\n  node = "pve1"\n}\n')
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    loseState(workspace)
    assert.is((await run(['sync'])).code, 0)
    assert.is((await run(['plan'])).code, 6)
    const made = await run(['apply', '--auto-approve', '--allow-duplicate-names'])
    assert.is(made.code, 0, made.all)
  }))

test('a damaged state is told with the commands that mend it, also when the damage shows late', () =>
  withWorkspace(async (workspace) => {
    const { run, folder } = workspace
    await managed(workspace)
    assert.is((await run(['sync'])).code, 0)
    const state = join(folder, '.proxmox', 'state.db')
    const whole = readFileSync(state)
    const spoil: readonly (() => void)[] = [
      () => writeFileSync(state, 'no database'.repeat(1000)),
      () => truncateSync(state, whole.length / 2),
      () =>
        writeFileSync(
          state,
          whole.map((byte, at) => (at < 4096 ? byte : byte ^ 0xff)),
        ),
    ]
    for (const damage of spoil) {
      damage()
      const told = await run(['plan'])
      assert.is(told.code, 1, told.all)
      assert.match(told.stderr, /store\.damaged/)
      assert.match(told.stderr, /import/)
      assert.match(told.stderr, /cp \S+state-\S+\.db \S+state\.db\n/)
      assert.match(told.stderr, /rm -f \S+-wal \S+-shm/)
      writeFileSync(state, whole)
    }
  }))

test.run()
