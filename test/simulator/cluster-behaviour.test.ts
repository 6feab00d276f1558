import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { alpine, column, makeContainer, makeVm, onCluster } from './cluster-bench.ts'

// What is easy to get wrong about a real server, kind by kind; seen on PVE 9.2 unless a test says where else it stands.

test('a pool needs its parent, and a guest with a replication job stays', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    assert.match(
      (await ask('POST', '/pools', { poolid: 'p2/sub' })).line,
      /^500 .*parent 'p2' of pool 'p2\/sub' does not exist$/,
    )
    const path = await makeVm(bench, 101, { scsi0: 'tank:1' })
    await ask('POST', '/cluster/replication', { id: '101-0', target: 'pve2', type: 'local' })
    assert.is(
      (await ask('DELETE', path)).line,
      "500 There is a replication job '101-0' for guest '101' - Please remove that first.",
    )
    assert.is((await ask('DELETE', path, { purge: 1 })).task, 'OK')
  }))

test('a new guest is unknown to the lists for a while; one whose number was taken before shows what its predecessor had', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    const entry = async (vmid: number) => {
      const rows = (await ask('GET', '/cluster/resources', { type: 'vm' })).data as readonly Record<string, unknown>[]
      return rows.find((row) => row['vmid'] === vmid)
    }
    const old = await makeContainer(bench, 200, { hostname: 'old' })
    assert.equal(await entry(200), { id: 'lxc/200', type: 'lxc', node: 'pve1', vmid: 200, status: 'unknown' })
    await world.clock.sleep(10_000)
    assert.is((await entry(200))?.['name'], 'old')
    await ask('DELETE', old)
    await makeContainer(bench, 200, { hostname: 'new' })
    assert.is((await entry(200))?.['name'], 'old')
    await world.clock.sleep(10_000)
    assert.is((await entry(200))?.['name'], 'new')
  }))

test('an HA resource must be of the kind its name says, and rules must not contradict one another', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    await makeVm(bench, 101)
    for (const vmid of [200, 201, 202]) await makeContainer(bench, vmid)
    const add = async (sid: string) => (await ask('POST', '/cluster/ha/resources', { sid, state: 'stopped' })).line
    assert.is(await add('ct:101'), "500 resource 'ct:101' - guest with ID 101 is not a container")
    assert.is(await add('vm:200'), "500 resource 'vm:200' - guest with ID 200 is not a VM")
    assert.is(await add('vm:999'), "500 resource 'vm:999' does not exist in cluster")
    for (const sid of ['vm:101', 'ct:200', 'ct:201', 'ct:202']) assert.is(await add(sid), '200 OK')
    const rule = (name: string, more: object) => ask('POST', '/cluster/ha/rules', { rule: name, ...more })
    const invalid = (name: string): string => `500 create ha rule failed: 400 Rule '${name}' is invalid.`
    const many = { type: 'resource-affinity', affinity: 'negative', resources: 'ct:200,ct:201,ct:202' }
    assert.is((await rule('apart', many)).line, invalid('apart'))
    assert.is((await rule('apart', { ...many, resources: 'ct:200,ct:201' })).line, '200 OK')
    const together = { type: 'resource-affinity', affinity: 'positive', resources: 'ct:200,ct:201,vm:101' }
    assert.is((await rule('together', together)).line, invalid('together'))
    assert.is((await rule('alone', { ...together, resources: 'vm:101' })).line, invalid('alone'))
    const place = { type: 'node-affinity', resources: 'vm:101', nodes: 'pve1' }
    assert.is((await rule('here', place)).line, '200 OK')
    assert.is((await rule('there', { ...place, nodes: 'pve2' })).line, invalid('there'))
    await ask('PUT', '/cluster/ha/rules/apart', { type: 'resource-affinity', disable: 1 })
    await rule('together', together)
    const rules = (await ask('GET', '/cluster/ha/rules')).data as readonly Record<string, unknown>[]
    assert.equal(
      rules.map((each) => each['errors']),
      [undefined, undefined, undefined],
    )
  }))

test("lists show the HA manager's state of a guest, and what is asked for only until it has looked", () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    await makeVm(bench, 101)
    const hastate = async () => column(await ask('GET', '/cluster/resources', { type: 'vm' }), 'hastate')[0]
    await world.clock.sleep(10_000)
    await ask('POST', '/cluster/ha/resources', { sid: 'vm:101', state: 'started' })
    assert.is(await hastate(), 'started')
    await world.clock.sleep(10_000)
    await ask('PUT', '/cluster/ha/resources/vm:101', { state: 'stopped' })
    assert.ok(['started', 'request_stop'].includes(`${await hastate()}`), 'the manager has not carried it out')
    await world.clock.sleep(10_000)
    assert.is(await hastate(), 'stopped')
    await ask('DELETE', '/cluster/ha/resources/vm:101')
    assert.is(await hastate(), undefined)
  }, 200))

test('of a VM and a container asked for at once under one number the VM is made', () =>
  onCluster(async (bench) => {
    const container = { vmid: 130, ostemplate: alpine, rootfs: 'thin:1' }
    const [ct, vm] = await Promise.all([
      bench.ask('POST', '/nodes/pve1/lxc', container),
      bench.ask('POST', '/nodes/pve1/qemu', { vmid: 130 }),
    ])
    assert.is(vm?.task, 'OK')
    assert.is(ct?.line, "500 unable to create CT 130 - VM 130 already exists on node 'pve1'")
  }, 0.1))

test.run()
