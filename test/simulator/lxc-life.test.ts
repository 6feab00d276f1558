import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { column, field, makeContainer, onCluster } from './cluster-bench.ts'

test('start and stop say at once what QEMU would say in the task', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300)
    assert.is((await ask('POST', `${path}/status/stop`)).line, '500 CT 300 not running')
    assert.is((await ask('POST', `${path}/status/start`)).task, 'OK')
    assert.is((await ask('POST', `${path}/status/start`)).line, '500 CT 300 already running')
    assert.is((await ask('POST', `${path}/status/reboot`)).task, 'OK')
    assert.is((await ask('POST', `${path}/status/shutdown`)).task, 'OK')
    assert.is(field(await ask('GET', `${path}/status/current`), 'status'), 'stopped')
  }))

test('a start fails where a volume or a bridge is missing', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    const path = await makeContainer(bench, 300, { net0: 'name=eth0,bridge=vmbr9' })
    assert.is((await ask('POST', `${path}/status/start`)).task, "bridge 'vmbr9' does not exist")
    await ask('PUT', `${path}/config`, { delete: 'net0' })
    world.volumePools.get('thin@pve1')?.volumes.clear()
    assert.is((await ask('POST', `${path}/status/start`)).task, "volume 'thin:vm-300-disk-0' does not exist")
  }))

test('a change during a running task waits for its lock, and gives up after ten seconds', () =>
  onCluster(async (bench) => {
    const { ask, send, world } = bench
    const path = await makeContainer(bench, 300)
    const held = world.locks.withLock('/run/lock/lxc/pve-config-300.lock', () => world.clock.sleep(30_000))
    const refused = await ask('PUT', `${path}/config`, { cores: 1 })
    assert.is(refused.line, "500 can't lock file '/run/lock/lxc/pve-config-300.lock' - got timeout")
    const started = await send('POST', `${path}/status/start`)
    await held
    assert.is(
      await world.tasks.ended(String(started.data)),
      "can't lock file '/run/lock/lxc/pve-config-300.lock' - got timeout",
    )
  }, 100))

test('snapshots form a tree, and a rollback brings size and configuration back', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300, { cores: 1 })
    assert.is((await ask('POST', `${path}/snapshot`, { snapname: 'one', description: 'first' })).task, 'OK')
    await ask('PUT', `${path}/config`, { cores: 4 })
    assert.is((await ask('PUT', `${path}/resize`, { disk: 'rootfs', size: '+1G' })).task, 'OK')
    assert.is((await ask('POST', `${path}/snapshot`, { snapname: 'two' })).task, 'OK')
    assert.equal(column(await ask('GET', `${path}/snapshot`), 'parent'), [undefined, 'one', 'two'])
    assert.is((await ask('POST', `${path}/snapshot/one/rollback`)).task, 'OK')
    const config = await ask('GET', `${path}/config`)
    assert.is(field(config, 'cores'), 1)
    assert.is(field(config, 'rootfs'), 'thin:vm-300-disk-0,size=1G')
    assert.is(field(config, 'parent'), 'one')
    assert.is((await ask('DELETE', `${path}/snapshot/one`)).task, 'OK')
    assert.equal(column(await ask('GET', `${path}/snapshot`), 'name'), ['two', 'current'])
  }))

test('ZFS goes back to the newest snapshot only', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300, { rootfs: 'tank:1' })
    for (const snapname of ['one', 'two']) await ask('POST', `${path}/snapshot`, { snapname })
    const told = await ask('POST', `${path}/snapshot/one/rollback`)
    assert.is(told.task, "can't rollback, 'one' is not most recent snapshot on 'tank:subvol-300-disk-0'")
    assert.is((await ask('POST', `${path}/snapshot/two/rollback`, { start: 1 })).task, 'OK')
    assert.is(field(await ask('GET', `${path}/status/current`), 'status'), 'running')
  }))

test('a volume that a snapshot still uses outlives its mount point', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    const path = await makeContainer(bench, 300, { mp0: 'thin:1,mp=/a' })
    await ask('POST', `${path}/snapshot`, { snapname: 'one' })
    await ask('PUT', `${path}/config`, { delete: 'mp0' })
    await ask('PUT', `${path}/config`, { delete: 'unused0' })
    assert.is(world.volumePools.get('thin@pve1')?.volumes.has('vm-300-disk-1'), true)
    assert.is((await ask('DELETE', path)).task, 'OK')
  }))

test('a template is cloned linked, and cannot go while clones stand on it', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300, { net0: 'name=eth0,bridge=vmbr0', description: 'base' })
    await ask('POST', `${path}/template`)
    assert.is((await ask('PUT', `${path}/config`, { cores: 1 })).line, '200 OK')
    assert.is(field(await ask('GET', `${path}/config`), 'rootfs'), 'thin:base-300-disk-0,size=1G')
    assert.is((await ask('POST', `${path}/clone`, { newid: 301, hostname: 'copy' })).task, 'OK')
    const copy = await ask('GET', '/nodes/pve1/lxc/301/config')
    assert.is(field(copy, 'rootfs'), 'thin:vm-301-disk-0,size=1G')
    assert.is(field(copy, 'template'), undefined)
    assert.is.not(field(copy, 'net0'), field(await ask('GET', `${path}/config`), 'net0'))
    const kept = await ask('DELETE', path)
    assert.is(kept.task, "base volume 'thin:base-300-disk-0' is still in use by linked cloned")
    await ask('DELETE', '/nodes/pve1/lxc/301')
    assert.is((await ask('DELETE', path)).task, 'OK')
  }))

test('a conversion to a template shows only when it is done, and later writes wait for it', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300)
    assert.equal((await ask('POST', `${path}/template`)).data, null)
    assert.is(field(await ask('GET', `${path}/config`), 'template'), undefined)
    assert.is((await ask('POST', `${path}/template`)).line, "500 you can't convert a template to a template")
    assert.is(field(await ask('GET', `${path}/config`), 'template'), 1)
  }, 20))

test('a failed clone unlocks its source and leaves no guest', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    const path = await makeContainer(bench, 300)
    world.volumePools.get('thin@pve1')?.volumes.clear()
    const told = await ask('POST', `${path}/clone`, { newid: 301 })
    assert.is(told.task, "clone failed: volume 'thin:vm-300-disk-0' does not exist")
    assert.is(world.guests.has(301), false)
    assert.is(field(await ask('GET', `${path}/config`), 'lock'), undefined)
  }))

test('a volume moves to another storage, and back to a container of its own choosing', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300, { mp0: 'thin:1,mp=/a' })
    await makeContainer(bench, 301)
    assert.is((await ask('POST', `${path}/move_volume`, { volume: 'mp0', storage: 'tank', delete: 1 })).task, 'OK')
    assert.is(field(await ask('GET', `${path}/config`), 'mp0'), 'tank:subvol-300-disk-0,mp=/a,size=1G')
    const given = { volume: 'mp0', 'target-vmid': 301, 'target-volume': 'mp5' }
    assert.is((await ask('POST', `${path}/move_volume`, given)).task, 'OK')
    assert.is(field(await ask('GET', '/nodes/pve1/lxc/301/config'), 'mp5'), 'tank:subvol-301-disk-0,mp=/a,size=1G')
    assert.is(field(await ask('GET', `${path}/config`), 'mp0'), undefined)
  }))

test('a move holds the lock `disk` while it copies', () =>
  onCluster(async (bench) => {
    const { ask, send, world } = bench
    const path = await makeContainer(bench, 300)
    const move = await send('POST', `${path}/move_volume`, { volume: 'rootfs', storage: 'btr' })
    assert.is((await ask('PUT', `${path}/config`, { cores: 1 })).line, '500 CT is locked (disk)')
    assert.is(await world.tasks.ended(String(move.data)), 'OK')
    const config = await ask('GET', `${path}/config`)
    assert.is(field(config, 'rootfs'), 'btr:300/vm-300-disk-0.raw,size=1G')
    assert.is(field(config, 'unused0'), 'thin:vm-300-disk-0')
  }, 20))

test('a migration takes local volumes along; a running container needs a restart', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    const path = await makeContainer(bench, 300, { start: 1 })
    const refused = await ask('POST', `${path}/migrate`, { target: 'pve2' })
    assert.is(refused.line, "500 can't migrate running container without --online or --restart")
    assert.is((await ask('POST', `${path}/migrate`, { target: 'pve2', restart: 1 })).task, 'OK')
    assert.is(
      (await ask('GET', `${path}/config`)).line,
      "500 Configuration file 'nodes/pve1/lxc/300.conf' does not exist",
    )
    assert.is(field(await ask('GET', '/nodes/pve2/lxc/300/status/current'), 'status'), 'running')
    assert.is(world.volumePools.get('thin@pve2')?.volumes.has('vm-300-disk-0'), true)
    assert.is(world.volumePools.get('thin@pve1')?.volumes.has('vm-300-disk-0'), false)
  }))

test('a migration can change the storage on the way', () =>
  onCluster(async (bench) => {
    const path = await makeContainer(bench, 300)
    const told = await bench.ask('POST', `${path}/migrate`, { target: 'pve2', 'target-storage': 'thin:btr' })
    assert.is(told.task, 'OK')
    const config = await bench.ask('GET', '/nodes/pve2/lxc/300/config')
    assert.is(field(config, 'rootfs'), 'btr:300/vm-300-disk-0.raw,size=1G')
  }))

test('a destroy with purge takes the guest out of pool, rights and jobs', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    await ask('POST', '/pools', { poolid: 'prod' })
    const path = await makeContainer(bench, 300, { pool: 'prod', start: 1 })
    bench.user('one', { '/vms/300': ['VM.Audit'] })
    assert.is((await ask('DELETE', path)).line, '500 unable to destroy CT 300 - container is running')
    assert.is((await ask('DELETE', path, { force: 1, purge: 1 })).task, 'OK')
    assert.is(world.poolOf.has(300), false)
    assert.is(
      world.access.acl.some((entry) => entry.path === '/vms/300'),
      false,
    )
    assert.is(world.volumePools.get('thin@pve1')?.volumes.size, 0)
  }))

test('a container with a snapshot of a local volume does not migrate', () =>
  onCluster(async (bench) => {
    const path = await makeContainer(bench, 300)
    await bench.ask('POST', `${path}/snapshot`, { snapname: 'one' })
    const told = await bench.ask('POST', `${path}/migrate`, { target: 'pve2' })
    assert.is(told.task, "can't migrate snapshot of local volume 'thin:vm-300-disk-0'")
  }))

test('a container made for HA is started and stopped by the HA manager', () =>
  onCluster(async (bench) => {
    const path = await makeContainer(bench, 300, { 'ha-managed': 1, start: 1 })
    const state = async () => field(await bench.ask('GET', '/cluster/ha/resources/ct:300'), 'state')
    const status = async () => field(await bench.ask('GET', `${path}/status/current`), 'status')
    assert.is(await state(), 'started')
    await bench.world.clock.sleep(10_000)
    assert.is(await status(), 'running')
    const stopped = await bench.ask('POST', `${path}/status/shutdown`)
    assert.is(stopped.log[0], 'Requesting HA stop for CT 300')
    assert.is(await state(), 'stopped')
    await bench.world.clock.sleep(10_000)
    assert.is(await status(), 'stopped')
  }))

test.run()
