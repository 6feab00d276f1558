import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nodeIo } from '../../src/io/node-io.ts'
import { openStore } from '../../src/store/open-store.ts'
import { leaseOf, realClock } from '../apply/connection.ts'
import { enginePlan } from '../apply/engine-bench.ts'
import { mpc, type Result, type Workspace, withWorkspace } from '../cli/mpc.ts'
import { linesOf } from './published.ts'

/** The codes a command told with --json, in order. */
const codesOf = ({ stdout }: Result, wanted: 'error' | 'warning' = 'error'): readonly unknown[] =>
  linesOf(stdout)
    .filter(({ type, severity }) => type === 'diagnostic' && severity === wanted)
    .map(({ code }) => code)

const raises = (result: Result, code: string, exit = 1): void => {
  assert.equal(codesOf(result), [code], result.all)
  assert.is(result.code, exit, result.all)
}

const SMALL = 'vm "small" {\n  node = "pve1"\n  memory = 512\n}\n'

test('what a new workspace cannot do yet is told', () =>
  withWorkspace(
    async ({ run, write, simulator }) => {
      write('a.mpc.hcl', SMALL)
      const pin = ['--fingerprint', simulator.fingerprint]
      assert.is((await run(['init', '--no-test', '--endpoint', simulator.url, ...pin])).code, 0)
      raises(await run(['plan', '--no-refresh', '--json']), 'cli.not-synced')
      raises(await run(['show', '--json']), 'cli.no-such-plan')
      assert.is((await run(['sync'])).code, 0)
      raises(await run(['export', '--format', 'terraform', '--json']), 'cli.nothing-to-export')
      raises(await run(['show', 'p-none', '--json']), 'store.unknown-plan')
    },
    { setUp: false },
  ))

test('an apply that nobody can approve, and one that cannot be undone, are refused', () =>
  withWorkspace(async ({ run, write }) => {
    write('a.mpc.hcl', SMALL)
    raises(await run(['apply', '--json']), 'cli.needs-approval', 6)
    write(
      'a.mpc.hcl',
      'import {\n  to = vm.box\n  id = "107"\n}\nvm "box" {\n  node = "pve3"\n  disk "scsi0" {\n    size = "51G"\n  }\n  lifecycle {\n    snapshot = "never"\n  }\n}\n',
    )
    raises(await run(['apply', '--auto-approve', '--json']), 'cli.irreversible-steps', 6)
  }))

const planWithSecret = async ({ run, write }: Workspace): Promise<string> => {
  write('a.mpc.hcl', `variable "pw" {\n  sensitive = true\n}\n${SMALL.replace('}', '  cipassword = var.pw\n}')}`)
  const [plan] = linesOf((await run(['plan', '--json'], { env: { MPC_VAR_pw: 'ein-wort' } })).stdout)
  return String(plan?.['id'])
}

test('a plan whose secret is declared no more is not applied', () =>
  withWorkspace(async (workspace) => {
    const id = await planWithSecret(workspace)
    workspace.write('a.mpc.hcl', SMALL)
    raises(await workspace.run(['apply', id, '--auto-approve', '--json']), 'cli.missing-secret')
  }))

test('an export does not overwrite what is there', () =>
  withWorkspace(async ({ run, write }) => {
    write('a.mpc.hcl', SMALL)
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    assert.is((await run(['export', '--format', 'ansible', '--quiet'])).code, 0)
    raises(await run(['export', '--format', 'ansible', '--json']), 'cli.file-exists')
  }))

test('a plan made while another mpc is at work, or after one was cut short, says so', () =>
  withWorkspace(async ({ run, write, folder }) => {
    write('a.mpc.hcl', SMALL)
    const store = await openStore(join(folder, '.proxmox', 'state.db'), { clock: realClock, holder: nodeIo().self })
    try {
      const lease = await leaseOf(store)
      const plan = enginePlan(1, 0)
      const started = {
        id: `${plan.id}.1`,
        plan: plan.id,
        status: 'running',
        startedAt: '2026-01-01T00:00:00Z',
      } as const
      await store.journal(lease).begin(started, plan)
      const during = await run(['plan', '--json'])
      assert.equal(codesOf(during, 'warning'), ['cli.run-under-way'], during.all)
      await lease.release()
    } finally {
      await store.close()
    }
    const after = await run(['plan', '--json'])
    assert.equal(codesOf(after, 'warning'), ['cli.unfinished-run'], after.all)
    assert.is(after.code, 0)
  }))

test('settings that are no YAML are shown with their line', () =>
  withWorkspace(async ({ run, folder }) => {
    const file = join(folder, '.proxmox', 'config.yml')
    writeFileSync(file, `${readFileSync(file, 'utf8')}\ndefaults: [\n`)
    const result = await run(['plan', '--json'])
    assert.ok(codesOf(result).includes('project.invalid-yaml'), result.all)
    assert.is(result.code, 1)
  }))

test('a simulator that cannot start says why', async () =>
  withWorkspace(
    async ({ run, write }) => {
      raises(await run(['simulate', '--json', '--from', 'none.yaml']), 'cli.no-such-file')
      for (const text of ['nodes: 3\n', '', 'nodes: [a\n b: c: d', 'nodes: *none\n']) {
        write('odd.yaml', text)
        raises(await run(['simulate', '--json', '--from', 'odd.yaml']), 'cli.bad-cluster-file')
      }
      const taken = createServer()
      const port = await new Promise<number>((resolve) => {
        taken.listen(0, '127.0.0.1', () => {
          const address = taken.address()
          resolve(typeof address === 'object' && address !== null ? address.port : 0)
        })
      })
      raises(await run(['simulate', '--json', '--port', String(port)]), 'cli.cannot-listen')
      await new Promise((resolve) => taken.close(resolve))
    },
    { setUp: false },
  ))

test('a shell without completion is named', async () => {
  raises(await mpc(['completion', 'bsh', '--json'], { cwd: process.cwd() }), 'cli.unknown-shell', 64)
  for (const args of [['palm'], ['plan', '--targt', 'vm.web'], ['revert']])
    raises(await mpc([...args, '--json'], { cwd: process.cwd() }), 'cli.usage', 64)
})

test.run()
