import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import { clientOf, diagnosticOf, simulatorClient } from './connect.ts'
import { hurriedClock } from './hurried-clock.ts'
import { plainServer, reply } from './plain-server.ts'

const test = suite<{ simulator: Simulator }>('trying again')

test.before(async (context) => {
  context.simulator = await startSimulator({ http: true })
})
test.after(({ simulator }) => simulator.stop())
test.before.each(({ simulator }) => {
  simulator.faults.clear()
  simulator.requests.splice(0)
})

const pool = { method: 'POST', path: '/pools', params: { poolid: 'retry', comment: 'a & b = ü' } } as const

for (const status of [502, 503, 504, 595, 596, 599])
  test(`a reading that is answered ${status} twice is asked a third time`, async ({ simulator }) => {
    simulator.faults.add({ kind: 'http-error', status, on: { path: '/version' }, times: 2 })
    const clock = hurriedClock()
    const client = simulatorClient(simulator, { clock })
    assert.ok((await client.version()).version)
    assert.is(simulator.requests.length, 3)
    assert.equal(clock.slept, [150, 450])
    client.close()
  })

test('a reading whose connection breaks, or whose answer comes in half, is asked again', async ({ simulator }) => {
  for (const kind of ['reset-before', 'reset-after', 'truncated-body'] as const)
    simulator.faults.add({ kind, on: { path: '/version' }, times: 1 })
  const client = simulatorClient(simulator)
  assert.ok((await client.version()).version)
  client.close()
})

test('a reading is given up after three more tries', async ({ simulator }) => {
  simulator.faults.add({ kind: 'http-error', status: 595, on: { path: '/nodes/*/status' }, times: 0 })
  const client = simulatorClient(simulator)
  const { code, detail } = await diagnosticOf(client.get('/nodes/pve2/status'))
  assert.is(code, 'proxmox.node-unreachable')
  assert.match(detail, 'pve2')
  assert.is(simulator.requests.length, 4)
  client.close()
})

test('a reading that is refused for a reason is not asked again', async ({ simulator }) => {
  const client = simulatorClient(simulator)
  await diagnosticOf(client.get('/nodes/pve1/qemu/99999/config'))
  assert.is(simulator.requests.length, 1)
  client.close()
})

test('a write whose connection breaks is sent once, and what came of it is unknown', async ({ simulator }) => {
  const client = simulatorClient(simulator)
  await client.version()
  for (const kind of ['reset-before', 'reset-after', 'truncated-body'] as const) {
    simulator.requests.splice(0)
    simulator.faults.add({ kind, on: { method: 'POST' }, times: 1 })
    const answer = await client.send({ ...pool, params: { poolid: kind } })
    assert.is(answer.kind, 'unknown', kind)
    assert.is(answer.kind === 'unknown' && answer.diagnostic.code, 'proxmox.answer-lost')
    assert.is(simulator.requests.filter(({ verb }) => verb === 'POST').length, 1, kind)
  }
  client.close()
})

test('a write that the proxy lost is unknown; one that never reached the node is refused', async ({ simulator }) => {
  const client = simulatorClient(simulator)
  for (const [status, kind] of [
    [595, 'refused'],
    [596, 'unknown'],
    [599, 'unknown'],
    [502, 'unknown'],
    [504, 'unknown'],
  ] as const) {
    simulator.requests.splice(0)
    simulator.faults.add({ kind: 'http-error', status, on: { method: 'POST' }, times: 1 })
    assert.is((await client.send(pool)).kind, kind, String(status))
    assert.is(simulator.requests.length, 1)
  }
  client.close()
})

test('a write to a server that is gone is refused: it never left', async () => {
  const other = await startSimulator({ http: true, nodes: 1, guests: 1 })
  await other.stop()
  const client = simulatorClient(other)
  const answer = await client.send(pool)
  assert.is(answer.kind, 'refused')
  assert.is(answer.kind === 'refused' && answer.diagnostic.code, 'proxmox.unreachable')
})

test('an answer that takes too long is told as that: refused for nobody, unknown for a write', async () => {
  const server = await plainServer(() => undefined)
  const client = clientOf(server.url, { timeoutMs: 60 })
  const { code } = await diagnosticOf(client.get('/version'))
  assert.is(code, 'proxmox.timeout')
  const answer = await client.send(pool)
  assert.is(answer.kind, 'unknown')
  assert.is(answer.kind === 'unknown' && answer.diagnostic.code, 'proxmox.timeout')
  assert.equal(
    server.seen.map(({ method }) => method),
    ['GET', 'POST'],
  )
  await server.stop()
})

test('an answer without end is given up, also when it is small before it is unpacked', async () => {
  const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024))
  const server = await plainServer((_seen, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb)
  })
  try {
    const client = clientOf(server.url)
    const { code, detail } = await diagnosticOf(client.version())
    assert.is(code, 'proxmox.answer-lost')
    assert.match(detail, 'larger than 64 MiB')
    client.close()
  } finally {
    await server.stop()
  }
})

test('parameters arrive as they were given, booleans as 0 and 1, those of DELETE in the query', async () => {
  const server = await plainServer((_seen, response) => reply(response, null))
  const client = clientOf(server.url)
  await client.send({ ...pool, params: { ...pool.params, yes: true, no: false, n: 1.5 } })
  await client.send({ method: 'DELETE', path: '/pools', params: { poolid: 'a b&c', purge: true } })
  await client.send({ method: 'POST', path: '/nodes/pve1/qemu/100/status/start', params: {} })
  const [post, del, start] = server.seen
  assert.is(post?.body, 'poolid=retry&comment=a+%26+b+%3D+%C3%BC&yes=1&no=0&n=1.5')
  assert.is(post?.headers['content-type'], 'application/x-www-form-urlencoded')
  assert.is(del?.url, '/api2/json/pools?poolid=a+b%26c&purge=1')
  assert.is(del?.body, '')
  assert.is(start?.headers['content-length'], '0')
  client.close()
  await server.stop()
})

test('no more requests are under way than allowed, and connections are used again', async () => {
  const open = { now: 0, most: 0 }
  const sockets = new Set<unknown>()
  const server = await plainServer(({ request }, response) => {
    sockets.add(request.socket)
    open.now++
    open.most = Math.max(open.most, open.now)
    setTimeout(() => {
      open.now--
      reply(response, {})
    }, 2)
  })
  const client = clientOf(server.url, { concurrency: 3 })
  await Promise.all(Array.from({ length: 30 }, () => client.get('/version')))
  assert.is(open.most, 3)
  assert.is(sockets.size, 3)
  client.close()
  await server.stop()
})

test('an aborted request ends with the reason: a reading at any time, a write only before it left', async () => {
  const controller = new AbortController()
  const server = await plainServer(() => controller.abort('enough'))
  const client = clientOf(server.url)
  const reason = await client.get('/version', {}, controller.signal).catch((error) => error)
  assert.is(reason, 'enough')
  const early = await client.send(pool, controller.signal).catch((error) => error)
  assert.is(early, 'enough')
  assert.is(server.seen.length, 1)
  await server.stop()
})

test('a write that is aborted after it left is unknown', async () => {
  const controller = new AbortController()
  const server = await plainServer(() => controller.abort('enough'))
  const client = clientOf(server.url)
  assert.is((await client.send(pool, controller.signal)).kind, 'unknown')
  await server.stop()
})

test('in read-only mode nothing but reading and logging in ever leaves', async ({ simulator }) => {
  const client = simulatorClient(simulator, {
    readOnly: 'this command only reads',
    credentials: { kind: 'password', username: 'root@pam', password: simulator.password },
  })
  for (const method of ['POST', 'PUT', 'DELETE'] as const) {
    const answer = await client.send({ method, path: '/pools', params: { poolid: 'x' } })
    assert.is(answer.kind === 'refused' && answer.diagnostic.code, 'proxmox.read-only')
  }
  assert.is(simulator.requests.length, 0)
  assert.ok((await client.version()).version)
  assert.equal(
    simulator.requests.map(({ verb, path }) => `${verb} ${path}`),
    ['POST /access/ticket', 'GET /version'],
  )
  client.close()
})

test.run()
