import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { alpine, field, makeContainer, onCluster } from './cluster-bench.ts'

const create = '/nodes/pve1/lxc'

test('a container gets the defaults PVE gives it', () =>
  onCluster(async ({ ask }) => {
    const told = await ask('POST', create, { vmid: 300, ostemplate: alpine })
    assert.is(told.task, 'OK')
    const { digest: _, ...config } = (await ask('GET', `${create}/300/config`)).data as Record<string, unknown>
    assert.equal(config, {
      arch: 'amd64',
      hostname: 'CT300',
      memory: 512,
      ostype: 'alpine',
      rootfs: 'local:300/vm-300-disk-0.raw,size=4G',
      swap: 512,
      unprivileged: 1,
    })
  }))

test('volumes are named as each storage names them', () =>
  onCluster(async (bench) => {
    const path = await makeContainer(bench, 300, { mp0: 'tank:2,mp=/a', mp1: 'btr:1,mp=/b', mp2: 'local:0,mp=/c' })
    const config = await bench.ask('GET', `${path}/config`)
    assert.is(field(config, 'rootfs'), 'thin:vm-300-disk-0,size=1G')
    assert.is(field(config, 'mp0'), 'tank:subvol-300-disk-0,mp=/a,size=2G')
    assert.is(field(config, 'mp1'), 'btr:300/vm-300-disk-0.raw,mp=/b,size=1G')
    assert.is(field(config, 'mp2'), 'local:300/subvol-300-disk-0.subvol,mp=/c,size=0T')
  }))

test('the configuration is there, locked, as soon as the create has been accepted', () =>
  onCluster(async ({ ask, send }) => {
    await send('POST', create, { vmid: 300, ostemplate: alpine })
    assert.is(field(await ask('GET', `${create}/300/config`), 'lock'), 'create')
    const again = await ask('POST', create, { vmid: 300, ostemplate: alpine })
    assert.is(again.line, "500 CT 300 already exists on node 'pve1'")
  }, 50))

test('a create that fails in its task leaves neither volumes nor a configuration', () =>
  onCluster(async ({ ask, world }) => {
    const before = world.volumePools.get('thin@pve1')?.volumes.size
    const told = await ask('POST', create, { vmid: 300, ostemplate: 'local:vztmpl/none.tar.gz', rootfs: 'thin:1' })
    assert.is(told.task, "unable to create CT 300 - volume 'local:vztmpl/none.tar.gz' does not exist")
    assert.is(world.guests.has(300), false)
    assert.is(world.volumePools.get('thin@pve1')?.volumes.size, before)
  }))

test('mount points without a root file system are refused', () =>
  onCluster(async ({ ask }) => {
    const told = await ask('POST', create, { vmid: 300, ostemplate: alpine, mp0: 'thin:1,mp=/a' })
    assert.is(told.line, "500 mount points configured, but 'rootfs' not set - aborting")
  }))

test('a user needs rights on the guest, its storage and its bridge', () =>
  onCluster(async ({ ask, user }) => {
    const params = { vmid: 300, ostemplate: alpine, rootfs: 'thin:1', net0: 'name=eth0,bridge=vmbr0' }
    const guest = ['VM.Allocate', 'VM.Config.Disk', 'VM.Config.Network', 'VM.Config.Memory', 'VM.Config.Options']
    const nobody = user('nobody', {})
    assert.is((await ask('POST', create, params, nobody)).line, '403 Permission check failed')
    const half = user('half', { '/vms/300': guest, '/sdn': ['SDN.Use'] })
    const space = await ask('POST', create, params, half)
    assert.is(space.line, '403 Permission check failed (/storage/thin, Datastore.AllocateSpace)')
    const most = user('most', { '/vms/300': guest, '/storage': ['Datastore.AllocateSpace'] })
    const bridge = await ask('POST', create, params, most)
    assert.is(bridge.line, '403 Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)')
    const whole = user('whole', { '/vms/300': guest, '/storage': ['Datastore.AllocateSpace'], '/sdn': ['SDN.Use'] })
    assert.is((await ask('POST', create, params, whole)).task, 'OK')
  }))

test('a privileged container needs Sys.Modify, and its features root itself', () =>
  onCluster(async ({ ask, user }) => {
    const params = { vmid: 300, ostemplate: alpine, rootfs: 'thin:1', unprivileged: 0 }
    const some = user('some', { '/vms': ['VM.Allocate', 'VM.Config.Disk'], '/storage': ['Datastore.AllocateSpace'] })
    assert.is((await ask('POST', create, params, some)).line, '403 Permission check failed (/, Sys.Modify)')
    const featured = await ask('POST', create, { ...params, features: 'nesting=1' })
    const text = 'changing feature flags for privileged container is only allowed for root@pam'
    assert.is(featured.line, `403 Permission check failed (${text})`)
  }))

test('a storage that holds no containers is refused by name', () =>
  onCluster(async ({ ask }) => {
    await ask('PUT', '/storage/nfs', { content: 'backup' })
    const told = await ask('POST', create, { vmid: 300, ostemplate: alpine, rootfs: 'nfs:1' })
    assert.equal(told.errors, { storage: "storage 'nfs' does not support container directories" })
  }))

test('start=1 starts it in a task of its own, and a pool takes it in', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    await ask('POST', '/pools', { poolid: 'prod' })
    const path = await makeContainer(bench, 300, { start: 1, pool: 'prod' })
    assert.is(field(await ask('GET', `${path}/status/current`), 'status'), 'running')
    assert.is(world.poolOf.get(300), 'prod')
    assert.equal(
      world.tasks.list('pve1').map((task) => task.type),
      ['vzstart', 'vzcreate'],
    )
  }))

test.run()
