import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Bench, field, makeContainer, makeVm, onCluster } from './cluster-bench.ts'

// What is easy to get wrong about a real server, kind by kind; seen on PVE 9.2 unless a test says where else it stands.

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
