import { request } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startSimulator } from '../../src/simulator/start.ts'
import { plainClient } from './plain-client.ts'

type Headers = Readonly<Record<string, string>>

const withSimulator = async (
  options: Parameters<typeof startSimulator>[0],
  use: (
    simulator: Awaited<ReturnType<typeof startSimulator>>,
    get: (path: string, headers?: Headers, method?: string, params?: Headers) => Promise<string>,
  ) => Promise<void>,
): Promise<void> => {
  const simulator = await startSimulator({ http: true, speed: Number.POSITIVE_INFINITY, ...options })
  const client = plainClient(simulator.url)
  try {
    await use(
      simulator,
      async (path, headers = { authorization: `PVEAPIToken=${simulator.token}` }, method = 'GET', params = {}) => {
        const { status, reason } = await client.ask({ method, path, params, headers })
        return `${status} ${reason}`
      },
    )
  } finally {
    client.close()
    await simulator.stop()
  }
}

const login = async (url: string, password: string): Promise<Headers> => {
  const body = new URLSearchParams({ username: 'root@pam', password })
  const answer = await fetch(`${url}/api2/json/access/ticket`, { method: 'POST', body })
  const { data } = (await answer.json()) as { data: { ticket: string; CSRFPreventionToken: string } }
  return { cookie: `PVEAuthCookie=${encodeURIComponent(data.ticket)}`, csrfpreventiontoken: data.CSRFPreventionToken }
}

test('requests without, with wrong and with forged credentials are answered 401 as PVE words it', () =>
  withSimulator({}, async (simulator, get) => {
    assert.is(await get('/version', {}), '401 No ticket')
    assert.is(await get('/version', { authorization: 'Bearer abc' }), '401 No ticket')
    assert.is(await get('/version', { authorization: 'PVEAPIToken=root@pam!mpc=wrong' }), '401 Authentication failed!')
    assert.is(await get('/version', { cookie: 'PVEAuthCookie=PVE:root@pam:00000000::x' }), '401 Authentication failed!')
    assert.is(await get('/access/domains', {}), '200 OK')
    const { cookie = '' } = await login(simulator.url, simulator.password)
    assert.is(await get('/version', { cookie }), '200 OK')
    assert.is(await get('/pools', { cookie }, 'POST', { poolid: 'x1' }), '401 Permission denied - invalid csrf token')
  }))

test('a ticket ends after two hours', () =>
  withSimulator({ clock: 'virtual' }, async (simulator, get) => {
    const headers = await login(simulator.url, simulator.password)
    simulator.world.clock.tick(7_100_000)
    assert.is(await get('/version', headers), '200 OK')
    simulator.world.clock.tick(200_000)
    assert.is(await get('/version', headers), '401 Authentication failed!')
  }))

test('paths that do not exist, methods that do not, and methods that are not served differ', () =>
  withSimulator({}, async (_, get) => {
    assert.is(await get('/nosuch'), "501 Method 'GET /nosuch' not implemented")
    assert.is(await get('/version', undefined, 'POST'), "501 Method 'POST /version' not implemented")
    assert.match(await get('/nodes/pve1/ceph/status'), /^501 .*not served by this simulator$/)
    assert.match(await get('/nodes/pve9/status'), /^500 hostname lookup 'pve9' failed/)
  }))

test('a node that is offline answers 595 for what is proxied to it, and only that', () =>
  withSimulator({}, async ({ world }, get) => {
    const node = world.nodes.get('pve2')
    if (node) node.online = false
    assert.match(await get('/nodes/pve2/qemu/103/config'), /^595 /)
    assert.is(await get('/nodes/pve1/qemu/100/config'), '200 OK')
    assert.is(await get('/cluster/resources'), '200 OK')
  }))

test('the certificate is good for the loopback address under its own authority, and has the fingerprint it says', async () => {
  const simulator = await startSimulator({})
  try {
    const seen = await new Promise<string>((resolve, reject) => {
      const headers = { authorization: `PVEAPIToken=${simulator.token}` }
      const sent = request(
        `${simulator.url}/api2/json/version`,
        { ca: simulator.caPem, headers, agent: false },
        (answer) => {
          const { fingerprint256 } = (answer.socket as TLSSocket).getPeerCertificate()
          answer.resume()
          resolve(`${answer.statusCode} ${fingerprint256}`)
        },
      )
      sent.on('error', reject)
      sent.end()
    })
    assert.is(seen, `200 ${simulator.fingerprint}`)
  } finally {
    await simulator.stop()
  }
})

test('the home cluster has three nodes, eleven VMs, four containers and says so in its dump', () =>
  withSimulator({}, async ({ dump, world, requests }, get) => {
    const texts = dump()
    assert.is(world.nodes.size, 3)
    assert.is(Object.keys(texts).filter((key) => key.startsWith('qemu/')).length, 11)
    assert.is(Object.keys(texts).filter((key) => key.startsWith('lxc/')).length, 4)
    assert.match(texts['qemu/104'] ?? '', /\n\[PENDING\]\nmemory: 6144\n/)
    assert.match(texts['qemu/102'] ?? '', /\n\[before-upgrade\]\n#before 8\.0\n/)
    await get('/version')
    assert.equal(
      requests.map(({ verb, path }) => `${verb} ${path}`),
      ['GET /version'],
    )
  }))

test('a generated cluster has as many nodes and guests as asked for', () =>
  withSimulator({ nodes: 4, guests: 50 }, async ({ world }) => {
    assert.is(world.nodes.size, 4)
    assert.is(world.guests.size, 50)
    for (const guest of world.guests.values()) assert.ok(world.nodes.has(guest.node))
  }))

test('stopping frees the port and lets nothing running behind', async () => {
  const first = await startSimulator({ http: true })
  const { port } = first
  await first.stop()
  const second = await startSimulator({ http: true, port })
  assert.is(second.port, port)
  await second.stop()
})

test.run()
