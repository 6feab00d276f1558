import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startSimulator } from '../../src/simulator/start.ts'
import type { ClusterDescription } from '../../src/simulator/twin/description.ts'
import { parseDescription } from '../../src/simulator/twin/parse-description.ts'
import { type Answer, plainClient } from './plain-client.ts'

const description: ClusterDescription = {
  name: 'lab',
  nodes: [
    { name: 'alpha', ip: '192.0.2.1', cpus: 8 },
    { name: 'beta', online: false },
  ],
  storages: [
    {
      storage: 'local',
      type: 'dir',
      options: { path: '/var/lib/vz', content: 'iso,images' },
      total: 1e12,
      volumes: [{ volid: 'local:iso/debian.iso', content: 'iso', size: 700_000_000 }],
    },
    { storage: 'thin', type: 'lvmthin', options: { vgname: 'pve', thinpool: 'data', content: 'images,rootdir' } },
  ],
  pools: [{ poolid: 'prod' }],
  guests: [
    {
      vmid: 101,
      type: 'qemu',
      node: 'alpha',
      status: 'running',
      pool: 'prod',
      digest: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      config: {
        name: 'web',
        memory: '2048',
        cores: 2,
        onboot: 1,
        scsi0: 'thin:vm-101-disk-0,size=8G',
        boot: 'order=scsi0',
      },
      pending: [
        { key: 'cores', pending: 4 },
        { key: 'onboot', delete: 1 },
      ],
      snapshots: [{ name: 'before', config: { memory: '1024', snaptime: 1_700_000_000 } }],
    },
    {
      vmid: 200,
      type: 'lxc',
      node: 'alpha',
      config: { hostname: 'dns', memory: 512, arch: 'amd64', ostype: 'debian', rootfs: 'thin:vm-200-disk-0,size=4G' },
    },
  ],
}

const onTwin = async (
  use: (ask: (path: string, params?: object) => Promise<unknown>) => Promise<void>,
): Promise<void> => {
  const simulator = await startSimulator({ from: description, http: true, speed: Number.POSITIVE_INFINITY })
  const client = plainClient(simulator.url)
  const headers = { authorization: `PVEAPIToken=${simulator.token}` }
  const data = ({ status, reason, body }: Answer): unknown =>
    status === 200 ? (body as { data: unknown }).data : `${status} ${reason}`
  try {
    await use(async (path, params = {}) =>
      data(await client.ask({ method: 'GET', path, params: { ...params }, headers })),
    )
  } finally {
    client.close()
    await simulator.stop()
  }
}

const pick = (value: unknown, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(keys.map((key) => [key, (value as Record<string, unknown>)[key]]))

test('a twin answers with the configuration that was described, in force and pending', () =>
  onTwin(async (ask) => {
    const current = await ask('/nodes/alpha/qemu/101/config', { current: 1 })
    assert.equal(current, {
      name: 'web',
      memory: '2048',
      cores: 2,
      onboot: 1,
      scsi0: 'thin:vm-101-disk-0,size=8G',
      boot: 'order=scsi0',
      digest: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    })
    assert.equal(pick(await ask('/nodes/alpha/qemu/101/config'), ['cores', 'onboot']), { cores: 4, onboot: undefined })
    const snapshots = (await ask('/nodes/alpha/qemu/101/snapshot')) as { name: string }[]
    assert.equal(snapshots.map(({ name }) => name).sort(), ['before', 'current'])
  }))

test('a twin lists the nodes, storages, pools and guests that were described', () =>
  onTwin(async (ask) => {
    const all = (await ask('/cluster/resources')) as Record<string, unknown>[]
    const ids = all.map(({ id }) => id).filter((id) => !String(id).startsWith('network/'))
    assert.equal(ids.sort(), [
      '/pool/prod',
      'lxc/200',
      'node/alpha',
      'node/beta',
      'qemu/101',
      'storage/alpha/local',
      'storage/alpha/thin',
      'storage/beta/local',
      'storage/beta/thin',
    ])
    const web = all.find(({ id }) => id === 'qemu/101')
    assert.equal(pick(web, ['name', 'status', 'pool', 'maxdisk']), {
      name: 'web',
      status: 'running',
      pool: 'prod',
      maxdisk: 8 * 2 ** 30,
    })
    assert.is(await ask('/nodes/beta/status'), '595 Connection refused')
  }))

test('a twin is its cluster under the name and the first node of the description', () =>
  onTwin(async (ask) => {
    const [cluster, alpha] = (await ask('/cluster/status')) as Record<string, unknown>[]
    assert.equal(pick(cluster, ['name', 'nodes']), { name: 'lab', nodes: 2 })
    assert.equal(pick(alpha, ['name', 'local', 'ip']), { name: 'alpha', local: 1, ip: '192.0.2.1' })
  }))

test('a description that cannot be built is refused with everything that is wrong with it', () => {
  assert.equal(
    parseDescription({
      nodes: [{ nam: 'a' }],
      storages: [{ storage: 'x', type: 'dir', volumes: [{ volid: 'x:1', content: 'iso', size: 'big' }] }],
      guests: 3,
    }),
    [
      'nodes[0].nam: there is no such key; there are name, ip, online, cpus, memory, fingerprint, clock_skew, network, facts',
      'nodes[0].name: is missing',
      'storages[0].volumes[0].size: a number is needed',
      'guests: a list is needed',
    ],
  )
  assert.equal(
    parseDescription({
      nodes: [{ name: 'a' }],
      guests: [
        { vmid: 100, type: 'qemu', node: 'b', config: {} },
        { vmid: 100, type: 'kvm', node: 'a', config: {} },
      ],
    }),
    [
      'guests: 100 is there twice',
      "guests: 100 is on 'b', which is no node",
      "guests: 100 is of type 'kvm'; there are qemu and lxc",
    ],
  )
  assert.equal(parseDescription(description), description)
})

test.run()
