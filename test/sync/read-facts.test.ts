import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ProxmoxClient } from '../../src/proxmox/client.ts'
import type { Observed } from '../../src/resource/observed.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { simulatorClient } from '../proxmox/connect.ts'

const test = suite<{ simulator: Simulator; client: ProxmoxClient }>('facts of a cluster')

test.before.each(async (context) => {
  context.simulator = await startSimulator({ http: true, speed: 10_000 })
  context.client = simulatorClient(context.simulator)
})
test.after.each(async ({ simulator, client }) => {
  client.close()
  await simulator.stop()
})

const NOW = () => new Date().toISOString()
const WHO = 'root@pam!mpc'

const send = async (
  client: ProxmoxClient,
  method: 'PUT' | 'POST',
  path: string,
  params: Record<string, string | number> = {},
) => {
  const answer = await client.send({ method, path, params })
  assert.is(answer.kind, 'answered', `${path} ${JSON.stringify(answer)}`)
  const { data } = answer as { readonly data: unknown }
  if (typeof data === 'string' && data.startsWith('UPID')) await client.waitForTask(data, () => undefined)
}

test('a node has its processors, its memory, its bridges and the virtual networks', async ({ client }) => {
  const { observed } = await syncCluster(client, { now: NOW() })
  const [node] = observed.nodes
  assert.ok((node?.cpus ?? 0) > 0)
  assert.ok((node?.memory ?? 0) > 2 ** 30)
  assert.ok(node?.bridges?.includes('vmbr0'), String(node?.bridges))
})

test('rights are read once, for whoever is logged in, and kept by a sync of a few guests', async ({
  simulator,
  client,
}) => {
  const first = await syncCluster(client, { now: NOW(), principal: WHO })
  assert.is(first.observed.rights?.principal, WHO)
  assert.is(first.observed.rights?.paths['/']?.['VM.Allocate'], true)
  const asked = () => simulator.requests.filter(({ path }) => path.endsWith('/access/permissions')).length
  assert.is(asked(), 1)
  const previous = { observed: first.observed, syncedAt: NOW() }
  const again = await syncCluster(client, { now: NOW(), principal: WHO, previous, only: new Set([100]) })
  assert.is(asked(), 1)
  assert.equal(again.observed.rights, first.observed.rights)
  assert.equal(again.observed.nodes, first.observed.nodes)
})

test('whether tags are told apart by case is asked for once, and kept by a sync of a few guests', async ({
  simulator,
  client,
}) => {
  const plain = await syncCluster(client, { now: NOW() })
  assert.not.ok('caseSensitiveTags' in plain.observed.cluster)
  await send(client, 'PUT', '/cluster/options', { 'tag-style': 'shape=full,case-sensitive=1' })
  const first = await syncCluster(client, { now: NOW() })
  assert.is(first.observed.cluster.caseSensitiveTags, true)
  const asked = () =>
    simulator.requests.filter(({ verb, path }) => verb === 'GET' && path === '/cluster/options').length
  assert.is(asked(), 2)
  const previous = { observed: first.observed, syncedAt: NOW() }
  const again = await syncCluster(client, { now: NOW(), previous, only: new Set([100]) })
  assert.equal(again.observed.cluster, first.observed.cluster)
  assert.is(asked(), 2)
})

test('without an answer nothing is said of rights or bridges', async ({ simulator, client }) => {
  simulator.faults.add({ kind: 'http-error', status: 501, on: { path: '/access/permissions' }, times: 0 })
  simulator.faults.add({ kind: 'http-error', status: 403, on: { path: '/nodes/pve1/network' }, times: 0 })
  const { observed, diagnostics } = await syncCluster(client, { now: NOW(), principal: WHO })
  assert.is(observed.rights, undefined)
  assert.is(observed.nodes[0]?.bridges, undefined)
  assert.ok(observed.nodes[1]?.bridges)
  assert.equal(diagnostics, [])
})

/** Syncs one after the other, each knowing the one before. */
const looking = (client: ProxmoxClient) => {
  let last: { observed: Observed; syncedAt: string } | undefined
  return async (more: { only?: ReadonlySet<number>; written?: ReadonlyMap<number, readonly string[]> } = {}) => {
    const now = NOW()
    const { observed } = await syncCluster(client, { now, ...more, ...(last && { previous: last }) })
    last = { observed, syncedAt: now }
    return observed
  }
}

const VM = '/nodes/pve1/qemu/300'

const withCloudInit = async (client: ProxmoxClient) => {
  await send(client, 'POST', '/nodes/pve1/qemu', {
    vmid: 300,
    ide2: 'local-lvm:cloudinit',
    ciuser: 'ops',
    cipassword: 'Secret-1',
  })
  await send(client, 'POST', `${VM}/status/start`)
}

const waits = ({ guests }: Observed, vmid = 300) => guests.find((guest) => guest.vmid === vmid)?.atStart?.values

test('cloud-init values that were changed since a VM was started are known until it is started anew', async ({
  client,
}) => {
  await withCloudInit(client)
  const sync = looking(client)
  assert.is(waits(await sync()), undefined)
  await send(client, 'PUT', `${VM}/config`, { ciuser: 'admin', ipconfig0: 'ip=dhcp', cores: 2 })
  assert.equal(waits(await sync()), { ciuser: 'ops', ipconfig0: null })
  assert.equal(waits(await sync()), { ciuser: 'ops', ipconfig0: null })
  assert.equal(waits(await sync({ only: new Set([100]) })), { ciuser: 'ops', ipconfig0: null })
  await send(client, 'PUT', `${VM}/config`, { ciuser: 'ops' })
  assert.equal(waits(await sync()), { ipconfig0: null })
  await send(client, 'POST', `${VM}/status/stop`)
  await send(client, 'POST', `${VM}/status/start`)
  assert.is(waits(await sync()), undefined)
  assert.is(waits(await sync()), undefined)
})

test('a stopped VM waits for nothing, and one that was started after the change neither', async ({ client }) => {
  await withCloudInit(client)
  const sync = looking(client)
  await sync()
  await send(client, 'PUT', `${VM}/config`, { ciuser: 'admin' })
  await send(client, 'POST', `${VM}/status/reboot`)
  assert.is(waits(await sync()), undefined)
  await send(client, 'PUT', `${VM}/config`, { ciuser: 'ops' })
  assert.equal(waits(await sync()), { ciuser: 'admin' })
  await send(client, 'POST', `${VM}/status/stop`)
  assert.is(waits(await sync()), undefined)
})

test('a password that was written is known to wait, although the server shows no difference', async ({ client }) => {
  await withCloudInit(client)
  const sync = looking(client)
  await sync()
  await send(client, 'PUT', `${VM}/config`, { cipassword: 'Secret-2' })
  assert.equal(Object.keys(waits(await sync({ written: new Map([[300, ['cipassword']]]) })) ?? {}), ['cipassword'])
  assert.equal(Object.keys(waits(await sync()) ?? {}), ['cipassword'])
  await send(client, 'POST', `${VM}/status/stop`)
  await send(client, 'POST', `${VM}/status/start`)
  assert.is(waits(await sync()), undefined)
})

test('the host name of a running container waits for its start', async ({ client }) => {
  const sync = looking(client)
  const box = (await sync()).guests.find(({ type, status }) => type === 'lxc' && status === 'running')
  if (!box) throw new Error('the cluster has a running container')
  await send(client, 'PUT', `/nodes/${box.node}/lxc/${box.vmid}/config`, { hostname: 'renamed' })
  assert.equal(waits(await sync(), box.vmid), { hostname: box.name })
})

test.run()
