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

test.run()
