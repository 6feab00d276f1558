import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseToken, principalOf } from '../../src/proxmox/credentials.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import { clientOf, diagnosticOf, simulatorClient, TOKEN } from './connect.ts'
import { hurriedClock } from './hurried-clock.ts'
import { plainServer, reply } from './plain-server.ts'

const test = suite<{ simulator: Simulator }>('who we are')

test.before(async (context) => {
  context.simulator = await startSimulator({ http: true, speed: 10_000 })
})
test.after(({ simulator }) => simulator.stop())
test.before.each(({ simulator }) => {
  simulator.faults.clear()
  simulator.requests.splice(0)
})

const HOUR = 3_600_000
const logins = ({ requests }: Simulator): number => requests.filter(({ path }) => path === '/access/ticket').length
const byPassword = ({ password }: Simulator) => ({ kind: 'password', username: 'root@pam', password }) as const

test('a token is sent with every request and needs no login', async ({ simulator }) => {
  const client = simulatorClient(simulator)
  await client.version()
  const answer = await client.send({ method: 'POST', path: '/pools', params: { poolid: 'token' } })
  assert.is(answer.kind, 'answered')
  assert.is(logins(simulator), 0)
  client.close()
})

test('with a password one login serves many requests, writes too', async ({ simulator }) => {
  const client = simulatorClient(simulator, { credentials: byPassword(simulator) })
  await Promise.all(Array.from({ length: 20 }, () => client.version()))
  const answer = await client.send({ method: 'POST', path: '/pools', params: { poolid: 'ticket' } })
  assert.is(answer.kind, 'answered')
  assert.is(logins(simulator), 1)
  client.close()
})

test('a ticket is renewed before its two hours are over', async ({ simulator }) => {
  const clock = hurriedClock()
  const client = simulatorClient(simulator, { credentials: byPassword(simulator), clock })
  await client.version()
  clock.pass(HOUR)
  await client.version()
  assert.is(logins(simulator), 1)
  clock.pass(HOUR - 1)
  await client.version()
  assert.is(logins(simulator), 2)
  client.close()
})

test('a ticket that is refused is renewed, and reading and writing go on', async ({ simulator }) => {
  const client = simulatorClient(simulator, { credentials: byPassword(simulator) })
  await client.version()
  simulator.faults.add({ kind: 'ticket-expired', on: { path: '/version' }, times: 1 })
  assert.ok((await client.version()).version)
  simulator.faults.add({ kind: 'ticket-expired', on: { method: 'POST', path: '/pools' }, times: 1 })
  const answer = await client.send({ method: 'POST', path: '/pools', params: { poolid: 'renewed' } })
  assert.is(answer.kind, 'answered')
  assert.is(logins(simulator), 3)
  client.close()
})

test('a ticket that is refused again and again is given up', async ({ simulator }) => {
  simulator.faults.add({ kind: 'ticket-expired', on: { path: '/version' }, times: 0 })
  const client = simulatorClient(simulator, { credentials: byPassword(simulator) })
  const { code } = await diagnosticOf(client.version())
  assert.is(code, 'proxmox.ticket-refused')
  assert.is(logins(simulator), 2)
  client.close()
})

test('a wrong token, a wrong password and a user without realm are told apart', async ({ simulator }) => {
  const token = simulator.token.replace(/=.*/, '=00000000-0000-0000-0000-00000000000f')
  const wrong = await diagnosticOf(simulatorClient(simulator, { credentials: { kind: 'token', token } }).version())
  assert.is(wrong.code, 'proxmox.token-refused')
  assert.match(wrong.detail, 'root@pam!mpc')
  const login = (username: string, password: string) =>
    diagnosticOf(simulatorClient(simulator, { credentials: { kind: 'password', username, password } }).version())
  const password = await login('root@pam', 'not-the-password')
  assert.is(password.code, 'proxmox.login-failed')
  assert.not.match(password.detail, 'realm: ')
  const realm = await login('root', simulator.password)
  assert.is(realm.code, 'proxmox.login-failed')
  assert.match(realm.detail, 'root@pam')
})

test('a failed login refuses a write without sending it', async ({ simulator }) => {
  const credentials = { kind: 'password', username: 'root@pam', password: 'not-the-password' } as const
  const answer = await simulatorClient(simulator, { credentials }).send({
    method: 'POST',
    path: '/pools',
    params: { poolid: 'never' },
  })
  assert.is(answer.kind === 'refused' && answer.diagnostic.code, 'proxmox.login-failed')
  assert.is(
    simulator.requests.some(({ path }) => path === '/pools'),
    false,
  )
})

test('a user who needs a second factor is sent to a token', async () => {
  const server = await plainServer((_seen, response) =>
    reply(response, { ticket: 'PVE:!tfa!x', NeedTFA: 1, username: 'ada@pve' }),
  )
  const credentials = { kind: 'password', username: 'ada@pve', password: 'secret-word' } as const
  const { code, hint = '' } = await diagnosticOf(clientOf(server.url, { credentials }).version())
  assert.is(code, 'proxmox.two-factor')
  assert.match(hint, 'PROXMOX_VE_API_TOKEN')
  await server.stop()
})

test('tokens are read in the spellings people paste', () => {
  const secret = '11111111-2222-3333-4444-555555555555'
  for (const text of [TOKEN, ` ${TOKEN}\n`, `PVEAPIToken=${TOKEN}`, TOKEN.replace('=', ':')])
    assert.equal(parseToken(text), { id: 'root@pam!test', secret })
  for (const text of ['', secret, `root@pam=${secret}`, `root!test=${secret}`, 'root@pam!test=', 'root@pam!test'])
    assert.is(parseToken(text), undefined, text)
  assert.is(principalOf({ kind: 'token', token: 'nonsense' }), 'the API token')
})

test.run()
