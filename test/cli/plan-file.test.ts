import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Plan, Step } from '../../src/plan/plan.ts'
import { type PlanJson, planJson, planOfJson } from '../../src/render/plan-json.ts'
import { simulatorClient } from '../proxmox/connect.ts'
import { mpc, type Result, type Workspace, withWorkspace } from './mpc.ts'

const SECRET = 'hunter2-correct-horse'

const vm = (name: string, vmid: number, more: string): string =>
  `vm "${name}" {\n  node = "pve1"\n  vmid = ${vmid}\n  memory = 512\n${more}}\n`

const FIRST = vm('shop', 700, '  cores = 1\n') + vm('till', 701, '  cores = 1\n')
const PASSWORD = `variable "password" {\n  sensitive = true\n}\noutput "given" {\n  value = var.password\n  sensitive = true\n}\n`

interface Elsewhere {
  readonly folder: string
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Result>
}

/** A second folder for the same cluster, with the same declarations; `state`: with what the first one knows. */
const elsewhere = async (
  { folder: first, env, simulator, guarded }: Workspace,
  { state }: { readonly state: boolean },
  work: (other: Elsewhere) => Promise<void>,
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'mpc-other-'))
  const run: Elsewhere['run'] = (args, more = {}) =>
    guarded(args, () => mpc(args, { cwd: folder, env: { ...env, HOME: folder, ...more } }))
  try {
    const ready = await run(['init', '--endpoint', simulator.url, '--fingerprint', simulator.fingerprint])
    assert.is(ready.code, 0, ready.all)
    cpSync(join(first, 'a.mpc.hcl'), join(folder, 'a.mpc.hcl'))
    if (state)
      for (const name of ['state.db', 'fingerprint.key'])
        if (existsSync(join(first, '.proxmox', name)))
          cpSync(join(first, '.proxmox', name), join(folder, '.proxmox', name))
    await work({ folder, run })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const planned = async (
  { run, folder }: Workspace,
  env: Readonly<Record<string, string>> = {},
  more: readonly string[] = [],
) => {
  const file = join(folder, 'plan.json')
  const result = await run(['plan', '--out', 'plan.json', ...more], { env })
  assert.is(result.code, 0, result.all)
  return { file, text: readFileSync(file, 'utf8') }
}

const set = async ({ run, write }: Workspace, text: string) => {
  write('a.mpc.hcl', text)
  const { code, all } = await run(['apply', '--auto-approve'])
  assert.is(code, 0, all)
}

test('a plan made in one folder is applied in another one, with the secrets of that place', () =>
  withWorkspace(async (workspace) => {
    const { write, simulator, run } = workspace
    write('a.mpc.hcl', PASSWORD + vm('shop', 700, '  cipassword = var.password\n'))
    const env = { MPC_VAR_password: SECRET }
    const { file, text } = await planned(workspace, env)
    assert.not.ok(text.includes(SECRET))
    await elsewhere(workspace, { state: false }, async (other) => {
      const without = await other.run(['apply', file, '--auto-approve'])
      assert.is(without.code, 1, without.all)
      const { fingerprint } = JSON.parse(text)
      const applied = await other.run(['apply', file, '--auto-approve', '--approved', fingerprint], env)
      assert.is(applied.code, 0, applied.all)
      assert.match(simulator.dump()['qemu/700'] ?? '', 'memory: 512')
      const again = await other.run(['apply', file, '--auto-approve'], env)
      assert.is(again.code, 5, again.all)
      assert.not.ok([without, applied, again].some(({ all }) => all.includes(SECRET)))
    })
    assert.is((await run(['apply', file, '--auto-approve'], { env })).code, 1, 'VMID 700 is a stranger here')
  }))

test('the value of a secret has to be the one the plan was made with, where the same key tells', () =>
  withWorkspace(async (workspace) => {
    workspace.write('a.mpc.hcl', PASSWORD + vm('shop', 700, '  cipassword = var.password\n'))
    await planned(workspace, { MPC_VAR_password: SECRET })
    const args = ['apply', 'plan.json', '--auto-approve']
    const other = await workspace.run(args, { env: { MPC_VAR_password: 'another' } })
    assert.is(other.code, 6, other.all)
    const same = await workspace.run(args, { env: { MPC_VAR_password: SECRET } })
    assert.is(same.code, 0, same.all)
  }))

test('a file of which one byte is another is refused, wherever it stands', () =>
  withWorkspace(async (workspace) => {
    await set(workspace, FIRST)
    workspace.write('a.mpc.hcl', FIRST.replace('cores = 1', 'cores = 2'))
    const { text } = await planned(workspace, {}, ['--target', 'vm.shop'])
    const before = workspace.simulator.dump()
    const edits = [
      ' '.concat(text),
      text.replace('{', '{ '),
      text.replace('"type":"plan"', '"type":"plan","type":"plan"'),
    ]
    for (const part of [
      '"cores=',
      '"after":2',
      '"digest":"',
      '"vmid":700',
      '"steps":',
      '"unchanged":',
      '"targets":["vm.s',
      '"path":"/nodes/pve',
      '"update":',
    ])
      if (text.includes(part)) {
        const at = text.indexOf(part) + part.length - 1
        const next = String.fromCharCode((text.charCodeAt(at) ^ 1) & 0x7f)
        edits.push(text.slice(0, at) + next + text.slice(at + 1))
      }
    assert.ok(edits.length > 8, `${edits.length}`)
    for (const edited of edits) {
      workspace.write('edited.json', edited)
      const { code, all } = await workspace.run(['apply', 'edited.json', '--auto-approve', '--json'])
      assert.is(code, 1, all)
      assert.match(all, 'cli.bad-plan-file')
    }
    assert.equal(workspace.simulator.dump(), before)
    assert.is((await workspace.run(['apply', 'plan.json', '--auto-approve'])).code, 0)
  }))

/** The file as somebody would write it who knows how fingerprints are made. */
const forged = (text: string, change: (plan: Plan) => Plan): string =>
  JSON.stringify(planJson(planOfJson(planJson(change(planOfJson(JSON.parse(text)))) as PlanJson)))

const onSteps =
  (change: (step: Step) => unknown) =>
  (plan: Plan): Plan => ({
    ...plan,
    steps: plan.steps.map((step) => change(step) as Step),
  })

const onRequests = (change: (request: Step['requests'][number]) => unknown) =>
  onSteps((step) => ({ ...step, requests: step.requests.map(change) }))

const FORGERIES: Readonly<Record<string, (plan: Plan) => Plan>> = {
  'another VMID': (plan) => JSON.parse(JSON.stringify(plan).replaceAll('700', '701')),
  'another path': onRequests((request) => ({ ...request, path: request.path.replace('700', '104') })),
  'a path out of the guest': onRequests((request) => ({ ...request, path: '/access/users/root@pam' })),
  'a DELETE in an update': onRequests(({ path }) => ({ method: 'DELETE', path: path.replace('/config', '') })),
  'one request more': onSteps((step) => ({
    ...step,
    requests: [...step.requests, { method: 'DELETE', path: '/nodes/pve1/qemu/701', params: { purge: true } }],
  })),
  'a parameter more': onRequests((request) => ({ ...request, params: { ...request.params, delete: 'net0' } })),
  'a reversal that does nothing': onSteps((step) => ({
    ...step,
    reversal: { by: 'requests', requests: [], note: 'set it back' },
  })),
  'a reversal that destroys': onSteps((step) => ({
    ...step,
    reversal: { by: 'requests', requests: [{ method: 'DELETE', path: '/nodes/pve1/qemu/701' }] },
  })),
  'a digest of another guest': onSteps((step) => ({ ...step, expects: { ...step.expects, digest: 'd'.repeat(40) } })),
  'nothing expected': onSteps(({ expects, ...step }) => step),
  'no digest sent': onRequests(({ digest, ...request }) => request),
  'a harmless mark': onSteps((step) => ({ ...step, disruption: 'none', optional: true })),
  'a nicer summary': onSteps((step) => ({ ...step, summary: 'do nothing' })),
  'another binding': onSteps(({ binding, ...step }) => step),
  'a change hidden': (plan) => ({ ...plan, changes: [] }),
  'another cluster': (plan) => ({ ...plan, cluster: 'other' }),
  'more asked': (plan) => ({ ...plan, asked: { destroy: true } }),
}

/** What claims to be managed and is not. */
const OTHER_STATE = new Set(['another VMID'])

/** What looks as if somebody else had changed the guest. */
const STALE = new Set(['a digest of another guest', 'nothing expected'])

test('a file that was edited and given a fingerprint again is refused: nothing in it is believed', () =>
  withWorkspace(async (workspace) => {
    await set(workspace, FIRST)
    workspace.write('a.mpc.hcl', FIRST.replace('cores = 1', 'cores = 2'))
    const { text } = await planned(workspace)
    const { fingerprint } = JSON.parse(text)
    const before = workspace.simulator.dump()
    for (const [name, change] of Object.entries(FORGERIES)) {
      const edited = forged(text, change)
      assert.is.not(JSON.parse(edited).fingerprint, fingerprint, name)
      workspace.write('forged.json', edited)
      const { code, all } = await workspace.run([
        'apply',
        'forged.json',
        '--auto-approve',
        '--allow-irreversible',
        '--json',
      ])
      assert.is(code, STALE.has(name) ? 5 : 6, `${name}: ${all}`)
      assert.match(
        all,
        STALE.has(name) ? 'apply.stale-plan' : OTHER_STATE.has(name) ? 'cli.other-state' : 'cli.foreign-plan',
        name,
      )
      assert.equal(workspace.simulator.dump(), before, name)
    }
    for (const approved of [fingerprint, 'plan.json']) {
      const { code, all } = await workspace.run([
        'apply',
        'forged.json',
        '--auto-approve',
        '--json',
        '--approved',
        approved,
      ])
      assert.is(code, 6, all)
      assert.match(all, 'cli.not-approved')
    }
  }))

/** What somebody else sets. */
const elseDoes = async (
  simulator: Workspace['simulator'],
  vmid: number,
  params: Readonly<Record<string, string | number>>,
) => {
  const client = await simulatorClient(simulator)
  const answer = await client.send({ method: 'PUT', path: `/nodes/pve1/qemu/${vmid}/config`, params })
  assert.is(answer.kind, 'answered')
  client.close()
}

test('what changed of a guest of the plan makes it stale; what changed of others does not', () =>
  withWorkspace(async (workspace) => {
    const { run, write, simulator } = workspace
    await set(workspace, FIRST)
    write('a.mpc.hcl', FIRST.replace('cores = 1', 'cores = 2'))
    await planned(workspace)
    await elseDoes(simulator, 701, { cores: 3 })
    const others = await run(['apply', 'plan.json', '--auto-approve'])
    assert.is(others.code, 0, others.all)
    assert.match(simulator.dump()['qemu/701'] ?? '', 'cores: 3')
    write('a.mpc.hcl', FIRST.replace('cores = 1', 'cores = 4'))
    await planned(workspace)
    await elseDoes(simulator, 700, { description: 'somebody was here' })
    const stale = await run(['apply', 'plan.json', '--auto-approve'])
    assert.is(stale.code, 5, stale.all)
    assert.match(stale.all, '`vm.shop`: 700 is not as it was when the plan was made')
  }))

test('guests that are managed where the plan was made have to be managed here', () =>
  withWorkspace(async (workspace) => {
    await set(workspace, FIRST)
    workspace.write('a.mpc.hcl', FIRST.replace('cores = 1', 'cores = 2'))
    const { file } = await planned(workspace)
    await elsewhere(workspace, { state: false }, async ({ run }) => {
      const { code, all } = await run(['apply', file, '--auto-approve', '--json'])
      assert.is(code, 6, all)
      assert.match(all, 'cli.other-state')
      assert.match(all, '`vm.shop` (guest/700)')
    })
    await elsewhere(workspace, { state: true }, async ({ run }) => {
      const { code, all } = await run(['apply', file, '--auto-approve', '--approved', file])
      assert.is(code, 0, all)
    })
    assert.match(workspace.simulator.dump()['qemu/700'] ?? '', 'cores: 2')
  }))

test('what a plan was allowed where it was made has to be allowed again where it is applied', () =>
  withWorkspace(async (workspace) => {
    const { run } = workspace
    await set(workspace, FIRST + vm('desk', 702, ''))
    await planned(workspace, {}, ['--destroy'])
    const args = ['apply', 'plan.json', '--auto-approve']
    const refused = await run(args)
    assert.is(refused.code, 6, refused.all)
    assert.match(refused.all, 'Most of what is managed would be destroyed')
    assert.is((await run([...args, '--target', 'vm.shop'])).code, 64)
    const allowed = await run([...args, '--allow-destroy'])
    assert.is(allowed.code, 0, allowed.all)
  }))

test('only the approved plan is applied, by id and planned on the spot too', () =>
  withWorkspace(async (workspace) => {
    const { run, write, simulator } = workspace
    write('a.mpc.hcl', FIRST)
    const { text } = await planned(workspace)
    const { id, fingerprint } = JSON.parse(text)
    const before = simulator.dump()
    for (const plan of [[], [id], ['plan.json']]) {
      const { code, all } = await run(['apply', ...plan, '--auto-approve', '--approved', 'a'.repeat(64)])
      assert.is(code, 6, all)
    }
    assert.is((await run(['apply', '--approved', id])).code, 64)
    assert.is((await run(['apply', 'missing.json'])).code, 1)
    assert.equal(simulator.dump(), before)
    assert.is((await run(['apply', '--auto-approve', '--approved', fingerprint])).code, 0)
  }))

test('a plan that plan and show print as JSON is the file as well', () =>
  withWorkspace(async ({ run, write, folder }) => {
    write('a.mpc.hcl', FIRST)
    const { stdout } = await run(['plan', '--json'])
    writeFileSync(join(folder, 'plan.json'), stdout)
    assert.is((await run(['apply', 'plan.json', '--auto-approve'])).code, 0)
  }))

test.run()
