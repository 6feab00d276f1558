import { createServer } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Workspace, withWorkspace } from './mpc.ts'

/** A failing command says what, why and how, shows no stack, ends with 1, and wrote nothing to the server. */
const isTold = async (
  { run, simulator }: Workspace,
  args: readonly string[],
  more: { readonly env?: Readonly<Record<string, string>> },
  phrases: readonly (string | RegExp)[],
): Promise<void> => {
  const before = simulator.dump()
  const writes = () =>
    simulator.requests.filter(({ verb, path }) => verb !== 'GET' && !path.endsWith('/access/ticket')).length
  const sent = writes()
  const result = await run(args, more)
  assert.is(result.code, 1, result.all)
  for (const phrase of phrases) assert.match(result.stderr, phrase)
  assert.not.match(result.all, /\n\s+at .*:\d+:\d+/)
  assert.is(writes(), sent, 'something was written to the server')
  assert.equal(simulator.dump(), before)
}

test('a wrong token is told apart from everything else', () =>
  withWorkspace(async (workspace) => {
    const wrong = `${workspace.simulator.token.slice(0, -4)}0000`
    await isTold(workspace, ['sync'], { env: { PROXMOX_VE_API_TOKEN: wrong } }, [/token/i])
    await isTold(workspace, ['sync'], { env: { PROXMOX_VE_API_TOKEN: 'nonsense' } }, [/user@realm!name=secret/])
  }))

test('a host that does not exist is named', () =>
  withWorkspace(async (workspace) => {
    await isTold(workspace, ['sync'], { env: { PROXMOX_VE_ENDPOINT: 'https://no-such-host.invalid:8006' } }, [
      'no-such-host.invalid',
    ])
  }))

test('a port where nobody listens is named', () =>
  withWorkspace(async (workspace) => {
    const port = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const address = server.address()
        server.close(() => resolve(typeof address === 'object' && address ? address.port : 1))
      })
    })
    await isTold(workspace, ['sync'], { env: { PROXMOX_VE_ENDPOINT: `https://127.0.0.1:${port}` } }, [String(port)])
  }))

test('a self-signed certificate is not trusted, and the way to pin it is shown', () =>
  withWorkspace(
    async (workspace) => {
      await isTold(workspace, ['init', '--endpoint', workspace.simulator.url], {}, [
        workspace.simulator.fingerprint,
        /--fingerprint /,
      ])
    },
    { setUp: false },
  ))

test('a missing privilege is named', () =>
  withWorkspace(
    async (workspace) => {
      const { simulator, run } = workspace
      const headers = {
        authorization: `PVEAPIToken=${simulator.token}`,
        'content-type': 'application/x-www-form-urlencoded',
      }
      const post = async (path: string, params: Record<string, string>, method = 'POST') => {
        const response = await fetch(`${simulator.url}/api2/json${path}`, {
          method,
          headers,
          body: new URLSearchParams(params).toString(),
        })
        assert.is(response.status, 200, `${path}: ${response.statusText}`)
        return ((await response.json()) as { data: { value?: string } | null }).data
      }
      await post('/access/users', { userid: 'reader@pve' })
      await post('/access/acl', { path: '/', users: 'reader@pve', roles: 'PVEAuditor' }, 'PUT')
      const token = await post('/access/users/reader@pve/token/look', { privsep: '0' })
      const env = { PROXMOX_VE_API_TOKEN: `reader@pve!look=${token?.value}` }
      workspace.write('a.mpc.hcl', 'vm "small" {\n  node = "pve1"\n  cores = 1\n}\n')
      assert.is((await run(['sync'], { env })).code, 0)
      const before = simulator.dump()
      const result = await run(['apply', '--auto-approve'], { env })
      assert.is(result.code, 1, result.all)
      assert.match(result.all, 'Rights are missing for the plan')
      assert.match(result.all, /vm\.small/)
      assert.match(result.all, 'reader@pve!look')
      assert.not.match(result.all, /\n\s+at .*:\d+:\d+/)
      assert.equal(simulator.dump(), before)
    },
    { http: true },
  ))

test('a missing node, storage or template is named with its place and what was probably meant', () =>
  withWorkspace(async (workspace) => {
    workspace.write(
      'a.mpc.hcl',
      'vm "a" {\n  node = "pve9"\n}\nvm "b" {\n  node = "pve1"\n  disk "scsi0" {\n    storage = "local-lwm"\n    size = "8G"\n  }\n}\nvm "c" {\n  node = "pve1"\n  clone = "debian-13"\n}\n',
    )
    await isTold(workspace, ['plan'], {}, [
      'pve9',
      'a.mpc.hcl line',
      'Did you mean "local-lvm"',
      'debian-13',
      'Did you mean "debian-12"',
      /node = "pve9"\n +│ +\^{6}\n/,
    ])
  }))

test('a malformed file is shown with the line', () =>
  withWorkspace(async (workspace) => {
    workspace.write('a.mpc.hcl', 'vm "a" {\n  node = \n}\n')
    await isTold(workspace, ['plan'], {}, ['a.mpc.hcl line'])
    workspace.write('a.mpc.hcl', '')
    workspace.write('b.mpc.yaml', 'vm:\n  a: [\n')
    await isTold(workspace, ['plan'], {}, ['b.mpc.yaml line'])
  }))

test('a node that is offline makes its guests unknown, not an error', () =>
  withWorkspace(async ({ run, simulator }) => {
    simulator.faults.add({ kind: 'node-offline', node: 'pve3' })
    const result = await run(['sync'])
    assert.is(result.code, 0, result.all)
    assert.match(result.all, /pve3/)
    assert.match(result.stdout, 'could not be read')
  }))

test('planning before the first sync says so', () =>
  withWorkspace(
    async (workspace) => {
      await workspace.run([
        'init',
        '--endpoint',
        workspace.simulator.url,
        '--fingerprint',
        workspace.simulator.fingerprint,
      ])
      await isTold(workspace, ['plan', '--no-refresh'], {}, ['mpc sync'])
    },
    { setUp: false },
  ))

test.run()
