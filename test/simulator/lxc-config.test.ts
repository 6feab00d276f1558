import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { column, field, makeContainer, onCluster } from './cluster-bench.ts'

test('what a running container cannot take at once waits, and reads as if it were there', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300, { start: 1, nameserver: '10.0.0.1' })
    assert.is((await ask('PUT', `${path}/config`, { nameserver: '10.0.0.2', memory: 256 })).line, '200 OK')
    assert.is(field(await ask('GET', `${path}/config`), 'nameserver'), '10.0.0.2')
    assert.is(field(await ask('GET', `${path}/config`, { current: 1 }), 'nameserver'), '10.0.0.1')
    assert.is(field(await ask('GET', `${path}/config`, { current: 1 }), 'memory'), 256)
    await ask('POST', `${path}/status/stop`)
    assert.is(field(await ask('GET', `${path}/config`, { current: 1 }), 'nameserver'), '10.0.0.2')
  }))

test('a pending removal shows as such, and a revert takes it back', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300, { start: 1, searchdomain: 'example.org' })
    await ask('PUT', `${path}/config`, { delete: 'searchdomain' })
    const entry = async (): Promise<unknown> =>
      ((await ask('GET', `${path}/pending`)).data as { key: string }[]).find(({ key }) => key === 'searchdomain')
    assert.equal(await entry(), { key: 'searchdomain', value: 'example.org', delete: 1 })
    await ask('PUT', `${path}/config`, { revert: 'searchdomain' })
    assert.equal(await entry(), { key: 'searchdomain', value: 'example.org' })
  }))

test('setting the old value again cancels what was pending', () =>
  onCluster(async (bench) => {
    const path = await makeContainer(bench, 300, { start: 1, tty: 1 })
    await bench.ask('PUT', `${path}/config`, { tty: 3 })
    await bench.ask('PUT', `${path}/config`, { tty: 1 })
    assert.is(
      (column(await bench.ask('GET', `${path}/pending`), 'pending') as unknown[]).every((x) => x === undefined),
      true,
    )
  }))

test('a mount point that is taken away becomes an unused volume, and its deletion erases it', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    const path = await makeContainer(bench, 300, { mp0: 'thin:1,mp=/data' })
    await ask('PUT', `${path}/config`, { delete: 'mp0' })
    assert.is(field(await ask('GET', `${path}/config`), 'unused0'), 'thin:vm-300-disk-1')
    await ask('PUT', `${path}/config`, { mp3: 'thin:vm-300-disk-1,mp=/back' })
    const config = await ask('GET', `${path}/config`)
    assert.is(field(config, 'mp3'), 'thin:vm-300-disk-1,mp=/back,size=1G')
    assert.is(field(config, 'unused0'), undefined)
    await ask('PUT', `${path}/config`, { delete: 'mp3' })
    await ask('PUT', `${path}/config`, { delete: 'unused0' })
    assert.is(world.volumePools.get('thin@pve1')?.volumes.has('vm-300-disk-1'), false)
  }))

test('what goes wrong while a value is applied is told, and nothing of the request is written', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300)
    await ask('PUT', '/storage/tank', { disable: 1 })
    const told = await ask('PUT', `${path}/config`, { mp0: 'tank:1,mp=/a', cores: 2 })
    assert.equal(told.errors, { mp0: "unable to apply pending change mp0 : storage 'tank' is disabled\n" })
    assert.is(field(await ask('GET', `${path}/config`), 'cores'), undefined)
    assert.is(field(await ask('GET', `${path}/config`), 'mp0'), undefined)
  }))

test('a network device keeps its address when it is named, and gets a new one when it is not', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300, { net0: 'name=eth0,bridge=vmbr0' })
    const first = String(field(await ask('GET', `${path}/config`), 'net0'))
    await ask('PUT', `${path}/config`, { net0: `${first},firewall=1` })
    const mac = /hwaddr=([^,]+)/.exec(first)?.[1]
    const second = String(field(await ask('GET', `${path}/config`), 'net0'))
    assert.is(second, `name=eth0,bridge=vmbr0,firewall=1,hwaddr=${mac},type=veth`)
    await ask('PUT', `${path}/config`, { net0: 'name=eth0,bridge=vmbr0' })
    assert.is.not(/hwaddr=([^,]+)/.exec(String(field(await ask('GET', `${path}/config`), 'net0')))?.[1], mac)
  }))

test('an empty text reads back as a blank, tags as a sorted set', () =>
  onCluster(async (bench) => {
    const path = await makeContainer(bench, 300, { tags: 'Web,app;web' })
    assert.is(field(await bench.ask('GET', `${path}/config`), 'tags'), 'app;web')
    await bench.ask('PUT', `${path}/config`, { tags: '' })
    assert.is(field(await bench.ask('GET', `${path}/config`), 'tags'), ' ')
  }))

test('two writers with one digest: the second is told', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeContainer(bench, 300)
    const digest = field(await ask('GET', `${path}/config`), 'digest')
    const both = await Promise.all([1, 2].map((cores) => ask('PUT', `${path}/config`, { cores, digest })))
    assert.equal(both.map(({ line }) => line).sort(), [
      '200 OK',
      '500 detected modified configuration - file changed by other user? Try again.',
    ])
  }))

test('rights are asked for option by option', () =>
  onCluster(async (bench) => {
    const { ask, user } = bench
    const path = await makeContainer(bench, 300)
    const token = user('cpu', { '/vms/300': ['VM.Config.CPU'] })
    assert.is((await ask('PUT', `${path}/config`, { cores: 2 }, token)).line, '200 OK')
    const memory = await ask('PUT', `${path}/config`, { cores: 2, memory: 64 }, token)
    assert.is(memory.line, '403 Permission check failed (/vms/300, VM.Config.Memory)')
    const hook = await ask('PUT', `${path}/config`, { hookscript: 'local:snippets/x.sh' })
    assert.is(hook.line, '403 Permission check failed (changing the hookscript is only allowed for root@pam)')
  }))

test('protection guards volumes, also against being changed', () =>
  onCluster(async (bench) => {
    const path = await makeContainer(bench, 300, { protection: 1, mp0: 'thin:1,mp=/data' })
    const gone = await bench.ask('PUT', `${path}/config`, { delete: 'mp0' })
    assert.is(gone.line, "500 can't remove CT 300 drive 'mp0' - protection mode enabled")
    const changed = await bench.ask('PUT', `${path}/config`, { mp1: 'thin:1,mp=/more' })
    assert.is(changed.line, "500 can't update CT 300 drive 'mp1' - protection mode enabled")
  }))

test('a refusal of protected mount points writes nothing, not even the end of the protection', () =>
  onCluster(async (bench) => {
    const path = await makeContainer(bench, 300, { protection: 1, cores: 1 })
    const both = await bench.ask('PUT', `${path}/config`, { delete: 'protection', mp1: 'thin:1,mp=/more', cores: 2 })
    assert.is(both.line, "500 can't update CT 300 drive 'mp1' - protection mode enabled")
    const rootfs = await bench.ask('PUT', `${path}/config`, {
      protection: 0,
      rootfs: 'thin:vm-300-disk-0,size=4G,ro=1',
    })
    assert.is(rootfs.line, "500 can't update CT 300 drive 'rootfs' - protection mode enabled")
    const config = await bench.ask('GET', `${path}/config`)
    assert.equal([field(config, 'protection'), field(config, 'cores'), field(config, 'mp1')], [1, 1, undefined])
    assert.is((await bench.ask('PUT', `${path}/config`, { delete: 'protection' })).line, '200 OK')
    assert.is((await bench.ask('PUT', `${path}/config`, { mp1: 'thin:1,mp=/more' })).line, '200 OK')
  }))

test('a card that is moved to a bridge its node does not have is refused when it has been written', () =>
  onCluster(async (bench) => {
    for (const start of [0, 1]) {
      const path = await makeContainer(bench, 300 + start, { start, net0: 'name=eth0,bridge=vmbr0' })
      const net0 = `${field(await bench.ask('GET', `${path}/config`), 'net0')}`
      const moved = await bench.ask('PUT', `${path}/config`, { net0: net0.replace('vmbr0', 'vmbr77') })
      assert.is(moved.line, "500 bridge 'vmbr77' does not exist")
      assert.match(`${field(await bench.ask('GET', `${path}/config`), 'net0')}`, /bridge=vmbr77/)
      assert.is((await bench.ask('PUT', `${path}/config`, { cores: 2 })).line, "500 bridge 'vmbr77' does not exist")
      assert.is((await bench.ask('PUT', `${path}/config`, { net0 })).line, '200 OK')
      const larger = await bench.ask('PUT', `${path}/config`, { net0: `${net0},mtu=9000` })
      assert.is(larger.line, "500 net0: MTU size '9000' is bigger than bridge MTU '1500'")
    }
  }))

test('a running container does not get a device on a bridge that its node does not have', () =>
  onCluster(async (bench) => {
    const path = await makeContainer(bench, 300, { start: 1 })
    const told = await bench.ask('PUT', `${path}/config`, { net1: 'name=eth1,bridge=vmbr77' })
    assert.is(told.line, '400 Parameter verification failed.')
    assert.equal(told.errors, { net1: "unable to hotplug net1: bridge 'vmbr77' does not exist\n" })
    assert.is(field(await bench.ask('GET', `${path}/config`, { current: 1 }), 'net1'), undefined)
  }))

test("a time zone is the host's, UTC, or one of a country", () =>
  onCluster(async (bench) => {
    const path = await makeContainer(bench, 300)
    const set = (timezone: string) => bench.ask('PUT', `${path}/config`, { timezone })
    for (const zone of ['host', 'UTC', 'Europe/Vienna']) assert.is((await set(zone)).line, '200 OK')
    for (const zone of ['EST', 'Etc/GMT', 'Mars/Base'])
      assert.equal((await set(zone)).errors, { timezone: `invalid format - invalid time zone '${zone}'\n` })
  }))

test.run()
