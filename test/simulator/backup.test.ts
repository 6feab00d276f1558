import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { addFile } from '../../src/simulator/profile/add.ts'
import { type Bench, column, field, makeContainer, onCluster } from './cluster-bench.ts'

const backUp = async ({ ask }: Bench, vmid: number, more: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  const told = await ask('POST', '/nodes/pve1/vzdump', { vmid, storage: 'nfs', compress: 'zstd', ...more })
  if (told.task !== 'OK') throw new Error(`no backup: ${told.line} ${told.task} ${told.log.join('\n')}`)
  const list = await ask('GET', '/nodes/pve1/storage/nfs/content', { content: 'backup', vmid })
  return String(column(list, 'volid').at(-1))
}

const makeVm = async ({ ask }: Bench, vmid: number): Promise<string> => {
  const drives = { scsi0: 'thin:2', scsi1: 'thin:1,backup=0', ide2: 'thin:cloudinit', net0: 'virtio,bridge=vmbr0' }
  const told = await ask('POST', '/nodes/pve1/qemu', { vmid, name: `vm${vmid}`, memory: 256, tags: 'a', ...drives })
  if (told.task !== 'OK') throw new Error(`no VM: ${told.line} ${told.task}`)
  return `/nodes/pve1/qemu/${vmid}`
}

test('a container comes back over itself as it was, with new volumes', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300, { cores: 2, mp0: 'thin:1,mp=/data,backup=1' })
    const archive = await backUp(bench, 300)
    await ask('PUT', `${path}/config`, { cores: 8, hostname: 'other' })
    const restore = { vmid: 300, ostemplate: archive, restore: 1, storage: 'thin' }
    assert.is((await ask('POST', '/nodes/pve1/lxc', restore)).line, "500 CT 300 already exists on node 'pve1'")
    assert.is((await ask('POST', '/nodes/pve1/lxc', { ...restore, force: 1 })).task, 'OK')
    const config = await ask('GET', `${path}/config`)
    assert.is(field(config, 'cores'), 2)
    assert.is(field(config, 'hostname'), 'ct300')
    assert.is(field(config, 'mp0'), 'thin:vm-300-disk-3,mp=/data,backup=1,size=1G')
  }))

test('a running container is not overwritten, and a failed restore leaves it alone', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300, { start: 1 })
    const archive = await backUp(bench, 300)
    const restore = { vmid: 300, ostemplate: archive, restore: 1, force: 1, storage: 'thin' }
    assert.is((await ask('POST', '/nodes/pve1/lxc', restore)).line, "500 can't overwrite running container")
    await ask('POST', `${path}/status/stop`)
    const gone = archive.replace(/\d\d\.tar/, '99.tar')
    const failed = await ask('POST', '/nodes/pve1/lxc', { ...restore, ostemplate: gone })
    assert.is(failed.task, `unable to restore CT 300 - volume '${gone}' does not exist`)
    const config = await ask('GET', `${path}/config`)
    assert.is(field(config, 'lock'), undefined)
    assert.is(field(config, 'rootfs'), 'thin:vm-300-disk-0,size=1G')
  }))

test('`unique` gives a restored container new addresses, options of the request win', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300, { net0: 'name=eth0,bridge=vmbr0', memory: 256 })
    const archive = await backUp(bench, 300)
    const restore = { vmid: 301, ostemplate: archive, restore: 1, unique: 1, memory: 128, storage: 'thin' }
    await ask('POST', '/nodes/pve1/lxc', restore)
    const copy = await ask('GET', '/nodes/pve1/lxc/301/config')
    assert.is(field(copy, 'memory'), 128)
    assert.is.not(field(copy, 'net0'), field(await ask('GET', `${path}/config`), 'net0'))
  }))

test('a VM comes back with its disks, without those left out, and a new generation id', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 400)
    const before = await ask('GET', `${path}/config`)
    const archive = await backUp(bench, 400)
    await ask('PUT', `${path}/config`, { memory: 512 })
    const refused = await ask('POST', '/nodes/pve1/qemu', { vmid: 400, archive })
    assert.is(refused.line, "500 unable to restore VM 400 - VM 400 already exists on node 'pve1'")
    assert.is((await ask('POST', '/nodes/pve1/qemu', { vmid: 400, archive, force: 1 })).task, 'OK')
    const after = await ask('GET', `${path}/config`)
    for (const key of ['memory', 'scsi0', 'net0', 'smbios1', 'tags', 'name'])
      assert.is(field(after, key), field(before, key), key)
    assert.is.not(field(after, 'vmgenid'), field(before, 'vmgenid'))
    assert.is(field(after, 'scsi1'), undefined)
    assert.is(field(after, 'unused0'), 'thin:vm-400-disk-1')
  }))

test('a copy of a VM on another storage has an identity of its own with `unique`', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 400)
    const archive = await backUp(bench, 400)
    const told = await ask('POST', '/nodes/pve1/qemu', { vmid: 401, archive, storage: 'local', unique: 1 })
    assert.is(told.task, 'OK')
    const [old, copy] = [await ask('GET', `${path}/config`), await ask('GET', '/nodes/pve1/qemu/401/config')]
    assert.is(field(copy, 'scsi0'), 'local:401/vm-401-disk-0.raw,size=2G')
    for (const key of ['smbios1', 'net0', 'vmgenid']) assert.is.not(field(copy, key), field(old, key), key)
  }))

test('drives in a restore are refused, and so is protection', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 400)
    const archive = await backUp(bench, 400)
    const drive = await ask('POST', '/nodes/pve1/qemu', { vmid: 401, archive, scsi0: 'thin:1' })
    assert.equal(drive.errors, { scsi0: "option conflicts with option 'archive'" })
    await ask('PUT', `${path}/config`, { protection: 1 })
    const told = await ask('POST', '/nodes/pve1/qemu', { vmid: 400, archive, force: 1 })
    assert.match(told.task ?? '', /^unable to restore VM 400 - .*protection mode enabled$/)
    assert.is(field(await ask('GET', `${path}/config`), 'lock'), undefined)
  }))

test('a guest is locked while it is backed up, and backups of one node wait for each other', () =>
  onCluster(async (bench) => {
    const { ask, send, world } = bench
    const paths = [await makeContainer(bench, 300), await makeContainer(bench, 301)]
    const runs = [300, 301].map((vmid) => send('POST', '/nodes/pve1/vzdump', { vmid, storage: 'nfs' }))
    const [first, second] = await Promise.all(runs)
    assert.is(field(await ask('GET', `${paths[0]}/config`), 'lock'), 'backup')
    assert.is((await ask('PUT', `${paths[0]}/config`, { cores: 1 })).line, '500 CT is locked (backup)')
    assert.is(await world.tasks.ended(String(first?.data)), 'OK')
    assert.is(await world.tasks.ended(String(second?.data)), 'OK')
    assert.is(world.tasks.find(String(second?.data))?.text[0], 'INFO: trying to get global lock - waiting...')
    assert.is(field(await ask('GET', `${paths[0]}/config`), 'lock'), undefined)
  }, 4))

test('several guests make one task; the one that fails fails the job, the others are kept', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    await makeContainer(bench, 300)
    const told = await ask('POST', '/nodes/pve1/vzdump', { vmid: '300,399', storage: 'nfs' })
    assert.is(told.task, 'job errors')
    assert.ok(told.log.includes("ERROR: Backup of VM 399 failed - unable to find VM '399'"))
    const list = await ask('GET', '/nodes/pve1/storage/nfs/content', { content: 'backup' })
    assert.equal(column(list, 'vmid'), [300])
  }))

test('what a retention does not keep goes after a backup, protected ones stay', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    await makeContainer(bench, 300)
    const first = await backUp(bench, 300, { protected: 1 })
    await backUp(bench, 300)
    await backUp(bench, 300)
    const last = await backUp(bench, 300, { 'prune-backups': 'keep-last=1' })
    const list = await ask('GET', '/nodes/pve1/storage/nfs/content', { content: 'backup' })
    assert.equal(column(list, 'volid'), [first, last])
    const marks = await ask('GET', '/nodes/pve1/storage/nfs/prunebackups', { 'prune-backups': 'keep-last=1' })
    assert.equal(column(marks, 'mark'), ['protected', 'keep'])
    const text = `cannot remove protected volume '${first.slice('nfs:'.length)}' on 'nfs'`
    assert.is((await ask('DELETE', `/nodes/pve1/storage/nfs/content/${encodeURIComponent(first)}`)).task, text)
  }))

test('daily, weekly and monthly backups are kept by the periods they fall in', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    const days = ['01_05', '01_31', '02_01', '02_02', '02_03']
    for (const day of days)
      addFile(world, 'pve1', {
        storage: 'nfs',
        name: `backup/vzdump-lxc-300-2026_${day}-02_00_00.tar`,
        content: 'backup',
        format: 'raw',
        size: 1000,
        vmid: 300,
      })
    const keep = { 'prune-backups': 'keep-daily=2,keep-monthly=1' }
    const marks = await ask('GET', '/nodes/pve1/storage/nfs/prunebackups', keep)
    assert.equal(column(marks, 'mark'), ['remove', 'keep', 'remove', 'keep', 'keep'])
  }))

test('the configuration in a backup can be read, the notes follow their template', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    await makeContainer(bench, 300, { description: 'one\ntwo' })
    const volume = await backUp(bench, 300, { 'notes-template': '{{guestname}} ({{vmid}})\\non {{node}}' })
    const text = String((await ask('GET', '/nodes/pve1/vzdump/extractconfig', { volume })).data)
    assert.match(text, /^#one\n#two\narch: amd64\nhostname: ct300\n/)
    const list = await ask('GET', '/nodes/pve1/storage/nfs/content', { vmid: 300, content: 'backup' })
    assert.equal(column(list, 'notes'), ['ct300 (300)\non pve1'])
  }))

test('backups need rights on the storage and on the guest', () =>
  onCluster(async (bench) => {
    const { ask, user } = bench
    await makeContainer(bench, 300)
    const params = { vmid: 300, storage: 'nfs' }
    const none = user('none', { '/vms/300': ['VM.Backup'] })
    const space = await ask('POST', '/nodes/pve1/vzdump', params, none)
    assert.is(space.line, '403 Permission check failed (/storage/nfs, Datastore.AllocateSpace)')
    const half = user('half', { '/storage/nfs': ['Datastore.AllocateSpace'] })
    assert.is(
      (await ask('POST', '/nodes/pve1/vzdump', params, half)).task,
      '403 Permission check failed (/vms/300, VM.Backup)',
    )
    const dir = await ask('POST', '/nodes/pve1/vzdump', { vmid: 300, dumpdir: '/x' })
    assert.equal(dir.errors, { dumpdir: 'Only root may set this option.' })
  }))

test.run()
