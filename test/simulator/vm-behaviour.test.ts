import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { field, makeContainer, makeVm, onCluster } from './cluster-bench.ts'

// What is easy to get wrong about a real server, kind by kind; seen on PVE 9.2 unless a test says where else it stands.

test('a VM on a missing bridge does not start: virtio says so itself, for others QEMU ends', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const virtio = await makeVm(bench, 101, { net0: 'virtio,bridge=vmbr9' })
    assert.is((await ask('POST', `${virtio}/status/start`)).task, "bridge 'vmbr9' does not exist")
    const e1000 = await makeVm(bench, 102, { net0: 'e1000,bridge=vmbr9' })
    assert.is((await ask('POST', `${e1000}/status/start`)).task, 'start failed: QEMU exited with code 1')
    const large = await makeVm(bench, 103, { net0: 'virtio,bridge=vmbr0,mtu=9000' })
    assert.is(
      (await ask('POST', `${large}/status/start`)).task,
      "netdev net0: MTU '9000' is bigger than the bridge MTU '1500'",
    )
  }))

test('with memory hotplug a VM needs a gigabyte and NUMA to start', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101, { hotplug: 'disk,memory', memory: 512 })
    const start = async () => (await ask('POST', `${path}/status/start`)).task
    assert.is(await start(), 'NUMA needs to be enabled for memory hotplug')
    await ask('PUT', `${path}/config`, { numa: 1 })
    assert.is(await start(), 'minimum memory must be 1024MB')
    await ask('PUT', `${path}/config`, { memory: 1024 })
    assert.is(await start(), 'OK')
  }))

test('of two snapshots at once the second finds the guest locked', () =>
  onCluster(async (bench) => {
    for (const path of [await makeVm(bench, 101, { scsi0: 'thin:1' }), await makeContainer(bench, 200)]) {
      const asked = ['one', 'two'].map((snapname) => bench.ask('POST', `${path}/snapshot`, { snapname }))
      const kind = path.includes('qemu') ? 'VM' : 'CT'
      assert.equal(
        (await Promise.all(asked)).map(({ task }) => task),
        ['OK', `${kind} is locked (snapshot)`],
      )
      assert.is(field(await bench.ask('GET', `${path}/config`), 'lock'), undefined)
    }
  }, 4))

test('a CD drive added by a change goes to the end of the boot order, and a Windows guest has its machine pinned', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101, { scsi0: 'thin:1', boot: 'order=scsi0' })
    await ask('PUT', `${path}/config`, { ide0: 'none,media=cdrom' })
    assert.is(field(await ask('GET', `${path}/config`), 'boot'), 'order=scsi0;ide0')
    await ask('POST', `${path}/status/start`)
    await ask('PUT', `${path}/config`, { ide2: 'none,media=cdrom' })
    assert.is(field(await ask('GET', `${path}/config`, { current: 1 }), 'boot'), 'order=scsi0;ide0')
    assert.is(field(await ask('GET', `${path}/config`), 'boot'), 'order=scsi0;ide0;ide2')
    await ask('PUT', `${path}/config`, { revert: 'ide2' })
    await ask('POST', `${path}/status/stop`)
    const config = await ask('GET', `${path}/config`)
    assert.equal([field(config, 'boot'), field(config, 'ide2')], ['order=scsi0;ide0;ide2', undefined])
    assert.is(
      (await ask('PUT', `${path}/config`, { boot: 'order=scsi0;ide0;ide2' })).line,
      "500 invalid bootorder: device 'ide2' does not exist'",
    )
    await ask('PUT', `${path}/config`, { ostype: 'win11' })
    assert.is(field(await ask('GET', `${path}/config`), 'machine'), 'pc-i440fx-10.0+pve1')
    const other = await makeVm(bench, 102, { machine: 'q35' })
    await ask('PUT', `${other}/config`, { ostype: 'win11', machine: 'q35' })
    assert.is(field(await ask('GET', `${other}/config`), 'machine'), 'q35', 'a machine that is named stays as it is')
    await ask('PUT', `${other}/config`, { ostype: 'l26' })
    await ask('PUT', `${other}/config`, { ostype: 'win11', delete: 'machine' })
    assert.is(field(await ask('GET', `${other}/config`), 'machine'), undefined, 'nor is one that is taken away')
  }))

test('growth leaves a pending value of the same disk alone, and one option that pends keeps the whole device waiting', () =>
  onCluster(async (bench) => {
    const { ask, simulator } = bench
    const path = await makeVm(bench, 101, { scsi0: 'thin:1' })
    await ask('POST', `${path}/status/start`)
    await ask('PUT', `${path}/config`, { scsi0: 'thin:vm-101-disk-0,cache=writeback,iops_rd=100' })
    const live = await ask('GET', `${path}/config`, { current: 1 })
    assert.is(
      field(live, 'scsi0'),
      'thin:vm-101-disk-0,size=1G',
      'the limit could change live, but waits with the cache',
    )
    await ask('PUT', `${path}/resize`, { disk: 'scsi0', size: '+1G' })
    await ask('POST', `${path}/status/stop`)
    await ask('POST', `${path}/status/start`)
    assert.is(
      field(await ask('GET', `${path}/config`), 'scsi0'),
      'thin:vm-101-disk-0,cache=writeback,iops_rd=100,size=1G',
    )
    assert.is(simulator.facts().volumes['thin@pve1:vm-101-disk-0']?.size, 2 * 2 ** 30)
  }))

test('a paused VM does not shut down', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101)
    await ask('POST', `${path}/status/start`)
    await ask('POST', `${path}/status/suspend`)
    assert.is((await ask('POST', `${path}/status/shutdown`)).line, '500 VM is paused - cannot shutdown')
  }))

test('a JSON null takes a description away, and a list of tags is one text; lists where none may be are refused', () =>
  onCluster(async (bench) => {
    const { ask, simulator } = bench
    const path = await makeVm(bench, 101, { description: 'first' })
    const send = async (body: object) => {
      const answer = await fetch(`${simulator.url}/api2/json${path}/config`, {
        method: 'PUT',
        headers: { authorization: `PVEAPIToken=${simulator.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const { errors } = (await answer.json()) as { readonly errors?: unknown }
      return { line: `${answer.status} ${answer.statusText}`, errors }
    }
    assert.is((await send({ description: null, tags: ['b', 'A'] })).line, '200 OK')
    const config = await ask('GET', `${path}/config`)
    assert.equal([field(config, 'description'), field(config, 'tags')], [undefined, 'a;b'])
    assert.is((await send({ cores: null })).line, "500 unable to parse value of 'cores' - got undefined value")
    assert.equal((await send({ name: ['a', 'b'] })).errors, { name: "type check ('string') failed - got ARRAY" })
  }))

test('drive options that exclude one another are refused together', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101, { scsi0: 'thin:1' })
    for (const [key, line] of [
      ['virtio0', 'none,media=cdrom'],
      ['scsi0', 'thin:vm-101-disk-0,mbps=10,mbps_rd=5'],
      ['scsi0', 'thin:vm-101-disk-0,iops=10,iops_wr=5'],
    ] as const) {
      const told = await ask('PUT', `${path}/config`, { [key]: line })
      assert.equal(told.errors, { [key]: 'unable to parse drive options' }, line)
    }
  }))

test('a cloud-init drive is refused when it has been written where cicustom names a storage that is not there', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101, { cicustom: 'user=nope:snippets/user.yaml' })
    assert.is(
      (await ask('PUT', `${path}/config`, { ide2: 'thin:cloudinit' })).line,
      "500 storage 'nope' does not exist",
    )
    assert.match(`${field(await ask('GET', `${path}/config`), 'ide2')}`, /^thin:vm-101-cloudinit,media=cdrom/)
    assert.is((await ask('POST', `${path}/status/start`)).task, "storage 'nope' does not exist")
    await ask('PUT', `${path}/config`, { cicustom: 'user=local:snippets/user.yaml' })
    assert.is((await ask('POST', `${path}/status/start`)).task, 'OK')
  }))

test('smp is another name for sockets and takes the cores away', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101, { cores: 4 })
    await ask('PUT', `${path}/config`, { smp: 2 })
    const config = await ask('GET', `${path}/config`)
    assert.equal(
      ['smp', 'sockets', 'cores'].map((key) => field(config, key)),
      [undefined, 2, undefined],
    )
  }))

test('form bodies are split at semicolons too, a value ends at a second equals sign, and a name may come twice', () =>
  onCluster(async (bench) => {
    const { ask, simulator } = bench
    const path = await makeVm(bench, 101)
    const send = async (body: string) => {
      const answer = await fetch(`${simulator.url}/api2/json${path}/config`, {
        method: 'PUT',
        headers: {
          authorization: `PVEAPIToken=${simulator.token}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body,
      })
      return `${answer.status}`
    }
    assert.is(await send('cores=2;sockets=2'), '200')
    assert.is(field(await ask('GET', `${path}/config`), 'sockets'), 2)
    assert.is(await send('net0=virtio,bridge=vmbr0'), '400')
    assert.is(await send('net0=virtio%3DBC:24:11:00:00:01%2Cbridge%3Dvmbr0'), '200')
    assert.is(await send('name=one&name=two'), '400')
    assert.is(await send('tags=one&tags=two'), '200')
    assert.is(field(await ask('GET', `${path}/config`), 'tags'), 'one;two')
  }))

test.run()
