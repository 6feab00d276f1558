import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { alpine, type Bench, column, field, makeContainer, makeVm, onCluster } from './cluster-bench.ts'

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

const notesOf = (bench: Bench): readonly unknown[] =>
  Object.values(bench.simulator.facts().archives).map(({ owner, notes, protected: kept }) => [owner, notes, kept])

const archiveOf = (bench: Bench, vmid: number): string =>
  Object.values(bench.simulator.facts().archives).find(({ owner }) => owner === vmid)?.volid ?? 'none'

const backUp = (bench: Bench, vmid: number, more = {}) =>
  bench.ask('POST', '/nodes/pve1/vzdump', { vmid, storage: 'local', ...more })

test('a backup of a VM that cannot start fails and leaves no archive; one that is made to fail neither', () =>
  onCluster(async (bench) => {
    await makeVm(bench, 101, { scsi0: 'thin:1', net0: 'virtio,bridge=vmbr9' })
    const failed = await backUp(bench, 101)
    assert.is(failed.task, 'job errors')
    assert.match(failed.log.join('\n'), /ERROR: Backup of VM 101 failed - bridge 'vmbr9' does not exist/)
    assert.equal(notesOf(bench), [])
    await makeVm(bench, 102, { net0: 'virtio,bridge=vmbr9' })
    assert.is((await backUp(bench, 102)).task, 'OK', 'no disks, no QEMU')
    await makeVm(bench, 103, { scsi0: 'thin:1' })
    bench.simulator.faults.add({ kind: 'task-fails', task: { type: 'vzdump' }, text: 'no space left' })
    const broken = await backUp(bench, 103)
    assert.is(broken.task, 'job errors')
    assert.equal(
      notesOf(bench).map((row) => (row as readonly unknown[])[0]),
      [102],
    )
  }))

test('destroying takes rights, pool and firewall; a restore brings back the firewall only', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    await ask('POST', '/pools', { poolid: 'prod' })
    const paths = [
      await makeVm(bench, 101, { scsi0: 'thin:1', pool: 'prod' }),
      await makeContainer(bench, 200, { pool: 'prod' }),
    ]
    for (const path of paths) {
      const vmid = Number(path.split('/').at(-1))
      await ask('POST', `${path}/firewall/rules`, { type: 'in', action: 'ACCEPT', enable: 1 })
      await ask('PUT', '/access/acl', { path: `/vms/${vmid}`, users: 'root@pam', roles: 'PVEAuditor' })
      await backUp(bench, vmid, { 'notes-template': 'kept', protected: 1 })
      assert.is((await ask('DELETE', path)).task, 'OK')
      const archive = archiveOf(bench, vmid)
      const source = path.includes('qemu') ? { archive } : { ostemplate: archive, restore: 1, storage: 'thin' }
      assert.is((await ask('POST', path.replace(/\/\d+$/, ''), { vmid, ...source })).task, 'OK')
      const facts = bench.simulator.facts().guests[path.replace('/nodes/pve1/', '')]
      assert.equal([facts?.pool, facts?.acl, facts?.firewall.rules.length], [null, [], 1], path)
    }
    assert.equal(notesOf(bench), [
      [200, 'kept', true],
      [101, 'kept', true],
    ])
  }))

test('a restored container loses bind mounts when volumes are named, and is refused when they are not; lxc keys are dropped', () =>
  onCluster(async (bench) => {
    const { ask, world } = bench
    const path = await makeContainer(bench, 200)
    await ask('PUT', `${path}/config`, { mp0: '/srv/data,mp=/data' }, 'root@pam')
    const guest = world.guests.get(200)
    if (guest === undefined) throw new Error('no container 200')
    guest.raw = [['lxc.apparmor.profile', 'unconfined']]
    assert.equal(field(await ask('GET', `${path}/config`), 'lxc'), [['lxc.apparmor.profile', 'unconfined']])
    await backUp(bench, 200)
    const restore = (vmid: number, more: object, as?: string) =>
      ask('POST', '/nodes/pve1/lxc', { vmid, ostemplate: archiveOf(bench, 200), restore: 1, ...more }, as)
    const refused = await restore(201, { storage: 'thin' })
    assert.is(refused.task, "unable to restore CT 201 - restoring 'mp0' to bind mount is only possible for root")
    const dropped = await restore(201, { rootfs: 'thin:2' })
    assert.is(dropped.task, 'WARNINGS: 1')
    assert.match(dropped.log.join('\n'), /WARN: skipping custom lxc options, restore manually as root:/)
    const config = await ask('GET', '/nodes/pve1/lxc/201/config')
    assert.equal([field(config, 'mp0'), field(config, 'lxc')], [undefined, undefined])
    assert.is((await restore(202, { storage: 'thin' }, 'root@pam')).task, 'OK')
    const whole = await ask('GET', '/nodes/pve1/lxc/202/config')
    assert.is(field(whole, 'mp0'), '/srv/data,mp=/data')
    assert.equal(field(whole, 'lxc'), [['lxc.apparmor.profile', 'unconfined']])
  }))

test('a restored linked clone is a full one, and a mount point without backup comes back empty', () =>
  onCluster(async (bench) => {
    const { ask, simulator } = bench
    const path = await makeVm(bench, 101, { scsi0: 'tank:1' })
    await ask('POST', `${path}/template`)
    await ask('POST', `${path}/clone`, { newid: 102 })
    assert.is(simulator.facts().volumes['tank@pve1:base-101-disk-0/vm-102-disk-0']?.parent, 'base-101-disk-0')
    await backUp(bench, 102)
    await ask('DELETE', '/nodes/pve1/qemu/102')
    await ask('POST', '/nodes/pve1/qemu', { vmid: 102, archive: archiveOf(bench, 102) })
    assert.is(simulator.facts().volumes['tank@pve1:vm-102-disk-0']?.parent, null)
  }))

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

test('a template made of a linked clone keeps its base in the name, and the base stays while it is there', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101, { scsi0: 'local:1' })
    await ask('POST', `${path}/template`)
    await ask('POST', `${path}/clone`, { newid: 102 })
    await ask('POST', '/nodes/pve1/qemu/102/template')
    const base = 'local:101/base-101-disk-0.raw/102/base-102-disk-0.qcow2'
    assert.is(field(await ask('GET', '/nodes/pve1/qemu/102/config'), 'scsi0'), `${base},size=1G`)
    assert.is(
      (await ask('DELETE', path)).task,
      "base volume 'local:101/base-101-disk-0.raw' is still in use by linked cloned",
    )
    await ask('POST', '/nodes/pve1/qemu/102/clone', { newid: 103 })
    assert.is(
      field(await ask('GET', '/nodes/pve1/qemu/103/config'), 'scsi0'),
      'local:102/base-102-disk-0.qcow2/103/vm-103-disk-0.qcow2,size=1G',
    )
    for (const vmid of [103, 102, 101]) assert.is((await ask('DELETE', `/nodes/pve1/qemu/${vmid}`)).task, 'OK')
  }))

test('a disk of a storage that is no longer defined is detached without a trace, and its volume stays', () =>
  onCluster(async (bench) => {
    const { ask, simulator } = bench
    const path = await makeVm(bench, 101, { scsi0: 'tank:1' })
    await ask('DELETE', '/storage/tank')
    assert.is((await ask('PUT', `${path}/config`, { delete: 'scsi0' })).line, '200 OK')
    const config = await ask('GET', `${path}/config`)
    assert.equal([field(config, 'scsi0'), field(config, 'unused0')], [undefined, undefined])
    assert.ok(simulator.facts().volumes['tank@pve1:vm-101-disk-0'])
  }))

test('a paused VM does not shut down', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const path = await makeVm(bench, 101)
    await ask('POST', `${path}/status/start`)
    await ask('POST', `${path}/status/suspend`)
    assert.is((await ask('POST', `${path}/status/shutdown`)).line, '500 VM is paused - cannot shutdown')
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

test('an EFI disk is as large as its firmware wants and its storage can give', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const sizeOn = async (vmid: number, line: string): Promise<string | undefined> => {
      const path = await makeVm(bench, vmid, { bios: 'ovmf', efidisk0: line })
      return /size=(\w+)/.exec(`${field(await ask('GET', `${path}/config`), 'efidisk0')}`)?.[1]
    }
    assert.is(await sizeOn(101, 'local:1,efitype=4m'), '528K')
    assert.is(await sizeOn(102, 'local:1'), '128K')
    assert.is(await sizeOn(103, 'thin:1,efitype=4m'), '4M')
    assert.is(await sizeOn(104, 'tank:1,efitype=4m'), '1M')
    await ask('POST', '/nodes/pve1/qemu/101/move_disk', { disk: 'efidisk0', storage: 'thin', delete: 1 })
    assert.match(`${field(await ask('GET', '/nodes/pve1/qemu/101/config'), 'efidisk0')}`, /size=4M/)
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

test('a storage definition drops what is empty, keeps each entry of a list once, and tells nothing of a key', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    await ask('POST', '/storage', {
      storage: 'more',
      type: 'dir',
      path: '/srv/more',
      nodes: '',
      content: '',
      bwlimit: '',
    })
    const made = await ask('GET', '/storage/more')
    assert.equal(
      ['nodes', 'content', 'bwlimit'].map((key) => field(made, key)),
      [undefined, 'none', undefined],
    )
    await ask('PUT', '/storage/more', { nodes: 'pve1,pve1,pve2', content: 'iso,iso', 'content-dirs': 'iso=images' })
    const changed = await ask('GET', '/storage/more')
    assert.equal([field(changed, 'nodes'), field(changed, 'content')], ['pve1,pve2', 'iso'])
    assert.equal(field(changed, 'content-dirs'), { iso: 'images' })
    await ask('PUT', '/storage/more', { nodes: '' })
    assert.is(field(await ask('GET', '/storage/more'), 'nodes'), undefined)
    const key = { storage: 'pbs', type: 'pbs', server: 's', datastore: 'd', 'master-pubkey': 'secret' }
    assert.equal((await ask('POST', '/storage', key)).data, { storage: 'pbs', type: 'pbs', config: {} })
    assert.not.match(JSON.stringify((await ask('GET', '/storage/pbs')).data), /secret/)
  }))

test('what a download would be is told before it is asked for', () =>
  onCluster(async ({ ask }) => {
    const told = await ask('GET', '/nodes/pve1/query-url-metadata', { url: 'https://example.org/iso/debian%2012.iso' })
    assert.equal([field(told, 'filename'), field(told, 'mimetype')], ['debian 12.iso', 'application/x-iso9660-image'])
    assert.type(field(told, 'size'), 'number')
  }))

test.run()
