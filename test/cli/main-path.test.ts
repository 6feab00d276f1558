import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { FaultSpec } from '../../src/simulator/fault/fault.ts'
import { type Workspace, withoutKept, withWorkspace } from './mpc.ts'

const EXAMPLE = join(process.cwd(), 'examples', 'homelab', 'homelab.mpc.hcl')

const useExample = ({ folder }: Workspace): void => copyFileSync(EXAMPLE, join(folder, 'homelab.mpc.hcl'))

const planId = (text: string): string => /\bp-[a-z0-9]+/.exec(text)?.[0] ?? 'no plan id'

/** Everything a workspace holds, for finding values that must not be there. */
const bytesBelow = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n')

test('declare, sync, plan, apply, plan again is empty, revert, back where it began', () =>
  withWorkspace(async (workspace) => {
    useExample(workspace)
    const { run, simulator } = workspace
    const before = simulator.dump()

    const planned = await run(['plan', '--detailed-exitcode'])
    assert.is(planned.code, 2, planned.all)
    const id = planId(planned.stdout)

    const applied = await run(['apply', id, '--auto-approve'])
    assert.is(applied.code, 0, applied.all)
    assert.not.equal(simulator.dump(), before)

    const again = await run(['plan', '--detailed-exitcode'])
    assert.is(again.code, 0, again.all)
    assert.match(again.stdout, 'No changes.')

    const reverted = await run(['revert', id, '--auto-approve'])
    assert.is(reverted.code, 0, reverted.all)
    // A disk that was added is detached and kept, because there may be data on it by now.
    assert.equal(withoutKept(simulator.dump()), before)

    const history = await run(['history', '--json'])
    const types = history.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type)
    assert.equal(new Set(types), new Set(['plan', 'run', 'revert']))
  }))

test('reverting a revert is a redo', () =>
  withWorkspace(async (workspace) => {
    useExample(workspace)
    const { run, simulator } = workspace
    const id = planId((await run(['plan'])).stdout)
    assert.is((await run(['apply', id, '--auto-approve'])).code, 0)
    const names = () => Object.values(simulator.dump()).map((text) => /^(?:host)?name: .*$/m.exec(text)?.[0])
    const applied = names()
    const revert = await run(['revert', id, '--auto-approve', '--json'])
    assert.is(revert.code, 0, revert.all)
    const plan = revert.stdout.split('\n').find((line) => line.includes('"steps"'))
    const revertId = JSON.parse(plan ?? '{}').id
    const redo = await run(['revert', revertId, '--auto-approve'])
    assert.is(redo.code, 0, redo.all)
    assert.equal(names(), applied)
  }))

test('planning twice gives the same bytes, as text and as JSON', () =>
  withWorkspace(async (workspace) => {
    useExample(workspace)
    for (const args of [['plan'], ['plan', '--json']]) {
      const first = await workspace.run(args)
      const second = await workspace.run(args)
      assert.is(first.code, 0, first.all)
      assert.is(first.stdout, second.stdout)
    }
  }))

test('the same homelab in HCL and in YAML gives the same plan', () =>
  withWorkspace(async (workspace) => {
    useExample(workspace)
    const hcl = await workspace.run(['plan', '--json'])
    const yaml = join(process.cwd(), 'examples', 'homelab-yaml', 'homelab.mpc.yaml')
    mkdirSync(join(workspace.folder, 'y'))
    copyFileSync(yaml, join(workspace.folder, 'y', 'homelab.mpc.yaml'))
    const other = await workspace.run(['-C', 'y', 'plan', '--json'])
    assert.is(other.code, 0, other.all)
    assert.is(JSON.parse(other.stdout).fingerprint, JSON.parse(hcl.stdout).fingerprint)
  }))

const FAILURES = [
  { what: 'the third step', fault: { kind: 'task-fails', task: { type: 'qmconfig' } } },
  { what: 'the first clone half-way', fault: { kind: 'task-fails', task: { type: 'qmclone' }, step: 4 } },
  {
    what: 'the second clone',
    fault: { kind: 'task-fails', task: { type: 'qmclone' }, skip: 1, step: 3 },
  },
  { what: 'the last start', fault: { kind: 'task-fails', task: { type: 'qmstart' }, skip: 1 } },
  { what: 'a refused write', fault: { kind: 'http-error', status: 500, on: { method: 'PUT' } } },
  { what: 'a lost answer to a write', fault: { kind: 'reset-after', on: { method: 'PUT' } } },
] as const satisfies readonly { readonly what: string; readonly fault: FaultSpec }[]

for (const { what, fault } of FAILURES) {
  test(`when a plan fails at ${what}, it ends with 3 or 0 and the cluster is as before or as planned`, () =>
    withWorkspace(async (workspace) => {
      useExample(workspace)
      const { run, simulator } = workspace
      const before = simulator.dump()
      simulator.faults.add(fault)
      const result = await run(['apply', '--auto-approve', '--parallelism', '1'])
      // A lost answer is found again by asking the server: then nothing has failed.
      if (fault.kind === 'reset-after' && result.code === 0) {
        assert.is((await run(['plan', '--detailed-exitcode'])).code, 0)
        return
      }
      assert.is(result.code, 3, result.all)
      assert.equal(simulator.dump(), before)
      assert.match(result.stdout, 'Rolled back.')
    }))
}

test('a cluster that cannot be read after a run leaves the run as it ended, and warns (cli.state-behind)', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write('a.mpc.hcl', 'vm "one" {\n  node = "pve1"\n}\n')
    const planned = await run(['plan', '--json'])
    const id = JSON.parse(planned.stdout).id
    simulator.faults.add({
      kind: 'http-error',
      status: 403,
      reason: 'Permission check failed',
      on: { path: '/cluster/resources' },
      times: 0,
    })
    const applied = await run(['apply', id, '--auto-approve'])
    assert.is(applied.code, 0, applied.all)
    assert.match(applied.stderr, 'mpc sync')
    assert.match(applied.stderr, 'cli.state-behind')
  }))

test('apply asks, and only yes is yes', () =>
  withWorkspace(async (workspace) => {
    useExample(workspace)
    const { run, simulator } = workspace
    const before = simulator.dump()
    for (const input of ['y\n', 'no\n', '']) {
      const result = await run(['apply'], { input })
      assert.is(result.code, 6, result.all)
      assert.equal(simulator.dump(), before)
    }
    const yes = await run(['apply'], { input: 'yes\n' })
    assert.is(yes.code, 0, yes.all)
  }))

test('no secret is in any output, file or database', () =>
  withWorkspace(async (workspace) => {
    const { run, simulator, write, folder } = workspace
    const password = 'correct-horse-battery-7431'
    const tokenSecret = simulator.token.split('=')[1] ?? ''
    write(
      'secret.mpc.hcl',
      `variable "pw" {\n  type = string\n  sensitive = true\n}\nvm "vault" {\n  node = "pve1"\n  clone = "debian-12"\n  cipassword = var.pw\n  ciuser = "admin"\n}\noutput "leak" {\n  value = var.pw\n  sensitive = true\n}\n`,
    )
    const env = { MPC_VAR_pw: password }
    const all: string[] = []
    for (const args of [
      ['plan'],
      ['plan', '--json', '--out', 'plan.json'],
      ['apply', '--auto-approve'],
      ['apply', '--auto-approve', '--json'],
      ['plan', '--debug'],
      ['history'],
      ['status', '--debug'],
    ]) {
      const result = await run(args, { env })
      assert.is(result.code, 0, result.all)
      all.push(result.all)
    }
    const sent = simulator.requests.some(({ params }) => params['cipassword'] === password)
    assert.ok(sent, 'the password reached the server')
    for (const text of [...all, bytesBelow(folder)]) {
      assert.not.ok(text.includes(password), 'the password leaked')
      assert.not.ok(text.includes(tokenSecret), 'the token leaked')
    }
  }))

test('a saved plan is not carried out with another secret than it was made with', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write(
      'a.mpc.hcl',
      'variable "pw" {\n  sensitive = true\n}\nvm "sec" {\n  node = "pve1"\n  clone = "debian-12"\n  cipassword = var.pw\n}\n',
    )
    const planned = await run(['plan'], { env: { MPC_VAR_pw: 'first-word' } })
    const id = String(/p-\w+/.exec(planned.stdout)?.[0])
    const before = simulator.dump()
    const sent = () => simulator.requests.filter(({ verb }) => verb !== 'GET').length
    const count = sent()
    const other = await run(['apply', id, '--auto-approve'], { env: { MPC_VAR_pw: 'second-word' } })
    assert.is(other.code, 5, other.all)
    assert.match(other.stderr, 'The value of vm.sec#cipassword is not the one the plan was made with')
    assert.is(sent(), count)
    assert.equal(simulator.dump(), before)
    const same = await run(['apply', id, '--auto-approve'], { env: { MPC_VAR_pw: 'first-word' } })
    assert.is(same.code, 0, same.all)
  }))

test('a secret that stands in a description is kept nowhere by value, and no undo pretends to know it', () =>
  withWorkspace(async ({ run, write, folder, simulator }) => {
    const declare = (description: string) =>
      `variable "pw" {\n  sensitive = true\n}\nvm "one" {\n  node = "pve1"\n  description = ${description}\n}\noutput "built" {\n  value = "x-\${var.pw}"\n  sensitive = true\n}\n`
    const words = ['erstes-geheimnis', 'zweites-geheimnis']
    const outputs: string[] = []
    const go = async (word: number, args: readonly string[], code = 0) => {
      const result = await run(args, { env: { MPC_VAR_pw: words[word] ?? '' } })
      assert.is(result.code, code, result.all)
      outputs.push(result.all)
      return result
    }
    write('a.mpc.hcl', declare('format("login: %s", var.pw)'))
    await go(0, ['plan', '--json', '--out', 'one.json'])
    await go(0, ['apply', '--auto-approve', '--json'])
    assert.ok(JSON.stringify(simulator.dump()).includes(`login: ${words[0]}`), 'the server has it')
    await go(0, ['plan', '--detailed-exitcode'])
    const other = await go(1, ['plan'])
    assert.match(other.stdout, 'description = (sensitive) -> (sensitive)')
    assert.match(other.stdout, 'CANNOT BE UNDONE: the previous description is secret and not kept')
    await go(1, ['plan', '--json', '--out', 'two.json'])
    await go(1, ['apply', '--auto-approve'], 6)
    await go(1, ['apply', '--auto-approve', '--allow-irreversible'])
    write('a.mpc.hcl', declare('"plain"'))
    assert.match((await go(1, ['plan'])).stdout, 'CANNOT BE UNDONE: the previous description is secret and not kept')
    await go(1, ['apply', '--auto-approve', '--allow-irreversible', '--json'])
    await go(1, ['history'])
    for (const text of [...outputs, bytesBelow(folder)])
      for (const word of words) assert.not.ok(text.includes(word), 'a secret leaked')
  }))

test.run()
