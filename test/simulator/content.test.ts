import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lostContents, type WorldFacts } from '../../src/simulator/fact/world-facts.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import type { ClusterDescription } from '../../src/simulator/twin/description.ts'
import { plainClient } from './plain-client.ts'

const GIB = 2 ** 30

const cluster: ClusterDescription = {
  nodes: [{ name: 'pve1' }, { name: 'pve2' }],
  storages: [
    { storage: 'local', type: 'dir', options: { path: '/var/lib/vz', content: 'images,backup,rootdir,iso,vztmpl' } },
    { storage: 'thin', type: 'lvmthin', options: { vgname: 'pve', thinpool: 'data', content: 'images,rootdir' } },
    { storage: 'zfs', type: 'zfspool', options: { pool: 'rpool/data', content: 'images,rootdir' } },
  ],
  pools: [{ poolid: 'prod', comment: 'in use' }],
  guests: [
    {
      vmid: 101,
      type: 'qemu',
      node: 'pve1',
      status: 'running',
      pool: 'prod',
      config: {
        name: 'web',
        memory: 1024,
        scsi0: 'thin:vm-101-disk-0,size=8G',
        scsi1: 'thin:vm-101-disk-1,size=2G,backup=0',
        ide2: 'thin:vm-101-cloudinit,media=cdrom',
        net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0',
      },
    },
    {
      vmid: 200,
      type: 'lxc',
      node: 'pve1',
      status: 'stopped',
      config: {
        arch: 'amd64',
        hostname: 'db',
        memory: 512,
        unprivileged: 1,
        rootfs: 'thin:vm-200-disk-0,size=4G',
        mp0: 'thin:vm-200-disk-1,mp=/srv,size=1G,backup=1',
        mp1: 'thin:vm-200-disk-2,mp=/cache,size=1G',
      },
    },
  ],
}

type Bench = {
  readonly simulator: Simulator
  readonly ask: (method: string, path: string, params?: Readonly<Record<string, unknown>>) => Promise<unknown>
  readonly token: (key: string) => string
}

const onBench = (use: (bench: Bench) => Promise<void>) => async (): Promise<void> => {
  const simulator = await startSimulator({ http: true, speed: Number.POSITIVE_INFINITY, from: cluster })
  const client = plainClient(simulator.url)
  const login = await client.ask({
    method: 'POST',
    path: '/access/ticket',
    params: { username: 'root@pam', password: simulator.password },
    headers: {},
  })
  const { ticket = '', CSRFPreventionToken: csrf = '' } = (login.body as { readonly data: Record<string, string> }).data
  const headers = { cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`, csrfpreventiontoken: csrf }
  try {
    await use({
      simulator,
      ask: async (method, path, params = {}) => {
        const { status, reason, body } = await client.ask({ method, path, params, headers })
        assert.is(status, 200, `${method} ${path}: ${reason}`)
        const { data } = body as { readonly data: unknown }
        if (typeof data === 'string' && data.startsWith('UPID:'))
          assert.is(await simulator.world.tasks.ended(data), 'OK', `${method} ${path}`)
        return data
      },
      token: (key) => simulator.facts().volumes[key]?.token ?? 'none',
    })
  } finally {
    client.close()
    await simulator.stop()
  }
}

const volidsOf = ({ guests }: WorldFacts, guest: string): string => JSON.stringify(guests[guest]?.config)

test('new volumes hold something of their own, a cloud-init drive nothing', () =>
  onBench(async ({ ask, token }) => {
    await ask('PUT', '/nodes/pve1/qemu/101/config', { scsi2: 'thin:1', scsi3: 'thin:1' })
    const all = [0, 1, 2, 3].map((index) => token(`thin@pve1:vm-101-disk-${index}`))
    assert.is(new Set(all).size, 4)
    assert.is(token('thin@pve1:vm-101-cloudinit'), 'generated')
  })())

test('what a running guest writes is newer content, and a rollback brings the older one back', () =>
  onBench(async ({ simulator, ask, token }) => {
    const first = token('thin@pve1:vm-101-disk-0')
    await ask('POST', '/nodes/pve1/qemu/101/snapshot', { snapname: 'before' })
    const before = simulator.facts()
    const written = simulator.write(101)
    assert.equal(Object.keys(written), ['scsi0', 'scsi1'])
    assert.match(written['scsi0'] ?? '', new RegExp(`^${first}\\.\\d+$`))
    assert.is(token('thin@pve1:vm-101-disk-0'), written['scsi0'])
    assert.equal(lostContents(before, simulator.facts()), [])
    const then = simulator.facts()
    await ask('POST', '/nodes/pve1/qemu/101/snapshot/before/rollback')
    assert.is(token('thin@pve1:vm-101-disk-0'), first)
    assert.equal(
      lostContents(then, simulator.facts()).map(({ volid }) => volid),
      ['thin:vm-101-disk-0', 'thin:vm-101-disk-1'],
    )
    assert.throws(() => simulator.write(200), 'guest 200 does not run')
  })())

test('growth, moving, template, clones and migration keep what a volume holds', () =>
  onBench(async ({ simulator, ask, token }) => {
    const first = token('thin@pve1:vm-101-disk-0')
    await ask('POST', '/nodes/pve1/qemu/101/status/stop')
    await ask('PUT', '/nodes/pve1/qemu/101/resize', { disk: 'scsi0', size: '+1G' })
    assert.is(token('thin@pve1:vm-101-disk-0'), first)
    assert.is(simulator.facts().volumes['thin@pve1:vm-101-disk-0']?.size, 9 * GIB)
    await ask('POST', '/nodes/pve1/qemu/101/move_disk', { disk: 'scsi0', storage: 'local', format: 'qcow2', delete: 1 })
    assert.is(token('local@pve1:101/vm-101-disk-0.qcow2'), first)
    await ask('POST', '/nodes/pve1/qemu/101/clone', { newid: 102 })
    assert.is(token('local@pve1:102/vm-102-disk-0.qcow2'), first)
    await ask('POST', '/nodes/pve1/qemu/102/migrate', { target: 'pve2' })
    assert.is(token('local@pve2:102/vm-102-disk-0.qcow2'), first)
    await ask('POST', '/nodes/pve1/qemu/101/template')
    assert.is(token('local@pve1:101/base-101-disk-0.qcow2'), first)
    await ask('POST', '/nodes/pve1/qemu/101/clone', { newid: 103 })
    assert.is(token('local@pve1:101/base-101-disk-0.qcow2/103/vm-103-disk-0.qcow2'), first)
    await ask('POST', '/nodes/pve1/qemu', { vmid: 104, scsi0: `local:0,import-from=local:101/base-101-disk-0.qcow2` })
    assert.is(token('local@pve1:104/vm-104-disk-0.raw'), first)
  })())

test('a clone of a snapshot holds what the snapshot holds', () =>
  onBench(async ({ simulator, ask, token }) => {
    const first = token('thin@pve1:vm-101-disk-0')
    await ask('POST', '/nodes/pve1/qemu/101/snapshot', { snapname: 'before' })
    simulator.write(101, ['scsi0'])
    await ask('POST', '/nodes/pve1/qemu/101/clone', { newid: 102, snapname: 'before' })
    assert.is(token('thin@pve1:vm-102-disk-0'), first)
    const root = token('thin@pve1:vm-200-disk-0')
    await ask('POST', '/nodes/pve1/lxc/200/snapshot', { snapname: 'before' })
    await ask('POST', '/nodes/pve1/lxc/200/status/start')
    simulator.write(200)
    await ask('POST', '/nodes/pve1/lxc/200/clone', { newid: 201, snapname: 'before', full: 1 })
    assert.is(token('thin@pve1:vm-201-disk-0'), root)
    await ask('POST', '/nodes/pve1/lxc/200/snapshot/before/rollback')
    assert.is(token('thin@pve1:vm-200-disk-0'), root)
  })())

test('a container volume keeps what it holds when it is moved, given away, made a base and linked', () =>
  onBench(async ({ ask, token }) => {
    const [root, srv] = [token('thin@pve1:vm-200-disk-0'), token('thin@pve1:vm-200-disk-1')]
    await ask('POST', '/nodes/pve1/lxc/200/clone', { newid: 201 })
    assert.is(token('thin@pve1:vm-201-disk-0'), root)
    await ask('POST', '/nodes/pve1/lxc/200/move_volume', { volume: 'mp0', storage: 'local', delete: 1 })
    assert.is(token('local@pve1:200/vm-200-disk-0.raw'), srv)
    await ask('POST', '/nodes/pve1/lxc/200/move_volume', { volume: 'mp0', 'target-vmid': 201, 'target-volume': 'mp5' })
    assert.is(token('local@pve1:201/vm-201-disk-0.raw'), srv)
    await ask('POST', '/nodes/pve1/lxc/200/template')
    assert.is(token('thin@pve1:base-200-disk-0'), root)
  })())

test('an archive holds the volumes that were backed up, and a restore brings exactly these back', () =>
  onBench(async ({ simulator, ask, token }) => {
    const [disk, root, srv, cache] = [
      token('thin@pve1:vm-101-disk-0'),
      token('thin@pve1:vm-200-disk-0'),
      token('thin@pve1:vm-200-disk-1'),
      token('thin@pve1:vm-200-disk-2'),
    ]
    const before = simulator.facts()
    await ask('POST', '/nodes/pve1/vzdump', {
      vmid: '101,200',
      storage: 'local',
      'notes-template': '{{guestname}}',
      protected: 1,
    })
    const archives = Object.values(simulator.facts().archives)
    assert.equal(
      archives.map(({ owner, tokens, notes, protected: kept }) => ({ owner, tokens, notes, kept })),
      [
        { owner: 200, tokens: { rootfs: root, mp0: srv }, notes: 'db', kept: true },
        { owner: 101, tokens: { scsi0: disk }, notes: 'web', kept: true },
      ],
    )
    simulator.write(101)
    const archiveOf = (vmid: number): string => archives.find(({ owner }) => owner === vmid)?.volid ?? ''
    await ask('POST', '/nodes/pve1/qemu', { vmid: 301, archive: archiveOf(101), storage: 'thin' })
    assert.is(token('thin@pve1:vm-301-disk-0'), disk)
    await ask('DELETE', '/nodes/pve1/lxc/200')
    assert.equal(
      lostContents(before, simulator.facts()).map(({ volid }) => volid),
      ['thin:vm-200-disk-2'],
    )
    await ask('POST', '/nodes/pve1/lxc', { vmid: 200, ostemplate: archiveOf(200), restore: 1, storage: 'zfs' })
    assert.is(token('zfs@pve1:subvol-200-disk-0'), root)
    assert.is(token('zfs@pve1:subvol-200-disk-1'), srv)
    assert.not.ok(Object.values(simulator.facts().volumes).some((volume) => volume.token === cache))
    await ask('POST', '/nodes/pve1/lxc', {
      vmid: 202,
      ostemplate: archiveOf(200),
      restore: 1,
      rootfs: 'zfs:8',
    })
    assert.is(token('zfs@pve1:subvol-202-disk-0'), `${root}+${srv}`)
  })())

test('the facts tell pool, rights, HA, replication, backup jobs, firewall, pending values and power of a guest', () =>
  onBench(async ({ simulator, ask }) => {
    const before = simulator.facts()
    assert.equal(simulator.facts(), before)
    await ask('PUT', '/access/acl', { path: '/vms/101', users: 'root@pam', roles: 'PVEVMAdmin' })
    await ask('POST', '/cluster/ha/resources', { sid: 'vm:101', state: 'started' })
    await ask('POST', '/cluster/replication', { id: '101-0', target: 'pve2', type: 'local' })
    await ask('POST', '/cluster/backup', { id: 'nightly', vmid: '101', schedule: '02:00', storage: 'local' })
    await ask('POST', '/nodes/pve1/qemu/101/firewall/rules', { type: 'in', action: 'ACCEPT', enable: 1 })
    await ask('PUT', '/nodes/pve1/qemu/101/config', { cores: 2, delete: 'memory' })
    const facts = simulator.facts().guests['qemu/101']
    assert.equal(
      { pool: facts?.pool, comment: facts?.poolComment, power: facts?.power, lock: facts?.lock },
      { pool: 'prod', comment: 'in use', power: 'running', lock: null },
    )
    assert.equal(
      facts?.acl.map(({ who, role }) => [who, role]),
      [['root@pam', 'PVEVMAdmin']],
    )
    assert.equal(facts?.ha, { state: 'started' })
    assert.is(facts?.replication['101-0']?.['target'], 'pve2')
    assert.equal(facts?.backupJobs, ['nightly'])
    assert.is(facts?.firewall.rules.length, 1)
    assert.equal([facts?.pending, facts?.pendingDelete], [{ cores: '2' }, ['memory']])
    assert.match(volidsOf(simulator.facts(), 'qemu/101'), /thin:vm-101-disk-0/)
    await ask('POST', '/nodes/pve1/qemu/101/status/suspend')
    assert.is(simulator.facts().guests['qemu/101']?.power, 'paused')
  })())

test('facts and writes are there over HTTP too', () =>
  onBench(async ({ simulator }) => {
    const control = async (method: string, path: string, body?: unknown): Promise<readonly [number, unknown]> => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) }
      const answer = await fetch(`${simulator.url}${path}`, { method, ...sent })
      return [answer.status, await answer.json()]
    }
    assert.equal(await control('GET', '/simulator/facts'), [200, JSON.parse(JSON.stringify(simulator.facts()))])
    const [status, written] = await control('POST', '/simulator/write', { vmid: 101, keys: ['scsi1'] })
    assert.equal([status, Object.keys(written as object)], [200, ['scsi1']])
    assert.is((await control('POST', '/simulator/write', { vmid: 200 }))[0], 409)
    assert.is((await control('POST', '/simulator/write', {}))[0], 400)
    assert.is((await control('PUT', '/simulator/write', {}))[0], 405)
    assert.is((await control('POST', '/simulator/facts', {}))[0], 405)
  })())

test.run()
