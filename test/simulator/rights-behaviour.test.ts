import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { alpine, type Bench, column, field, makeContainer, makeVm, onCluster } from './cluster-bench.ts'

// What is easy to get wrong about a real server, kind by kind; seen on PVE 9.2 unless a test says where else it stands.

const backUp = (bench: Bench, vmid: number, more = {}) =>
  bench.ask('POST', '/nodes/pve1/vzdump', { vmid, storage: 'local', ...more })

const archiveOf = (bench: Bench, vmid: number): string =>
  Object.values(bench.simulator.facts().archives).find(({ owner }) => owner === vmid)?.volid ?? 'none'

test('a privileged container needs Sys.Modify to be made and to be restored, a VM for its startup order', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const admin = [
      'VM.Allocate',
      'VM.Config.Options',
      'VM.Config.Disk',
      'VM.Config.Network',
      'VM.Config.Memory',
      'VM.Backup',
    ]
    const space = ['Datastore.AllocateSpace', 'Datastore.Audit']
    const token = bench.user('op', { '/vms': [...admin, 'VM.Audit'], '/storage': space, '/sdn': ['SDN.Use'] })
    const path = await makeContainer(bench, 200, { unprivileged: 0 })
    const needed = '403 Permission check failed (/, Sys.Modify)'
    const made = await ask(
      'POST',
      '/nodes/pve1/lxc',
      { vmid: 201, ostemplate: alpine, rootfs: 'thin:1', unprivileged: 0 },
      token,
    )
    assert.is(made.line, needed)
    await backUp(bench, 200)
    await ask('DELETE', path)
    const again = { vmid: 200, ostemplate: archiveOf(bench, 200), restore: 1, storage: 'thin' }
    const restored = await ask('POST', '/nodes/pve1/lxc', again, token)
    assert.is(restored.line, '200 OK')
    assert.match(restored.task ?? '', /^unable to restore CT 200 - 403 Permission check failed \(\/, Sys\.Modify\)$/)
    const vm = await makeVm(bench, 101)
    assert.is((await ask('PUT', `${vm}/config`, { startup: 'order=1' }, token)).line, needed)
  }))

test('what only root@pam may set is refused to every token, also to that of root', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101)
    const values = {
      affinity: '0-1',
      args: '-no-hpet',
      hookscript: 'local:snippets/hook.sh',
      hugepages: '2',
      keephugepages: 1,
      ivshmem: 'size=1',
      lock: 'backup',
      parallel0: '/dev/parport0',
      spice_enhancements: 'foldersharing=1',
      vmgenid: '1',
      arch: 'x86_64',
      'amd-sev': 'type=std',
    }
    for (const [key, value] of Object.entries(values))
      assert.is((await ask('PUT', `${path}/config`, { [key]: value })).line, `500 only root can set '${key}' config`)
    assert.is((await ask('PUT', `${path}/config`, { affinity: '0-1', args: '-no-hpet' }, 'root@pam')).line, '200 OK')
  }))

test("the rights of a token without separation are its user's; entries of the token itself count for nothing", () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101)
    bench.user('op', {})
    const made = await ask('POST', '/access/users/op@pve/token/ci', { privsep: 0 })
    const token = `op@pve!ci=${field(made, 'value')}`
    const role = 'PVEVMAdmin'
    const own = { path: '/vms/101', tokens: 'op@pve!ci', roles: role }
    assert.is((await ask('PUT', '/access/acl', own)).line, '200 OK')
    assert.match((await ask('GET', `${path}/config`, {}, token)).line, /^403 /)
    await ask('PUT', '/access/acl', { path: '/vms/101', users: 'op@pve', roles: role })
    assert.is((await ask('GET', `${path}/config`, {}, token)).line, '200 OK')
    assert.is((await ask('PUT', '/access/users/op@pve/token/ci', { privsep: 1 })).line, '200 OK')
    assert.is((await ask('GET', `${path}/config`, {}, token)).line, '200 OK')
    await ask('PUT', '/access/acl', { ...own, delete: 1 })
    assert.match((await ask('GET', `${path}/config`, {}, token)).line, /^403 /)
  }))

test('a refusal to create is bare, one to configure names everything that would do', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101)
    const token = bench.user('op', {
      '/vms/101': ['VM.Audit'],
      '/storage': ['Datastore.AllocateSpace', 'Datastore.Audit'],
    })
    assert.is((await ask('POST', '/nodes/pve1/qemu', { vmid: 102 }, token)).line, '403 Permission check failed')
    const container = { vmid: 103, ostemplate: alpine, rootfs: 'thin:1' }
    assert.is((await ask('POST', '/nodes/pve1/lxc', container, token)).line, '403 Permission check failed')
    assert.match(
      (await ask('PUT', `${path}/config`, { cores: 1 }, token)).line,
      /^403 Permission check failed \(\/vms\/101, VM\.Config\.Disk\|VM\.Config\.CDROM\|VM\.Config\.CPU\|/,
    )
  }))

test("the cluster's list of tasks splits a token's name, and shows a token without Sys.Audit nothing", () =>
  onCluster(async (bench) => {
    const { ask } = bench
    await makeVm(bench, 101)
    const tasks = await ask('GET', '/cluster/tasks')
    assert.equal([column(tasks, 'user'), column(tasks, 'tokenid')], [['root@pam'], ['mpc']])
    const token = bench.user('op', { '/vms': ['VM.Audit', 'VM.PowerMgmt'] })
    await ask('POST', '/nodes/pve1/qemu/101/status/start', {}, token)
    assert.equal((await ask('GET', '/cluster/tasks', {}, token)).data, [])
    assert.is(((await ask('GET', '/nodes/pve1/tasks', {}, token)).data as readonly unknown[]).length, 1)
  }))

test.run()
