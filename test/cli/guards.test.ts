import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { simulatorClient } from '../proxmox/connect.ts'
import { type Workspace, withWorkspace } from './mpc.ts'

type Params = Readonly<Record<string, string>>

/** Does something on the server behind mpc's back, as an administrator does. */
const ask = async ({ simulator }: Workspace, method: 'POST' | 'PUT', path: string, params: Params): Promise<void> => {
  const client = simulatorClient(simulator)
  const answer = await client.send({ method, path, params })
  client.close()
  assert.is(answer.kind, 'answered', `${path}: ${JSON.stringify(answer)}`)
}

const writes = ({ simulator }: Workspace) => simulator.requests.filter(({ verb }) => verb !== 'GET').length

const isRefused = async (workspace: Workspace, ...phrases: readonly (string | RegExp)[]): Promise<void> => {
  const sent = writes(workspace)
  const before = workspace.simulator.dump()
  const refused = await workspace.run(['apply', '--auto-approve'])
  assert.is(refused.code, 6, refused.all)
  for (const phrase of phrases) assert.match(refused.stderr, phrase)
  assert.is(writes(workspace), sent)
  assert.equal(workspace.simulator.dump(), before)
}

const DB = 'import {\n  to = vm.db\n  id = "pve1/101"\n}\n'

test('a guest of high availability is not stopped, until the manager leaves it alone; then it can be undone too', () =>
  withWorkspace(async (workspace) => {
    const { run, write, simulator } = workspace
    await ask(workspace, 'POST', '/cluster/ha/resources', { sid: 'vm:101', state: 'started' })
    write('a.mpc.hcl', `${DB}vm "db" {\n  node = "pve1"\n  power = "stopped"\n}\n`)
    await isRefused(workspace, 'plan.ha-managed', 'ha-manager set vm:101 --state ignored')
    await ask(workspace, 'PUT', '/cluster/ha/resources/vm:101', { state: 'ignored' })
    const before = simulator.dump()
    const applied = await run(['apply', '--auto-approve'])
    assert.is(applied.code, 0, applied.all)
    const id = /\bp-[a-z0-9]+/.exec(applied.stdout)?.[0] ?? ''
    await ask(workspace, 'PUT', '/cluster/ha/resources/vm:101', { state: 'stopped' })
    assert.is((await run(['sync'])).code, 0)
    const held = await run(['revert', id, '--auto-approve'])
    assert.is(held.code, 6, held.all)
    assert.match(held.stderr, 'High availability manages VM 101')
    await ask(workspace, 'PUT', '/cluster/ha/resources/vm:101', { state: 'ignored' })
    assert.is((await run(['sync'])).code, 0)
    const reverted = await run(['revert', id, '--auto-approve'])
    assert.is(reverted.code, 0, reverted.all)
    assert.equal(simulator.dump(), before)
  }))

test('a guest that is replicated is not stopped for a destroy the server refuses', () =>
  withWorkspace(async (workspace) => {
    const { run, write } = workspace
    write('a.mpc.hcl', `${DB}vm "db" {\n  node = "pve1"\n}\n`)
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    await ask(workspace, 'POST', '/cluster/replication', { id: '101-0', type: 'local', target: 'pve2' })
    write('a.mpc.hcl', '')
    await isRefused(workspace, 'plan.replicated', 'pvesr delete 101-0')
  }))

test.run()
