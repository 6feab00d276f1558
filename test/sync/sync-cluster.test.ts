import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DiagnosticError } from '../../src/diagnostic/diagnostic-error.ts'
import type { ProxmoxClient } from '../../src/proxmox/client.ts'
import type { Observed } from '../../src/resource/observed.ts'
import type { Answer, OutgoingRequest } from '../../src/resource/server.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { simulatorClient } from '../proxmox/connect.ts'

const test = suite<{ simulator: Simulator; client: ProxmoxClient }>('reading a cluster')

const NOW = '2026-11-21T12:00:00.000Z'
const LATER = '2026-11-21T13:00:00.000Z'

test.before.each(async (context) => {
  context.simulator = await startSimulator({ http: true, speed: 10_000 })
  context.client = simulatorClient(context.simulator)
})
test.after.each(async ({ simulator, client }) => {
  client.close()
  await simulator.stop()
})

const guest = ({ guests }: Observed, vmid: number) => guests.find((one) => one.vmid === vmid)
const onNode = ({ guests }: Observed, node: string) => guests.filter((one) => one.node === node)

test('everything is read, sorted, with one question for each guest', async ({ simulator, client }) => {
  const { observed, diagnostics } = await syncCluster(client, { now: NOW })
  assert.equal(diagnostics, [])
  assert.equal(observed.cluster, { name: 'homelab', version: '9.2.11' })
  assert.equal(
    observed.nodes.map(({ node, status }) => `${node} ${status}`),
    ['pve1 online', 'pve2 online', 'pve3 online'],
  )
  const vmids = observed.guests.map(({ vmid }) => vmid as number)
  assert.is(vmids.length, 15)
  assert.equal(
    vmids,
    [...vmids].sort((a, b) => a - b),
  )
  const asked = simulator.requests.filter(({ path }) => path.endsWith('/pending'))
  assert.is(asked.length, 15)
  const listed = simulator.requests.filter(({ path }) => path.endsWith('/content'))
  const bridges = simulator.requests.filter(({ path }) => path.endsWith('/network'))
  assert.is(bridges.length, observed.nodes.length)
  const tasks = simulator.requests.filter(({ path }) => /^\/nodes\/[^/]+\/tasks$/.test(path))
  assert.is(tasks.length, observed.nodes.length)
  assert.is(simulator.requests.length, 15 + 8 + bridges.length + tasks.length + listed.length)
  for (const one of observed.guests) {
    assert.match(one.digest, /^[0-9a-f]{40}$/)
    assert.equal(Object.keys(one.current), Object.keys(one.current).sort())
    for (const value of Object.values(one.current)) assert.type(value, 'string')
    assert.is(one.current['digest'], undefined)
  }
})

test('equal clusters are equal values', async ({ client }) => {
  const [first, second] = [await syncCluster(client, { now: NOW }), await syncCluster(client, { now: LATER })]
  assert.equal(JSON.stringify(first), JSON.stringify(second))
})

test('storages are told apart by node and have what a plan needs', async ({ client }) => {
  const { storages, pools } = (await syncCluster(client, { now: NOW })).observed
  const local = storages.filter(({ storage }) => storage === 'local')
  assert.equal(
    local.map(({ node }) => node),
    ['pve1', 'pve2', 'pve3'],
  )
  for (const one of storages) {
    assert.ok(one.type)
    assert.is(one.active, true)
    assert.ok(one.total > 0)
    assert.equal(one.content, [...one.content].sort())
  }
  assert.equal(
    pools.map(({ poolid }) => poolid),
    pools.map(({ poolid }) => poolid).sort(),
  )
})

const listings = ({ requests }: Simulator) =>
  requests.filter(({ path }) => path.endsWith('/content')).map(({ path }) => path.split('/').slice(2, 5).join('/'))

test('what guests are made from is listed, shared storages once and the others on each node', async ({
  simulator,
  client,
}) => {
  const { storages } = (await syncCluster(client, { now: NOW })).observed
  const asked = listings(simulator)
  assert.is(asked.filter((path) => path.endsWith('nfs-backup')).length, 1)
  assert.equal(
    [...new Set(asked.filter((path) => path.endsWith('/local')))].sort(),
    ['pve1', 'pve2', 'pve3'].map((node) => `${node}/storage/local`),
  )
  assert.not.ok(asked.some((path) => path.endsWith('local-lvm')))
  const local = storages.find(({ storage, node }) => storage === 'local' && node === 'pve1')
  assert.ok(local?.volumes?.includes('local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'), String(local?.volumes))
  assert.equal(local?.volumes, [...(local?.volumes ?? [])].sort())
  assert.is(storages.find(({ storage }) => storage === 'local-lvm')?.volumes, undefined)
})

test('high availability and replication are known of each guest, as far as one may read them', async ({
  simulator,
  client,
}) => {
  const post = async (path: string, params: Record<string, string>) =>
    assert.is((await client.send({ method: 'POST', path, params })).kind, 'answered', path)
  await post('/cluster/ha/resources', { sid: 'vm:101', state: 'stopped' })
  await post('/cluster/ha/resources', { sid: 'ct:200' })
  await post('/cluster/replication', { id: '101-0', type: 'local', target: 'pve2' })
  const holds = ({ observed }: { observed: Observed }) =>
    observed.guests.flatMap(({ vmid, ha, replication }) => (ha ? [[vmid as number, ha, replication?.join()]] : []))
  const all = [
    [101, 'stopped', '101-0'],
    [200, 'started', undefined],
  ]
  const first = await syncCluster(client, { now: NOW })
  assert.equal(holds(first), all)
  const previous = { observed: first.observed, syncedAt: NOW }
  assert.equal(holds(await syncCluster(client, { now: LATER, previous, only: new Set([100]) })), all)
  simulator.faults.add({ kind: 'http-error', status: 403, on: { path: '/cluster/ha/resources' }, times: 0 })
  assert.equal(holds(await syncCluster(client, { now: LATER })), all)
})

test('a storage that cannot be listed is unknown, and a look at single guests keeps what was known', async ({
  simulator,
  client,
}) => {
  const first = (await syncCluster(client, { now: NOW })).observed
  simulator.requests.splice(0)
  const previous = { observed: first, syncedAt: NOW }
  const again = await syncCluster(client, { now: LATER, previous, only: new Set([101]) })
  assert.equal(listings(simulator), [])
  assert.equal(again.observed.storages, first.storages)
  simulator.faults.add({ kind: 'http-error', status: 500, on: { path: '/nodes/pve2/storage/local/content' }, times: 0 })
  const { storages } = (await syncCluster(client, { now: LATER })).observed
  const volumes = (node: string) => storages.find((one) => one.storage === 'local' && one.node === node)?.volumes
  assert.is(volumes('pve2'), undefined)
  assert.ok(volumes('pve1'))
})

test('a change that waits for the next start is kept apart from what is', async ({ client }) => {
  const before = guest((await syncCluster(client, { now: NOW })).observed, 100)
  assert.is(before?.status, 'running')
  await client.send({
    method: 'PUT',
    path: '/nodes/pve1/qemu/100/config',
    params: { cores: 3, delete: 'agent', cipassword: 'hunter2-hunter2' },
  })
  const after = guest((await syncCluster(client, { now: NOW })).observed, 100)
  assert.is(after?.current['cores'], before?.current['cores'])
  assert.equal(after?.pending['cores'], { value: '3' })
  assert.equal(after?.pending['agent'], {})
  assert.is(after?.current['agent'], '1')
  assert.is(after?.current['cipassword'], '**********')
  assert.not.match(JSON.stringify(after), 'hunter2')
})

test('a guest that was just started is running although the cluster’s list lags', async ({ simulator, client }) => {
  const { observed } = await syncCluster(client, { now: NOW })
  const stopped = observed.guests.find(
    ({ status, template, type }) => status === 'stopped' && !template && type === 'qemu',
  )
  assert.ok(stopped)
  if (!stopped) return
  const path = `/nodes/${stopped.node}/qemu/${stopped.vmid}/status/start`
  const started = await client.send({ method: 'POST', path, params: {} })
  await client.waitForTask(String(started.kind === 'answered' && started.data), () => undefined)
  simulator.requests.splice(0)
  const again = await syncCluster(client, { now: NOW })
  assert.is(guest(again.observed, stopped.vmid)?.status, 'running')
  assert.is(simulator.requests.filter(({ path }) => path.endsWith('/status/current')).length, 1)
})

test('guests of a node that is down keep what was last known, since then', async ({ simulator, client }) => {
  const previous = { observed: (await syncCluster(client, { now: NOW })).observed, syncedAt: NOW }
  const known = onNode(previous.observed, 'pve2')
  simulator.faults.add({ kind: 'node-offline', node: 'pve2' })
  simulator.requests.splice(0)
  const { observed, diagnostics } = await syncCluster(client, { now: LATER, previous })
  assert.equal(
    diagnostics.map(({ code, severity }) => [code, severity]),
    [['sync.node-unknown', 'warning']],
  )
  assert.match(diagnostics[0]?.detail ?? '', NOW)
  assert.equal(
    onNode(observed, 'pve2'),
    known.map((one) => ({ ...one, status: 'unknown', unknownSince: NOW })),
  )
  assert.equal(onNode(observed, 'pve1'), onNode(previous.observed, 'pve1'))
  assert.is(observed.nodes.find(({ node }) => node === 'pve2')?.status, 'offline')
  assert.is(
    simulator.requests.some(({ path }) => path.startsWith('/nodes/pve2/')),
    false,
  )
  const third = await syncCluster(client, { now: LATER, previous: { observed, syncedAt: LATER } })
  assert.ok(onNode(third.observed, 'pve2').every(({ unknownSince }) => unknownSince === NOW))
})

test('a node that looks alive and does not answer is asked once, not once for each guest', async ({
  simulator,
  client,
}) => {
  simulator.faults.add({ kind: 'http-error', status: 595, on: { path: '/nodes/pve3/**' }, times: 0 })
  const { observed, diagnostics } = await syncCluster(client, { now: NOW, concurrency: 1 })
  assert.equal(
    diagnostics.map(({ code }) => code),
    ['sync.node-unknown'],
  )
  assert.is(observed.nodes.find(({ node }) => node === 'pve3')?.status, 'unknown')
  assert.ok(onNode(observed, 'pve3').length > 1)
  for (const one of onNode(observed, 'pve3')) {
    assert.is(one.unknownSince, NOW)
    assert.equal(one.current, {})
  }
  const paths = new Set(
    simulator.requests.filter(({ path }) => path.startsWith('/nodes/pve3/')).map(({ path }) => path),
  )
  assert.is(paths.size, 1)
})

/** The client, with answers changed on the way. */
const changing = (client: ProxmoxClient, change: (request: OutgoingRequest, answer: Answer) => Answer) => ({
  send: async (request: OutgoingRequest) => change(request, await client.send(request)),
})

test('a guest that vanishes while we look is left out', async ({ client }) => {
  const reader = changing(client, (request, answer) => {
    if (request.path !== '/cluster/resources' || answer.kind !== 'answered' || !Array.isArray(answer.data))
      return answer
    const ghost = { type: 'qemu', vmid: 9_999, node: 'pve1', status: 'running', id: 'qemu/9999' }
    return { ...answer, data: [...answer.data, ghost] }
  })
  const { observed, diagnostics } = await syncCluster(reader, { now: NOW })
  assert.is(guest(observed, 9_999), undefined)
  assert.is(observed.guests.length, 15)
  assert.equal(diagnostics, [])
})

test('a guest that moves to another node while we look is found there', async ({ client }) => {
  let lists = 0
  const reader = changing(client, (request, answer) => {
    if (request.path !== '/cluster/resources' || answer.kind !== 'answered' || !Array.isArray(answer.data))
      return answer
    if (lists++ > 0) return answer
    return { ...answer, data: answer.data.map((row) => (row.vmid === 100 ? { ...row, node: 'pve3' } : row)) }
  })
  const { observed } = await syncCluster(reader, { now: NOW })
  assert.is(guest(observed, 100)?.node, 'pve1')
  assert.is(observed.guests.length, 15)
})

test('guests that may not be read are a warning with the missing privilege, and stay known to exist', async ({
  simulator,
  client,
}) => {
  const reason = 'Permission check failed (/vms/100, VM.Audit)'
  simulator.faults.add({ kind: 'http-error', status: 403, reason, on: { path: '/nodes/pve1/qemu/100/**' }, times: 0 })
  const { observed, diagnostics } = await syncCluster(client, { now: NOW })
  assert.equal(
    diagnostics.map(({ code }) => code),
    ['sync.guest-hidden'],
  )
  assert.match(diagnostics[0]?.detail ?? '', 'VM.Audit on /vms/100')
  assert.is(guest(observed, 100)?.unknownSince, NOW)
})

test('a guest whose configuration the server cannot read is a warning', async ({ simulator, client }) => {
  const reason = 'unable to parse value of net0'
  simulator.faults.add({ kind: 'http-error', status: 500, reason, on: { path: '/nodes/pve1/qemu/100/**' }, times: 0 })
  const { diagnostics } = await syncCluster(client, { now: NOW })
  assert.equal(
    diagnostics.map(({ code }) => code),
    ['sync.guest-unreadable'],
  )
  assert.match(diagnostics[0]?.detail ?? '', reason)
})

test('a caller who sees nothing is told so', async ({ client }) => {
  const hidden = {
    kind: 'refused',
    status: 403,
    message: 'Permission check failed',
    reason: 'other',
    errors: {},
  } as const
  const reader = changing(client, ({ path }, answer) => {
    if (path === '/cluster/resources')
      return { kind: 'answered', data: [{ type: 'node', node: 'pve1', status: 'online' }] }
    if (path !== '/cluster/status' || answer.kind !== 'answered') return answer
    const detail = 'no'
    return { ...hidden, diagnostic: { severity: 'error', code: 'proxmox.permission-denied', summary: '', detail } }
  })
  const { observed, diagnostics } = await syncCluster(reader, { now: NOW })
  assert.is(observed.cluster.name, 'pve1')
  assert.equal(
    diagnostics.map(({ code }) => code),
    ['sync.cluster-hidden', 'sync.nothing-visible'],
  )
})

test('only some guests are asked for when told so; the others keep their configuration', async ({
  simulator,
  client,
}) => {
  const previous = { observed: (await syncCluster(client, { now: NOW })).observed, syncedAt: NOW }
  simulator.requests.splice(0)
  const { observed } = await syncCluster(client, { now: LATER, previous, only: new Set([100]) })
  assert.equal(
    simulator.requests.filter(({ path }) => path.endsWith('/pending')).map(({ path }) => path),
    ['/nodes/pve1/qemu/100/pending'],
  )
  assert.equal(observed.guests, previous.observed.guests)
})

test('progress is told guest by guest', async ({ client }) => {
  const seen: string[] = []
  await syncCluster(client, { now: NOW, concurrency: 1, onProgress: (done, total) => seen.push(`${done}/${total}`) })
  assert.is(seen.length, 15)
  assert.is(seen.at(-1), '15/15')
})

test('a wrong token stops a sync at the first question', async ({ simulator }) => {
  const token = simulator.token.replace(/=.*/, '=00000000-0000-0000-0000-00000000000f')
  const client = simulatorClient(simulator, { credentials: { kind: 'token', token } })
  simulator.requests.splice(0)
  const error = await syncCluster(client, { now: NOW }).catch((thrown) => thrown)
  assert.instance(error, DiagnosticError)
  assert.equal(
    error.diagnostics.map(({ code }: { code: string }) => code),
    ['proxmox.token-refused'],
  )
  assert.is(simulator.requests.length, 1)
  client.close()
})

test('a token that is revoked half-way stops a sync', async ({ simulator, client }) => {
  simulator.faults.add({ kind: 'http-error', status: 401, on: { path: '/nodes/**' }, skip: 3, times: 0 })
  const error = await syncCluster(client, { now: NOW, concurrency: 2 }).catch((thrown) => thrown)
  assert.instance(error, DiagnosticError)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.ok(simulator.requests.length < 15, 'nothing more is asked')
})

test('an aborted sync ends with the reason', async ({ client }) => {
  const controller = new AbortController()
  const onProgress = () => controller.abort('enough')
  const reason = await syncCluster(client, { now: NOW, signal: controller.signal, onProgress }).catch(
    (thrown) => thrown,
  )
  assert.is(reason, 'enough')
})

test.run()
