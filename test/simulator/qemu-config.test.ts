import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Bench, field, makeVm as makeAnyVm, onCluster } from './cluster-bench.ts'

const makeVm: typeof makeAnyVm = (bench, vmid, more) =>
  makeAnyVm(bench, vmid, { scsihw: 'virtio-scsi-single', ...more })

const pendingOf = async ({ ask }: Bench, path: string, key: string): Promise<unknown> => {
  const rows = (await ask('GET', `${path}/pending`)).data as readonly Record<string, unknown>[]
  return rows.find((row) => row['key'] === key)
}

test('a new VM gets identity, boot order and real volumes, and keeps them in the form PVE writes', () =>
  onCluster(async (bench) => {
    const path = await makeVm(bench, 101, {
      scsi0: 'thin:4,discard=on,ssd=1',
      ide2: 'thin:cloudinit',
      net0: 'virtio,bridge=vmbr0',
      tags: 'B;a,b',
      cores: 2,
    })
    const config = await bench.ask('GET', `${path}/config`)
    assert.is(field(config, 'scsi0'), 'thin:vm-101-disk-0,discard=on,size=4G,ssd=1')
    assert.is(field(config, 'ide2'), 'thin:vm-101-cloudinit,media=cdrom')
    assert.is(field(config, 'boot'), 'order=scsi0;ide2;net0')
    assert.is(field(config, 'tags'), 'a;b')
    assert.is(field(config, 'cores'), 2)
    assert.is(field(config, 'memory'), '256')
    assert.match(String(field(config, 'net0')), /^virtio=BC:24:11:[0-9A-F:]{8},bridge=vmbr0$/)
    assert.match(String(field(config, 'smbios1')), /^uuid=/)
    assert.match(String(field(config, 'digest')), /^[0-9a-f]{40}$/)
  }))

test('a create that fails in the middle leaves neither volumes nor a configuration', () =>
  onCluster(async ({ ask }) => {
    const told = await ask('POST', '/nodes/pve1/qemu', {
      vmid: 102,
      scsi0: 'thin:1',
      scsi1: 'thin:0,import-from=local:import/none.raw',
    })
    assert.is(told.task, "unable to create VM 102 - failed to stat '/var/lib/vz/import/none.raw'")
    assert.is(
      (await ask('GET', '/nodes/pve1/qemu/102/config')).line,
      "500 Configuration file 'nodes/pve1/qemu-server/102.conf' does not exist",
    )
    const volumes = (await ask('GET', '/nodes/pve1/storage/thin/content', { vmid: 102 })).data as readonly unknown[]
    assert.equal(volumes, [])
  }))

test('a digest that is out of date is refused and the right one is taken', () =>
  onCluster(async (bench) => {
    const path = await makeVm(bench, 103)
    const digest = field(await bench.ask('GET', `${path}/config`), 'digest')
    assert.is((await bench.ask('PUT', `${path}/config`, { cores: 2, digest })).line, '200 OK')
    const stale = await bench.ask('PUT', `${path}/config`, { cores: 3, digest })
    assert.is(stale.line, '500 checksum mismatch (file change by other user?)')
    assert.is(field(await bench.ask('GET', `${path}/config`), 'cores'), 2)
  }))

test('changes that a running VM cannot take wait for the next start, others are live at once', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 104, { scsi0: 'thin:1', cores: 1, tags: 'old' })
    assert.is((await ask('POST', `${path}/status/start`)).task, 'OK')
    await ask('PUT', `${path}/config`, { cores: 4, tags: 'new', description: 'now', delete: 'memory' })
    assert.equal(await pendingOf(bench, path, 'cores'), { key: 'cores', value: 1, pending: 4 })
    assert.equal(await pendingOf(bench, path, 'tags'), { key: 'tags', value: 'new' })
    assert.equal(await pendingOf(bench, path, 'memory'), { key: 'memory', value: '256', delete: 1 })
    assert.is(field(await ask('GET', `${path}/config`), 'cores'), 4)
    assert.is(field(await ask('GET', `${path}/config`, { current: 1 }), 'cores'), 1)
    await ask('PUT', `${path}/config`, { revert: 'memory' })
    assert.equal(await pendingOf(bench, path, 'memory'), { key: 'memory', value: '256' })
    assert.is((await ask('POST', `${path}/status/stop`)).task, 'OK')
    assert.equal(await pendingOf(bench, path, 'cores'), { key: 'cores', value: 4 })
  }))

test('the node of the recordings keeps a hot-unplugged disk busy and leaves the change pending', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    Object.assign(world, { guestsReact: false })
    const path = await makeVm(bench, 105, { scsi0: 'thin:1', scsi1: 'thin:2', boot: 'order=scsi0' })
    await ask('POST', `${path}/status/start`)
    const busy = await ask('PUT', `${path}/config`, { delete: 'scsi1' })
    assert.equal(busy.errors, {
      scsi1: "hotplug problem - error on hot-unplugging device 'virtioscsi1' - still busy in guest?\n",
    })
    const boot = await ask('PUT', `${path}/config`, { delete: 'scsi0' })
    assert.equal(boot.errors, { scsi0: "hotplug problem - can't unplug bootdisk 'scsi0'\n" })
    assert.is(((await pendingOf(bench, path, 'scsi1')) as Record<string, unknown>)['delete'], 1)
  }))

test('a detached disk becomes unused, goes when that is deleted, and stays while a snapshot uses it', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 106, { scsi0: 'thin:1', virtio1: 'thin:2' })
    await ask('PUT', `${path}/config`, { delete: 'virtio1' })
    assert.is(field(await ask('GET', `${path}/config`), 'unused0'), 'thin:vm-106-disk-1')
    await ask('PUT', `${path}/config`, { sata3: 'thin:vm-106-disk-1' })
    const attached = await ask('GET', `${path}/config`)
    assert.is(field(attached, 'sata3'), 'thin:vm-106-disk-1,size=2G')
    assert.is(field(attached, 'unused0'), undefined)
    assert.is((await ask('POST', `${path}/snapshot`, { snapname: 'keep' })).task, 'OK')
    await ask('PUT', `${path}/config`, { delete: 'sata3' })
    const refused = await ask('PUT', `${path}/config`, { delete: 'unused0' })
    assert.is(refused.line, "500 unable to delete 'thin:vm-106-disk-1' - volume is still in use (snapshot?)")
    assert.is((await ask('DELETE', `${path}/snapshot/keep`)).task, 'OK')
    assert.is((await ask('PUT', `${path}/config`, { delete: 'unused0' })).line, '200 OK')
    const names = (
      (await ask('GET', '/nodes/pve1/storage/thin/content', { vmid: 106 })).data as { volid: string }[]
    ).map(({ volid }) => volid)
    assert.equal(names, ['thin:vm-106-disk-0'])
  }))

test('a change that is refused half way keeps what was done before it as pending and nothing of itself', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 107, { cores: 1 })
    const told = await ask('PUT', `${path}/config`, { boot: 'order=net7' })
    assert.is(told.line, "500 invalid bootorder: device 'net7' does not exist'")
    assert.equal(await pendingOf(bench, path, 'boot'), { key: 'boot', value: ' ' })
  }))

test('options that only root may set are refused to its token, and options one may not touch to others', () =>
  onCluster(async (bench) => {
    const { ask, user } = bench
    const path = await makeVm(bench, 108)
    assert.is((await ask('PUT', `${path}/config`, { args: '-foo' })).line, "500 only root can set 'args' config")
    const weak = user('weak', { '/vms/108': ['VM.Audit', 'VM.Config.Options'] })
    assert.is(
      (await ask('PUT', `${path}/config`, { cores: 2 }, weak)).line,
      '403 Permission check failed (/vms/108, VM.Config.CPU)',
    )
    assert.is((await ask('PUT', `${path}/config`, { name: 'ok' }, weak)).line, '200 OK')
    assert.is(
      (await ask('GET', '/nodes/pve1/qemu/109/config', {}, weak)).line,
      '403 Permission check failed (/vms/109, VM.Audit)',
    )
  }))

test('wrong parameters are all named at once, in the words of the API schema', () =>
  onCluster(async ({ ask }) => {
    const told = await ask('POST', '/nodes/pve1/qemu', {
      vmid: 12,
      cores: 0,
      bios: 'uefi',
      net0: 'virtio,foo=1',
      nosuch: 1,
    })
    assert.equal(told.errors, {
      vmid: 'invalid format - value does not look like a valid VM ID\n',
      cores: 'value must have a minimum value of 1',
      bios: "value 'uefi' does not have a value in the enumeration 'seabios, ovmf'",
      net0: 'invalid format - format error\nnet0.foo: property is not defined in schema and the schema does not allow additional properties\n',
      nosuch: 'property is not defined in schema and the schema does not allow additional properties',
    })
  }))

test('names that JavaScript objects know by themselves are unknown options and keys like any other', () =>
  onCluster(async (bench) => {
    const path = await makeVm(bench, 110)
    for (const name of ['constructor', 'valueOf', 'scsi31', 'digest']) {
      const told = await bench.ask('PUT', `${path}/config`, { delete: name })
      assert.equal(told.errors, { delete: `unknown option '${name}'` })
    }
    const told = await bench.ask('PUT', `${path}/config`, { net0: 'virtio,constructor=1', toString: '1' })
    assert.equal(Object.keys(told.errors as object).sort(), ['net0', 'toString'])
  }))

test.run()
