import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Result, type Workspace, withWorkspace } from '../cli/mpc.ts'
import { type Line, linesOf, problemsOf, schemaOf } from './published.ts'
import { whileSimulating } from './simulate.ts'
import { AFTER, BEFORE } from './story.ts'

const conforms = (
  name: 'plan' | 'event' | 'output',
  { stdout, all }: Pick<Result, 'stdout' | 'all'>,
): readonly Line[] => {
  const lines = linesOf(stdout)
  assert.ok(lines.length > 0, `nothing was printed\n${all}`)
  for (const line of lines) {
    // What is said of a plan is printed beside it, each line by its own schema.
    const own = name === 'plan' && line['type'] === 'diagnostic' ? 'diagnostic' : name
    assert.equal(problemsOf(own, line), [], JSON.stringify(line).slice(0, 2000))
  }
  return lines
}

const typesOf = (lines: readonly Line[]): ReadonlySet<unknown> => new Set(lines.map(({ type }) => type))

const done = (result: Result, code = 0): Result => {
  assert.is(result.code, code, result.all)
  return result
}

type Plan = {
  readonly id: string
  readonly steps: readonly { readonly action: string; readonly reversal: { readonly by: string } }[]
  readonly changes: readonly { readonly action: string }[]
}

const planIn = (lines: readonly Line[]): Plan => {
  const plan = lines.find(({ type }) => type === 'plan')
  assert.ok(plan, 'no plan was printed')
  return plan as unknown as Plan
}

const applyFirst = async ({ write, run }: Workspace): Promise<readonly Line[]> => {
  write('all.mpc.hcl', BEFORE)
  return conforms(
    'event',
    done(await run(['apply', '--auto-approve', '--json'], { env: { MPC_VAR_password: 'ein-wort' } })),
  )
}

const SECRET = { env: { MPC_VAR_password: 'anderes-wort' } }

test('a plan with every kind of step, change and reversal is as its schema says, printed, written and shown', () =>
  withWorkspace(async (workspace) => {
    const { run, write, folder } = workspace
    await applyFirst(workspace)
    write('all.mpc.hcl', AFTER)
    const planned = done(await run(['plan', '--refresh', '--json', '--out', 'plan.json'], SECRET))
    const plan = planIn(conforms('plan', planned))
    const written = readFileSync(join(folder, 'plan.json'), 'utf8')
    assert.equal(conforms('plan', { stdout: written, all: written }), [plan])
    assert.equal(conforms('plan', done(await run(['show', plan.id, '--json']))), [plan])

    const { $defs: defs } = schemaOf('plan')
    const choices = (name: string) => [...(defs[name]?.properties['action']?.enum ?? [])].sort()
    const seen = (words: readonly string[]) => [...new Set(words)].sort()
    assert.equal(seen(plan.steps.map(({ action }) => action)), choices('step'))
    assert.equal(seen(plan.changes.map(({ action }) => action)), choices('resourceChange'))
    assert.equal(
      seen(plan.steps.map(({ reversal }) => reversal.by)),
      defs['reversal']?.oneOf?.map(({ properties }) => properties['by']?.const).sort(),
    )
  }))

test('the lines of an apply, of one that fails and of a revert are as their schema says', () =>
  withWorkspace(async (workspace) => {
    const { run, write, simulator } = workspace
    const first = planIn(await applyFirst(workspace))
    write('all.mpc.hcl', AFTER)
    const apply = ['apply', '--auto-approve', '--allow-irreversible', '--json']
    const refused = conforms('event', done(await run(['apply', '--auto-approve', '--json'], SECRET), 6))
    assert.equal([...typesOf(refused)], ['diagnostic'])

    simulator.faults.add({ kind: 'task-fails', task: { type: 'qmmove' } })
    const failed = conforms('event', await run([...apply, '--parallelism', '1', '--target', 'vm.disks'], SECRET))
    const applied = conforms('event', done(await run(apply, SECRET)))
    const refusal = conforms('event', done(await run(['revert', first.id, '--auto-approve', '--json']), 6))
    assert.equal([...typesOf(refusal)], ['diagnostic'])
    write('more.mpc.hcl', 'vm "hung" {\n  node = "pve1"\n  clone = "debian-12"\n}\n')
    simulator.faults.add({ kind: 'task-hangs', task: { type: 'qmclone' } })
    const hung = await run([...apply, '--target', 'vm.hung'], { ...SECRET, interruptAt: 'task-started' })
    const suspended = conforms('event', done(hung, 4))
    const types = new Set([...typesOf(failed), ...typesOf(applied), ...typesOf(suspended)])
    const unseen = Object.keys(schemaOf('event').$defs).filter((type) => !types.has(type))
    assert.equal(unseen, [], 'every type of line has been seen')
  }))

test('a revert is told as an apply is', () =>
  withWorkspace(async ({ run, write }) => {
    write('a.mpc.hcl', 'vm "a" {\n  node = "pve1"\n  memory = 512\n}\n')
    const { id } = planIn(conforms('event', done(await run(['apply', '--auto-approve', '--json']))))
    const reverted = conforms('event', done(await run(['revert', id, '--auto-approve', '--json'])))
    assert.ok(typesOf(reverted).has('run-ended'))
    const history = conforms('output', done(await run(['history', '--json'])))
    assert.equal([...typesOf(history)].sort(), ['plan', 'revert', 'run'])
  }))

test('what the other commands print is as its schema says', () =>
  withWorkspace(
    async ({ run, write, simulator }) => {
      const seen = new Set<unknown>()
      const conform = (result: Result, code = 0) => {
        for (const type of typesOf(conforms('output', done(result, code)))) seen.add(type)
      }
      const pin = ['--fingerprint', simulator.fingerprint]
      conform(await run(['plan', '--json']), 1)
      conform(await run(['init', '--json', '--no-test', '--endpoint', simulator.url, ...pin]))
      conform(await run(['trust', '--json']))
      conform(await run(['recover', '--json']))
      conform(await run(['status', '--json']))
      simulator.faults.add({ kind: 'node-offline', node: 'pve3' })
      conform(await run(['sync', '--json']))
      conform(await run(['status', '--json']))
      write('a.mpc.hcl', 'vm "a" {\n node = "pve1"\n}\nvm "b" {\n  node = "pve1"\n  depends_on = [vm.a]\n}\n')
      conform(await run(['fmt', '--check', '--json']), 2)
      conform(await run(['fmt', '--diff', '--json']))
      conform(await run(['graph', '--json']))
      conform(await run(['eval', '--json', 'vm.a.node']))
      conform(await run(['eval', '--json', 'vm.a.digest']), 1)
      conform(await run(['validate', '--json']))
      write('b.mpc.hcl', 'vm "c" {\n  node = "pve1"\n  cores = 0\n  nam = "é"\n}\n')
      conform(await run(['validate', '--json']), 1)
      conform(await run(['plan', '--json']), 1)
      write('b.mpc.hcl', 'vm "c" {\n  node = "pve9"\n}\n')
      conform(await run(['plan', '--json']), 1)
      write('b.mpc.hcl', '')
      done(await run(['apply', '--auto-approve', '--quiet']))
      conform(await run(['export', '--format', 'terraform', '--json']))
      conform(await run(['history', '--json']))
      conform(await run(['audit', '--json']))
      conform(await run(['audit', '--verify', '--json']))
      conform(await run(['unlock', '--json']))
      const doctor = await run(['doctor', '--json'])
      conform(doctor, doctor.code)
      conform(await run(['import', '102', '103', '--auto-approve', '--json']))
      for (const what of ['guests', 'nodes', 'storages', 'networks', 'pools', 'tasks', 'snapshots', 'templates'])
        conform(await run(['list', what, '--json']))
      conform(await run(['list', 'vms', '--count', '--json']))
      for (const [kind, name] of ['vm 102', 'node pve1', 'storage local', 'pool prod'].map((line) => line.split(' ')))
        conform(await run(['describe', kind ?? '', name ?? '', '--json']))
      write('o.mpc.hcl', 'output "x" {\n  value = [1, "a"]\n}\n')
      conform(await run(['output', '--json']))
      conform(await run(['output', 'x', '--json']))
      conform(await run(['state', 'list', '--json']))
      conform(await run(['state', 'show', 'vm.git', '--json']))
      conform(await run(['state', 'forget', 'vm.git', '--auto-approve', '--json']))
      conform(await run(['state', 'bind', 'vm.git', '102', '--json']))
      const types = Object.values(schemaOf('output').$defs).flatMap(
        ({ properties: { type } }) => type?.enum ?? [type?.const],
      )
      assert.equal(
        types.filter((type) => !seen.has(type)),
        ['revert', 'ready'],
        'the rest is seen elsewhere',
      )
    },
    { setUp: false },
  ))

test('a simulator says that it is ready as its schema says', async () => {
  const main = join(process.cwd(), 'dist', 'main.js')
  for (const args of [[], ['--http']]) {
    const code = await whileSimulating(main, { cwd: process.cwd(), args }, async (ready) => {
      assert.is(ready['type'], 'ready')
      assert.equal(problemsOf('output', ready), [])
    })
    assert.is(code, 0)
  }
})

test.run()
