import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RequestTrace } from '../../src/proxmox/client.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import { clientOf, diagnosticOf, simulatorClient, TOKEN } from './connect.ts'
import { plainServer, reply } from './plain-server.ts'

const test = suite<{ simulator: Simulator }>('what the server refuses')

test.before(async (context) => {
  context.simulator = await startSimulator({ http: true, profile: 'recorded', speed: 10_000 })
})
test.after(({ simulator }) => simulator.stop())

test('an error is kept whole: status, text, and what is wrong with each parameter', async ({ simulator }) => {
  const client = simulatorClient(simulator)
  const params = { vmid: 5, cores: 'many' }
  const answer = await client.send({ method: 'POST', path: '/nodes/pve1/qemu', params })
  assert.is(answer.kind, 'refused')
  if (answer.kind !== 'refused') return
  assert.is(answer.status, 400)
  assert.is(answer.message, 'Parameter verification failed.')
  assert.equal(Object.keys(answer.errors ?? {}).sort(), ['cores', 'vmid'])
  assert.is(answer.diagnostic.code, 'proxmox.request-refused')
  assert.match(answer.diagnostic.detail, 'POST /nodes/pve1/qemu: Parameter verification failed. (status 400)')
  assert.match(answer.diagnostic.detail, /\n {2}cores: /)
  client.close()
})

test('a missing guest is the server’s own words', async ({ simulator }) => {
  const client = simulatorClient(simulator)
  const { detail } = await diagnosticOf(client.get('/nodes/pve1/qemu/999/config'))
  assert.match(detail, "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist (status 500)")
  client.close()
})

/** A server that answers one thing, as recorded on PVE 9.2. */
const answering = async (status: number, message: string, body?: string) => {
  const server = await plainServer((_seen, response) => {
    if (body === undefined) reply(response, null, status, { message: `${message}\n` })
    else response.writeHead(status, { 'content-type': 'text/html' }).end(body)
  })
  const client = clientOf(server.url)
  const diagnostic = await diagnosticOf(client.get('/nodes/pve1/qemu/100/config'))
  await server.stop()
  return diagnostic
}

test('a missing privilege names the path, the privilege, and the command that grants it', async () => {
  const { code, detail, hint = '' } = await answering(403, 'Permission check failed (/vms/100, VM.Audit)')
  assert.is(code, 'proxmox.permission-denied')
  assert.match(detail, '"root@pam!test" lacks the privilege VM.Audit on /vms/100')
  assert.match(hint, `pveum acl modify /vms/100 --tokens 'root@pam!test'`)
  const bare = await answering(403, 'Permission check failed')
  assert.is(bare.code, 'proxmox.permission-denied')
  assert.match(bare.detail, 'Permission check failed')
})

test('what only root may do is not put down to a missing privilege', async () => {
  for (const [status, text] of [
    [403, 'Permission check failed (mount point type bind is only allowed for root@pam)'],
    [500, "only root can set 'args' config"],
  ] as const) {
    const { code, detail, hint = '' } = await answering(status, text)
    assert.is(code, 'proxmox.permission-denied', text)
    assert.match(detail, `${text} (status ${status})`)
    assert.match(detail, 'no privilege opens it to others')
    assert.match(hint, 'PROXMOX_VE_USERNAME=root@pam')
  }
})

test('a node that does not exist is named, in a cluster and on a node on its own', async () => {
  for (const text of ["hostname lookup 'pve9' failed - failed to get address info", "no such cluster node 'pve9'"]) {
    const { code, detail } = await answering(500, text)
    assert.is(code, 'proxmox.unknown-node')
    assert.match(detail, '"pve9"')
  }
})

test('a node that is offline is told as that', async () => {
  const { code, detail } = await answering(595, 'No route to host')
  assert.is(code, 'proxmox.node-unreachable')
  assert.match(detail, '"pve1"')
  assert.is((await answering(599, 'Too many redirections')).code, 'proxmox.server-trouble')
})

test('what is no Proxmox VE server is told as that, whatever its status', async () => {
  for (const status of [200, 301, 404, 403])
    assert.is((await answering(status, '', '<html>Welcome</html>')).code, 'proxmox.not-a-pve-server', String(status))
})

test('the log of requests tells method, path and outcome, and neither parameters nor secrets', async () => {
  const traces: RequestTrace[] = []
  const server = await plainServer((_seen, response) => reply(response, {}))
  const client = clientOf(server.url, { trace: (trace) => traces.push(trace) })
  await client.get('/cluster/resources', { type: 'vm' })
  await client.send({ method: 'PUT', path: '/nodes/pve1/qemu/1/config', params: { cipassword: 'hunter2-long' } })
  assert.equal(
    traces.map(({ milliseconds: _, ...rest }) => rest),
    [
      { method: 'GET', path: '/cluster/resources', attempt: 1, status: 200 },
      { method: 'PUT', path: '/nodes/pve1/qemu/1/config', attempt: 1, status: 200 },
    ],
  )
  client.close()
  await server.stop()
})

const SECRETS = {
  token: TOKEN.split('=')[1] ?? '',
  password: 'pa ss/wo&rd-7',
  ci: 'cloud init s3cret',
  ticket: 'PVE:root:T1CKET==',
}

test('no secret appears in any answer, message or log, even when the server repeats it', async () => {
  const echo = Object.values(SECRETS).flatMap((secret) => [secret, encodeURIComponent(secret)])
  const server = await plainServer(({ url }, response) => {
    if (url.includes('/status')) reply(response, { status: 'stopped', exitstatus: echo.join(' ') })
    else if (url.endsWith('/access/ticket'))
      reply(response, { ticket: SECRETS.ticket, CSRFPreventionToken: 'CSRF:1234' })
    else if (url.includes('/log')) reply(response, [{ n: 1, t: echo.join(' ') }])
    else reply(response, null, 500, { message: echo.join(' '), errors: { cipassword: echo.join(' ') } })
  })
  for (const [credentials, secrets] of [
    [{ kind: 'token', token: TOKEN }, [SECRETS.token, SECRETS.ci]],
    [
      { kind: 'password', username: 'root@pam', password: SECRETS.password },
      [SECRETS.password, SECRETS.ticket, SECRETS.ci],
    ],
  ] as const) {
    const said: string[] = []
    const say = (thing: unknown) => said.push(typeof thing === 'string' ? thing : JSON.stringify(thing))
    const client = clientOf(server.url, { credentials, trace: say })
    say(await client.send({ method: 'PUT', path: '/nodes/pve1/qemu/1/config', params: { cipassword: SECRETS.ci } }))
    const error: unknown = await client.get('/version').catch((thrown) => thrown)
    say(error)
    say(error instanceof Error ? `${error} ${error.stack}` : '')
    say(await client.waitForTask('UPID:pve1:00000001:00000001:6B016C1E:qmstart:100:root@pam:', say))
    for (const secret of secrets)
      for (const spelling of [secret, encodeURIComponent(secret)])
        for (const text of said) assert.not.match(text, spelling)
    assert.ok(said.length > 8)
    client.close()
  }
  await server.stop()
})

test('a secret parameter is hidden from the answer to its own request only as a value, not as a word', async () => {
  const server = await plainServer((_seen, response) => reply(response, null, 400, { message: 'no such key abc' }))
  const client = clientOf(server.url)
  const answer = await client.send({ method: 'PUT', path: '/access/password', params: { password: 'abc' } })
  assert.is(answer.kind === 'refused' && answer.message, 'no such key abc')
  await server.stop()
})

test('what a declaration made secret is hidden whatever its parameter is called, and other parameters are shown', async () => {
  const server = await plainServer((_seen, response) =>
    reply(response, null, 400, { message: 'cannot parse "the-hidden-text" and "monkey-business"' }),
  )
  const client = clientOf(server.url)
  const answer = await client.send({
    method: 'PUT',
    path: '/nodes/pve1/qemu/1/config',
    params: { description: 'the-hidden-text', args: 'monkey-business' },
    hidden: ['description'],
  })
  assert.is(answer.kind === 'refused' && answer.message, 'cannot parse "(hidden)" and "monkey-business"')
  client.close()
  await server.stop()
})

test.run()
