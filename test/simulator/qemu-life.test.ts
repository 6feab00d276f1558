import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { field, makeVm, onCluster } from './cluster-bench.ts'

test('a rollback brings back configuration and disk size, keeps the description and drops pending changes', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101, { scsi0: 'thin:1', cores: 1, description: 'first' })
    assert.is((await ask('POST', `${path}/snapshot`, { snapname: 'one', description: 'snap' })).task, 'OK')
    assert.is((await ask('PUT', `${path}/resize`, { disk: 'scsi0', size: '+1G' })).task, 'OK')
    await ask('PUT', `${path}/config`, { cores: 4, description: 'second' })
    const before = field(await ask('GET', `${path}/config`), 'vmgenid')
    assert.is((await ask('POST', `${path}/snapshot/one/rollback`)).task, 'OK')
    const config = await ask('GET', `${path}/config`)
    assert.is(field(config, 'scsi0'), 'thin:vm-101-disk-0,size=1G')
    assert.is(field(config, 'cores'), 1)
    assert.is(field(config, 'description'), 'second')
    assert.is(field(config, 'parent'), 'one')
    assert.is.not(field(config, 'vmgenid'), before)
    assert.is((await ask('DELETE', `${path}/snapshot/one`)).task, 'OK')
    assert.is(field(await ask('GET', `${path}/config`), 'parent'), undefined)
  }))

test('a snapshot is refused where a disk cannot have one, and on ZFS only the newest can be rolled back to', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const raw = await makeVm(bench, 102, { scsi0: 'local:1,format=raw' })
    assert.is((await ask('POST', `${raw}/snapshot`, { snapname: 'no' })).task, 'snapshot feature is not available')
    const zfs = await makeVm(bench, 103, { scsi0: 'tank:1' })
    for (const snapname of ['one', 'two']) assert.is((await ask('POST', `${zfs}/snapshot`, { snapname })).task, 'OK')
    assert.match(
      (await ask('POST', `${zfs}/snapshot/one/rollback`)).task ?? '',
      /^can't rollback, 'one' is not most recent snapshot/,
    )
    assert.is((await ask('POST', `${zfs}/snapshot/two/rollback`)).task, 'OK')
  }))

test('a template is cloned linked, cannot be destroyed while clones stand on it, and its clones live on their own after a move', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 104, { scsi0: 'local:1,format=qcow2', net0: 'virtio,bridge=vmbr0' })
    assert.is((await ask('POST', `${path}/template`)).task, 'OK')
    assert.is((await ask('POST', `${path}/clone`, { newid: 105, name: 'child' })).task, 'OK')
    const child = await ask('GET', '/nodes/pve1/qemu/105/config')
    assert.is(field(child, 'scsi0'), 'local:104/base-104-disk-0.qcow2/105/vm-105-disk-0.qcow2,size=1G')
    assert.is.not(field(child, 'net0'), field(await ask('GET', `${path}/config`), 'net0'))
    assert.is(
      (await ask('DELETE', path)).task,
      "base volume 'local:104/base-104-disk-0.qcow2' is still in use by linked cloned",
    )
    assert.is(
      (await ask('POST', '/nodes/pve1/qemu/105/move_disk', { disk: 'scsi0', storage: 'thin', delete: 1 })).task,
      'OK',
    )
    assert.is((await ask('DELETE', path)).task, 'OK')
    assert.is(field(await ask('GET', '/nodes/pve1/qemu/105/config'), 'scsi0'), 'thin:vm-105-disk-0,size=1G')
  }))

test('a full clone copies disks and options and gets an identity of its own', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 106, { scsi0: 'thin:2', cores: 2, tags: 'x', ide2: 'none,media=cdrom' })
    assert.is((await ask('POST', `${path}/clone`, { newid: 107, storage: 'local', format: 'qcow2' })).task, 'OK')
    const clone = await ask('GET', '/nodes/pve1/qemu/107/config')
    assert.is(field(clone, 'name'), 'Copy-of-VM-vm106')
    assert.is(field(clone, 'scsi0'), 'local:107/vm-107-disk-0.qcow2,size=2G')
    assert.is(field(clone, 'ide2'), 'none,media=cdrom')
    assert.is.not(field(clone, 'smbios1'), field(await ask('GET', `${path}/config`), 'smbios1'))
    assert.is(
      (await ask('POST', `${path}/clone`, { newid: 107 })).line,
      '500 unable to create VM 107: config file already exists',
    )
  }))

test('disks only grow, move with or without their source, and go to another VM', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 108, { scsi0: 'thin:2' })
    assert.is(
      (await ask('PUT', `${path}/resize`, { disk: 'scsi0', size: '1G' })).task,
      'shrinking disks is not supported',
    )
    assert.is((await ask('POST', `${path}/move_disk`, { disk: 'scsi0', storage: 'local', format: 'qcow2' })).task, 'OK')
    const moved = await ask('GET', `${path}/config`)
    assert.is(field(moved, 'scsi0'), 'local:108/vm-108-disk-0.qcow2,size=2G')
    assert.is(field(moved, 'unused0'), 'thin:vm-108-disk-0')
    await makeVm(bench, 109)
    assert.is(
      (await ask('POST', `${path}/move_disk`, { disk: 'scsi0', 'target-vmid': 109, 'target-disk': 'virtio0' })).task,
      'OK',
    )
    assert.is(
      field(await ask('GET', '/nodes/pve1/qemu/109/config'), 'virtio0'),
      'local:109/vm-109-disk-0.qcow2,size=2G',
    )
    assert.is(field(await ask('GET', `${path}/config`), 'scsi0'), undefined)
  }))

test('destroying is refused for protected and running VMs, and takes the volumes, the pool and the rights along', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    await ask('POST', '/pools', { poolid: 'prod' })
    const path = await makeVm(bench, 110, { scsi0: 'thin:1', pool: 'prod', protection: 1 })
    await ask('PUT', '/access/acl', { path: '/vms/110', users: 'root@pam', roles: 'PVEAuditor' })
    await ask('POST', `${path}/status/start`)
    assert.is((await ask('DELETE', path)).line, "500 can't remove VM 110 - protection mode enabled")
    await ask('PUT', `${path}/config`, { protection: 0 })
    assert.is((await ask('DELETE', path)).line, '500 VM 110 is running - destroy failed')
    await ask('POST', `${path}/status/stop`)
    assert.is((await ask('DELETE', path)).task, 'OK')
    assert.is(world.guests.has(110), false)
    assert.is(world.poolOf.has(110), false)
    assert.is(
      world.access.acl.some((entry) => entry.path === '/vms/110'),
      false,
    )
    assert.equal((await ask('GET', '/nodes/pve1/storage/thin/content', { vmid: 110 })).data, [])
  }))

test('a VM migrates with its local disks offline, online only when told so, and not to where its storage is missing', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 111, { scsi0: 'thin:1' })
    assert.is((await ask('POST', `${path}/migrate`, { target: 'pve2' })).task, 'OK')
    const there = '/nodes/pve2/qemu/111'
    assert.is(field(await ask('GET', `${there}/config`), 'scsi0'), 'thin:vm-111-disk-0,size=1G')
    await ask('POST', `${there}/status/start`)
    assert.is(
      (await ask('POST', `${there}/migrate`, { target: 'pve1' })).line,
      "500 can't migrate running VM without --online",
    )
    assert.is((await ask('POST', `${there}/migrate`, { target: 'pve1', online: 1 })).task, 'migration aborted')
    assert.is((await ask('POST', `${there}/migrate`, { target: 'pve1', online: 1, 'with-local-disks': 1 })).task, 'OK')
    assert.is(field(await ask('GET', `${path}/status/current`), 'status'), 'running')
    Object.assign(bench.world.storages.get('thin')?.options ?? {}, { nodes: 'pve1' })
    const refused = await ask('POST', `${path}/migrate`, { target: 'pve2', online: 1 })
    assert.is(refused.line, "500 storage 'thin' is not available on node 'pve2'")
  }))

test('a lock lets reads through and stops changes at once or in their task', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 112, { scsi0: 'thin:1' })
    assert.is((await ask('PUT', `${path}/config`, { lock: 'backup' }, 'root@pam')).line, '200 OK')
    assert.is((await ask('PUT', `${path}/config`, { cores: 2 })).line, '500 VM is locked (backup)')
    assert.is((await ask('POST', `${path}/clone`, { newid: 113 })).line, '500 VM is locked (backup)')
    for (const [verb, where, params] of [
      ['POST', '/status/start', {}],
      ['PUT', '/resize', { disk: 'scsi0', size: '+1G' }],
      ['POST', '/snapshot', { snapname: 'ab' }],
      ['DELETE', '', {}],
    ] as const)
      assert.is((await ask(verb, `${path}${where}`, params)).task, 'VM is locked (backup)', where)
    assert.is(field(await ask('GET', `${path}/status/current`), 'lock'), 'backup')
    assert.is((await ask('PUT', `${path}/config`, { delete: 'lock', skiplock: 1 }, 'root@pam')).line, '200 OK')
    assert.is((await ask('POST', `${path}/status/start`)).task, 'OK')
  }))

test('a change while a shutdown holds the lock waits ten seconds of the model and gives up', () =>
  onCluster(async (bench) => {
    const { ask, send, world } = bench
    Object.assign(world, { guestsReact: false })
    const path = await makeVm(bench, 114)
    await ask('POST', `${path}/status/start`)
    const shutdown = await send('POST', `${path}/status/shutdown`, { timeout: 3600 })
    assert.is(
      (await ask('PUT', `${path}/config`, { description: 'x' })).line,
      "500 can't lock file '/var/lock/qemu-server/lock-114.conf' - got timeout",
    )
    assert.is((await ask('DELETE', `/nodes/pve1/tasks/${encodeURIComponent(String(shutdown.data))}`)).line, '200 OK')
    assert.is(await world.tasks.ended(String(shutdown.data)), 'received interrupt')
    assert.is((await ask('PUT', `${path}/config`, { description: 'x' })).line, '200 OK')
  }, 500))

test.run()
