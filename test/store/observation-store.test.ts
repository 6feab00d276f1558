import { createRequire } from 'node:module'
import type BetterSqlite from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseVmid, type Vmid } from '../../src/resource/guest.ts'
import type { Observed, ObservedGuest } from '../../src/resource/observed.ts'
import { openStore } from '../../src/store/open-store.ts'
import { openTemporaryStore, storeOptions } from './temporary-store.ts'

const Sqlite = createRequire(import.meta.url)('better-sqlite3') as typeof BetterSqlite

const vmid = (number: number): Vmid => {
  const parsed = parseVmid(number)
  if (parsed === undefined) throw new Error(`${number} is no VMID`)
  return parsed
}

const guest = (number: number, changes: Partial<ObservedGuest> = {}): ObservedGuest => ({
  type: 'qemu',
  vmid: vmid(number),
  node: 'pve1',
  name: `vm-${number}`,
  status: 'stopped',
  template: false,
  current: {
    cores: '2',
    scsi0: `local-lvm:vm-${number}-disk-0,size=8G`,
    net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=20',
  },
  pending: {},
  digest: `digest-${number}`,
  ...changes,
})

const cluster = (guests: readonly ObservedGuest[]): Observed => ({
  cluster: { name: 'lab', version: '9.2', fingerprint: 'AA:BB' },
  nodes: [
    { node: 'pve1', status: 'online' },
    { node: 'pve2', status: 'offline' },
  ],
  storages: [
    {
      storage: 'local',
      node: 'pve1',
      type: 'dir',
      content: ['iso', 'backup'],
      shared: false,
      active: true,
      total: 2 ** 40,
      used: 5,
      volumes: ['local:iso/debian.iso', 'local:vztmpl/debian.tar.zst'],
    },
    {
      storage: 'tank',
      node: 'pve1',
      type: 'zfspool',
      content: ['images'],
      shared: false,
      active: true,
      total: 2 ** 40,
      used: 5,
    },
  ],
  pools: [{ poolid: 'dev' }, { poolid: 'prod', comment: 'do not touch' }],
  guests,
})

test('facts of nodes, rights and what a guest was started with are read back; a state without them is read, too', async () => {
  const { store, path } = await openTemporaryStore()
  const [first, ...others] = cluster([]).nodes
  if (!first) throw new Error('the cluster has a node')
  const observed: Observed = {
    ...cluster([
      { ...guest(100), lastStart: 'UPID:x', atStart: { seen: '2026-01-01T00:00:00.000Z', values: { ciuser: null } } },
    ]),
    nodes: [{ ...first, cpus: 8, memory: 2 ** 34, bridges: ['vmbr0'] }, ...others],
    rights: { principal: 'a@pve!b', separated: false, paths: { '/': { 'VM.Audit': true } } },
  }
  await store.observations.save(observed, '2026-01-01T00:00:00.000Z', 1)
  assert.equal((await store.observations.latest())?.observed, observed)
  const database = new Sqlite(path)
  database.exec('update node set facts = null; update cluster set rights = null')
  database.close()
  const { rights: _rights, ...rest } = observed
  assert.equal((await store.observations.latest())?.observed, { ...rest, nodes: [first, ...others] })
  await store.close()
})

test('before the first sync nothing is known', async () => {
  const { store } = await openTemporaryStore()
  assert.is(await store.observations.latest(), undefined)
  await store.close()
})

test('what a sync saved is read back equal, also after the file was closed', async () => {
  const { store, path } = await openTemporaryStore()
  const observed = cluster([
    guest(100, { pool: 'prod', pending: { cores: { value: '4' }, net1: {} }, status: 'running' }),
    guest(101, { lock: 'backup', snapshots: ['a', 'b'], unknownSince: '2026-01-01T00:00:00.000Z' }),
    guest(200, {
      type: 'lxc',
      template: true,
      current: {
        rootfs: 'local:200/vm-200-disk-0.raw,size=8G',
        net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:02,type=veth',
      },
    }),
  ])
  await store.observations.save(observed, '2026-01-01T00:00:00.000Z', 12.3)
  await store.close()
  const again = await openStore(path, storeOptions())
  assert.equal(await again.observations.latest(), { observed, syncedAt: '2026-01-01T00:00:00.000Z' })
  await again.close()
})

test('a later sync replaces the earlier one: guests go, change and come', async () => {
  const { store } = await openTemporaryStore()
  await store.observations.save(cluster([guest(100), guest(101), guest(102)]), '2026-01-01T00:00:00.000Z', 1)
  const later = cluster([guest(100), guest(102, { current: { cores: '8' } }), guest(103)])
  await store.observations.save(later, '2026-01-02T00:00:00.000Z', 1)
  assert.equal((await store.observations.latest())?.observed, later)
  await store.close()
})

test('the history of a guest holds one entry for each change of its configuration, newest first', async () => {
  const { store } = await openTemporaryStore()
  const saves: readonly (readonly [string, ObservedGuest])[] = [
    ['2026-01-01T00:00:00.000Z', guest(100, { current: { cores: '1' } })],
    ['2026-01-02T00:00:00.000Z', guest(100, { current: { cores: '1' }, status: 'running' })],
    ['2026-01-03T00:00:00.000Z', guest(100, { current: { cores: '2' } })],
    ['2026-01-04T00:00:00.000Z', guest(100, { current: { cores: '1' } })],
  ]
  for (const [at, seen] of saves) await store.observations.save(cluster([seen]), at, 1)
  const history = await store.observations.historyOf(100)
  assert.equal(
    history.map(({ syncedAt, config }) => [syncedAt, config.current['cores']]),
    [
      ['2026-01-04T00:00:00.000Z', '1'],
      ['2026-01-03T00:00:00.000Z', '2'],
      ['2026-01-01T00:00:00.000Z', '1'],
    ],
  )
  assert.is(history[0]?.hash, history[2]?.hash)
  await store.close()
})

test('ten thousand guests are saved and read back whole', async () => {
  const { store } = await openTemporaryStore()
  const observed = cluster(Array.from({ length: 10_000 }, (_, i) => guest(100 + i)))
  await store.observations.save(observed, '2026-01-01T00:00:00.000Z', 1)
  assert.equal((await store.observations.latest())?.observed, observed)
  await store.close()
})

test.run()
