import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startSimulator } from '../../src/simulator/start.ts'
import { plainClient } from './plain-client.ts'
import { tell } from './story.ts'

const FAILED = 'Parameter verification failed.'

test('HA resources and rules answer as PVE does', () =>
  tell([
    {
      ask: 'POST /cluster/ha/resources',
      with: { sid: 'vm:9999' },
      says: "resource 'vm:9999' does not exist in cluster",
    },
    { ask: 'POST /cluster/ha/resources', with: { sid: '100', state: 'stopped', max_restart: 2, comment: 'ha' } },
    {
      ask: 'POST /cluster/ha/resources',
      with: { sid: 'vm:100' },
      says: "create resource failed: resource ID 'vm:100' already defined",
    },
    {
      ask: 'GET /cluster/ha/resources/vm:100',
      data: { comment: 'ha', state: 'stopped', digest: 'd', type: 'vm', max_restart: 2, sid: 'vm:100' },
    },
    { ask: 'PUT /cluster/ha/resources/vm:100', with: { delete: 'comment,max_relocate' } },
    { ask: 'POST /cluster/ha/rules', with: { rule: 'r1', type: 'node-affinity', resources: 'vm:100', nodes: 'pve1' } },
    {
      ask: 'GET /cluster/ha/rules/r1',
      data: { resources: 'vm:100', nodes: 'pve1', type: 'node-affinity', order: 1, rule: 'r1', digest: 'd' },
    },
    {
      ask: 'POST /cluster/ha/rules',
      with: { rule: 'r2', type: 'node-affinity', resources: 'vm:100' },
      says: FAILED,
      errors: { nodes: 'property is missing and it is not optional' },
    },
    {
      ask: 'POST /cluster/ha/rules',
      with: { rule: 'r2', type: 'node-affinity', nodes: 'pve1', resources: 'vm:100', affinity: 'negative' },
      says: FAILED,
    },
    { ask: 'GET /cluster/ha/groups', says: 'cannot index groups: ha groups have been migrated to rules' },
    { ask: 'DELETE /cluster/ha/resources/vm:100' },
    { ask: 'GET /cluster/ha/rules', data: [] },
  ]))

test('where a HA manager runs it starts and stops what it is asked for', async () => {
  const simulator = await startSimulator({ http: true, clock: 'virtual' })
  const client = plainClient(simulator.url)
  const headers = { authorization: `PVEAPIToken=${simulator.token}` }
  const ask = (method: string, path: string, params = {}) => client.ask({ method, path, params, headers })
  const { clock, tasks, guests } = simulator.world
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) {
      clock.tick(1000)
      await new Promise<void>((done) => setImmediate(done))
    }
  }
  try {
    await ask('POST', '/nodes/pve1/qemu', { vmid: 700, name: 'ha', memory: 128 })
    await settle()
    await ask('POST', '/cluster/ha/resources', { sid: 'vm:700', state: 'stopped' })
    await ask('POST', '/nodes/pve1/qemu/700/status/start')
    await settle()
    assert.ok(guests.get(700)?.running)
    await ask('PUT', '/cluster/ha/resources/vm:700', { state: 'stopped' })
    await settle()
    assert.is(guests.get(700)?.running, undefined)
    assert.equal(
      tasks
        .list()
        .filter(({ id }) => id === '700')
        .map(({ type, exitstatus }) => `${type} ${exitstatus}`)
        .reverse(),
      ['qmcreate OK', 'hastart OK', 'qmstart OK', 'qmshutdown OK'],
    )
  } finally {
    client.close()
    await simulator.stop()
  }
})

test('pools hold guests and storages, all of a change or nothing of it', () =>
  tell([
    {
      ask: 'POST /pools',
      with: { poolid: 'bad pool' },
      says: FAILED,
      errors: { poolid: "invalid format - pool name 'bad pool' contains invalid characters\n" },
    },
    {
      ask: 'POST /pools',
      with: { poolid: 'nope/sub' },
      says: "create pool failed: parent 'nope' of pool 'nope/sub' does not exist",
    },
    { ask: 'POST /pools', with: { poolid: 'p1', comment: 'c1' } },
    { ask: 'POST /pools', with: { poolid: 'p1' }, says: "create pool failed: pool 'p1' already exists" },
    { ask: 'PUT /pools', with: { poolid: 'p1', vms: '9999' } },
    { ask: 'GET /pools/p1', data: { members: [], poolid: 'p1', comment: 'c1' } },
    { ask: 'PUT /pools', with: { poolid: 'p1', vms: '100', storage: 'local', comment: 'c2' } },
    {
      ask: 'PUT /pools',
      with: { poolid: 'p1', vms: '200,100' },
      says: 'update pools failed: VM 100 is already a pool member',
    },
    { ask: 'GET /pools', with: { poolid: 'p1', type: 'lxc' }, data: [{ members: [], poolid: 'p1', comment: 'c2' }] },
    { ask: 'POST /pools', with: { poolid: 'p2' } },
    {
      ask: 'PUT /pools',
      with: { poolid: 'p2', vms: '100' },
      says: "update pools failed: VM 100 belongs already to pool 'p1' and 'allow-move' is not set",
    },
    { ask: 'PUT /pools', with: { poolid: 'p2', vms: '100', 'allow-move': 1 } },
    {
      ask: 'DELETE /pools',
      with: { poolid: 'p2' },
      says: "delete pool failed: pool 'p2' is not empty (contains VM 100)",
    },
    { ask: 'PUT /pools', with: { poolid: 'p2', vms: '100', delete: 1 } },
    {
      ask: 'PUT /pools',
      with: { poolid: 'p2', vms: '100', delete: 1 },
      says: 'update pools failed: VM 100 is not a pool member',
    },
    { ask: 'DELETE /pools/p2' },
    { ask: 'DELETE /pools/p1', says: "delete pool failed: pool 'p1' is not empty (contains storage 'local')" },
  ]))

test('backup jobs are kept as given and say when they run next', () =>
  tell([
    {
      ask: 'POST /cluster/backup',
      with: { schedule: 'bogus', storage: 'local', all: 1 },
      says: FAILED,
      errors: { schedule: "invalid format - invalid calendar event 'bogus' - unable to parse calendar event\n\n" },
    },
    {
      ask: 'POST /cluster/backup',
      with: { id: 'job1', schedule: '02:00', storage: 'local', vmid: '100', mode: 'stop' },
    },
    { ask: 'PUT /cluster/backup/job1', with: { enabled: 0 } },
    {
      ask: 'GET /cluster/backup/job1',
      data: { vmid: '100', type: 'vzdump', mode: 'stop', schedule: '02:00', storage: 'local', enabled: 0, id: 'job1' },
    },
    {
      ask: 'PUT /cluster/backup/job1',
      with: { delete: 'nosuch' },
      says: FAILED,
      errors: { delete: "unknown option 'nosuch'" },
    },
    {
      ask: 'GET /cluster/backup-info/not-backed-up',
      data: [
        { vmid: 200, name: 'ct200', type: 'lxc' },
        { vmid: 9000, name: 'tmpl-idle', type: 'qemu' },
      ],
    },
    {
      ask: 'GET /cluster/jobs/schedule-analyze',
      with: { schedule: 'mon..fri 02:30', starttime: 1_795_258_198, iterations: 2 },
      data: [
        { timestamp: 1_795_401_000, utc: 'Mon, 23 Nov 2026 02:30:00 GMT' },
        { timestamp: 1_795_487_400, utc: 'Tue, 24 Nov 2026 02:30:00 GMT' },
      ],
    },
    {
      ask: 'GET /cluster/jobs/schedule-analyze',
      with: { schedule: 'sat *-1..7 15:00', starttime: 1_795_258_198, iterations: 2 },
      data: [
        { timestamp: Date.UTC(2026, 11, 5, 15) / 1000, utc: 'Sat, 05 Dec 2026 15:00:00 GMT' },
        { timestamp: Date.UTC(2027, 0, 2, 15) / 1000, utc: 'Sat, 02 Jan 2027 15:00:00 GMT' },
      ],
    },
    {
      ask: 'GET /cluster/jobs/schedule-analyze',
      with: { schedule: '2026-12-01 10:00:30', starttime: 1_795_258_198, iterations: 2 },
      data: [{ timestamp: Date.UTC(2026, 11, 1, 10, 0, 30) / 1000, utc: 'Tue, 01 Dec 2026 10:00:30 GMT' }],
    },
    {
      ask: 'GET /cluster/jobs/schedule-analyze',
      with: { schedule: '*-*-* 02:00', starttime: 1_795_258_198, iterations: 1 },
      data: [{ timestamp: Date.UTC(2026, 10, 22, 2) / 1000, utc: 'Sun, 22 Nov 2026 02:00:00 GMT' }],
    },
    { ask: 'GET /cluster/jobs/schedule-analyze', with: { schedule: 'monthly' }, says: FAILED },
    { ask: 'DELETE /cluster/backup/job1' },
    { ask: 'DELETE /cluster/backup/job1', says: '400 Parameter verification failed.' },
  ]))

test('cluster options read back parsed', () =>
  tell([
    { ask: 'PUT /cluster/options', with: { keyboard: 'xx' }, says: FAILED },
    {
      ask: 'PUT /cluster/options',
      with: {
        keyboard: 'de',
        mac_prefix: 'BC:24:11',
        'next-id': 'lower=500,upper=600',
        'tag-style': 'shape=full,ordering=alphabetical',
        description: 'dc',
      },
    },
    {
      ask: 'GET /cluster/options',
      data: {
        mac_prefix: 'BC:24:11',
        'next-id': { lower: '500', upper: '600' },
        keyboard: 'de',
        description: 'dc\n',
        'tag-style': { shape: 'full', ordering: 'alphabetical' },
        'allowed-tags': [],
      },
    },
    { ask: 'GET /cluster/nextid', data: '500' },
    { ask: 'PUT /cluster/options', with: { delete: 'next-id,keyboard,tag-style,description' } },
    { ask: 'GET /cluster/options', data: { mac_prefix: 'BC:24:11', description: '', 'allowed-tags': [] } },
    {
      ask: 'POST /cluster/replication',
      with: { id: '100-0', type: 'local', target: 'pve2' },
      says: "Target 'pve2' does not exist.",
    },
    { ask: 'POST /cluster/mapping/dir', with: { id: 'm1', map: 'node=pve1,path=/srv' } },
    { ask: 'GET /cluster/mapping/dir', data: [{ type: 'dir', id: 'm1', digest: 'd', map: ['node=pve1,path=/srv'] }] },
    { ask: 'GET /cluster/resources', with: { type: 'network' }, says: FAILED },
  ]))

test.run()
