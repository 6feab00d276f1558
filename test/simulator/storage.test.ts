import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { column, field, makeContainer, onCluster } from './cluster-bench.ts'

const content = '/nodes/pve1/storage/local/content'

test('a listing for one guest leaves templates and images of disks of others out', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    await makeContainer(bench, 300, { rootfs: 'local:1' })
    await ask('POST', content, { vmid: 301, filename: 'vm-301-disk-0.raw', size: '64M' })
    assert.equal(column(await ask('GET', content, { vmid: 301, content: 'images' }), 'volid'), [
      'local:301/vm-301-disk-0.raw',
    ])
    assert.equal(column(await ask('GET', content, { content: 'rootdir' }), 'volid'), ['local:300/vm-300-disk-0.raw'])
    assert.equal(column(await ask('GET', content, { content: 'images' }), 'volid'), ['local:301/vm-301-disk-0.raw'])
  }))

test('a user sees the volumes of the guests that are theirs', () =>
  onCluster(async (bench) => {
    const { ask, user } = bench
    await makeContainer(bench, 300, { rootfs: 'local:1' })
    await makeContainer(bench, 301, { rootfs: 'local:1' })
    const token = user('one', { '/storage/local': ['Datastore.Audit'], '/vms/301': ['VM.Config.Disk'] })
    const list = await ask('GET', content, { content: 'rootdir' }, token)
    assert.equal(column(list, 'volid'), ['local:301/vm-301-disk-0.raw'])
    const refused = await ask('GET', '/nodes/pve1/storage/thin/content', {}, token)
    assert.is(refused.line, '403 Permission check failed (/storage/thin, Datastore.Audit|Datastore.AllocateSpace)')
  }))

test('a shared storage is one for all nodes, a local one is not', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    for (const storage of ['nfs', 'local'])
      await ask('POST', `/nodes/pve1/storage/${storage}/content`, {
        vmid: 301,
        filename: 'vm-301-disk-0.raw',
        size: '1G',
      })
    const there = async (storage: string): Promise<readonly unknown[]> =>
      column(await ask('GET', `/nodes/pve2/storage/${storage}/content`, { vmid: 301, content: 'images' }), 'volid')
    assert.equal(await there('nfs'), ['nfs:301/vm-301-disk-0.raw'])
    assert.equal(await there('local'), [])
  }))

test('block storages want a name that carries the guest', () =>
  onCluster(async ({ ask }) => {
    const path = '/nodes/pve1/storage/thin/content'
    const told = await ask('POST', path, { vmid: 301, filename: 'disk', size: '1G' })
    assert.is(told.line, "500 illegal name 'disk' - should be 'vm-301-*'")
    assert.is(
      (await ask('POST', path, { vmid: 301, filename: 'vm-301-disk-5', size: '1G' })).data,
      'thin:vm-301-disk-5',
    )
  }))

test('the space volumes take is taken from the storage', () =>
  onCluster(async (bench) => {
    const { ask } = bench
    const used = async (): Promise<number> => Number(field(await ask('GET', '/nodes/pve1/storage/thin/status'), 'used'))
    const before = await used()
    const path = await makeContainer(bench, 300)
    assert.ok((await used()) > before)
    await ask('DELETE', path)
    assert.is(await used(), before)
  }))

test('a download appears on the storage when its task has ended', () =>
  onCluster(async ({ ask }) => {
    const params = { content: 'iso', filename: 'new.iso', url: 'https://example.org/new.iso' }
    assert.is((await ask('POST', '/nodes/pve1/storage/local/download-url', params)).task, 'OK')
    assert.equal(column(await ask('GET', content, { content: 'iso' }), 'volid'), ['local:iso/new.iso'])
    const refused = await ask('POST', '/nodes/pve1/storage/local/download-url', { ...params, filename: 'new.txt' })
    assert.equal(refused.errors, { filename: 'wrong file extension' })
    const dead = await ask('POST', '/nodes/pve1/storage/local/download-url', {
      ...params,
      url: 'http://10.0.0.9:1/x.iso',
    })
    assert.is(dead.task, 'download failed: Connecting to 10.0.0.9:1... failed: Connection refused.')
  }))

test('a template of the list can be downloaded and used', () =>
  onCluster(async ({ ask }) => {
    const list = await ask('GET', '/nodes/pve1/aplinfo')
    const template = String(column(list, 'template').find((name) => /ubuntu/.test(String(name))))
    assert.is((await ask('POST', '/nodes/pve1/aplinfo', { storage: 'local', template })).task, 'OK')
    await ask('POST', '/nodes/pve1/lxc', { vmid: 300, ostemplate: `local:vztmpl/${template}`, rootfs: 'thin:4' })
    assert.is(field(await ask('GET', '/nodes/pve1/lxc/300/config'), 'ostype'), 'ubuntu')
    const unknown = await ask('POST', '/nodes/pve1/aplinfo', { storage: 'local', template: 'x.tar.gz' })
    assert.equal(unknown.errors, { template: 'no such template' })
  }))

test('an uploaded file is as large as what was sent', () =>
  onCluster(async ({ ask, simulator }) => {
    const form = new FormData()
    form.set('content', 'iso')
    form.set('filename', new Blob([new Uint8Array(300_000).fill(13)]), 'own.iso')
    const answer = await fetch(`${simulator.url}/api2/json/nodes/pve1/storage/local/upload`, {
      method: 'POST',
      body: form,
      headers: { authorization: `PVEAPIToken=${simulator.token}` },
    })
    const { data } = (await answer.json()) as { readonly data: string }
    assert.is(await simulator.world.tasks.ended(data), 'OK')
    assert.equal(column(await ask('GET', content, { content: 'iso' }), 'size'), [300_000])
  }))

test('an upload that is cut short is refused, and nothing is stored', () =>
  onCluster(async ({ ask, simulator }) => {
    const before = column(await ask('GET', content), 'volid')
    const answer = await fetch(`${simulator.url}/api2/json/nodes/pve1/storage/local/upload`, {
      method: 'POST',
      body: '--x\r\nContent-Disposition: form-data; name="filename"; filename="own.iso"\r\n\r\nhalf a fi',
      headers: {
        authorization: `PVEAPIToken=${simulator.token}`,
        'content-type': 'multipart/form-data; boundary=x',
      },
    })
    assert.is(`${answer.status} ${answer.statusText}`, '501 Unexpected end of form')
    assert.equal(column(await ask('GET', content), 'volid'), before)
  }))

test('a definition can be made, changed with its digest, disabled and deleted', () =>
  onCluster(async ({ ask }) => {
    const made = await ask('POST', '/storage', { storage: 'more', type: 'nfs', server: 'nas', export: '/more' })
    assert.equal(made.data, { storage: 'more', type: 'nfs' })
    const shown = await ask('GET', '/storage/more')
    assert.is(field(shown, 'path'), '/mnt/pve/more')
    assert.is(field(shown, 'shared'), 1)
    const digest = field(shown, 'digest')
    assert.is((await ask('PUT', '/storage/more', { disable: 1, digest })).line, '200 OK')
    const stale = await ask('PUT', '/storage/more', { disable: 0, digest })
    const text = 'update storage failed: detected modified configuration - file changed by other user? Try again.'
    assert.is(stale.line, `500 ${text}`)
    assert.is((await ask('GET', '/nodes/pve1/storage/more/content')).line, "500 storage 'more' is disabled")
    const required = await ask('PUT', '/storage/more', { delete: 'export' })
    assert.is(required.line, "500 update storage failed: unable to delete required option 'export'")
    assert.is((await ask('DELETE', '/storage/more')).line, '200 OK')
    assert.is((await ask('GET', '/storage/more')).line, "500 storage 'more' does not exist")
  }))

test('a storage for some nodes is not there on the others', () =>
  onCluster(async ({ ask }) => {
    await ask('PUT', '/storage/thin', { nodes: 'pve2' })
    const told = await ask('GET', '/nodes/pve1/storage/thin/content')
    assert.is(told.line, "500 storage 'thin' is not available on node 'pve1'")
    const enabled = await ask('GET', '/nodes/pve1/storage', { enabled: 1 })
    assert.is(column(enabled, 'storage').includes('thin'), false)
    assert.is(column(await ask('GET', '/nodes/pve2/storage', { enabled: 1 }), 'storage').includes('thin'), true)
  }))

test('secrets of a definition never read back', () =>
  onCluster(async ({ ask }) => {
    const secret = { storage: 'cif', type: 'cifs', server: 'nas', share: 's', username: 'u', password: 'invented-pw' }
    await ask('POST', '/storage', secret)
    assert.is(JSON.stringify((await ask('GET', '/storage/cif')).data).includes('invented-pw'), false)
  }))

test('deleting what is gone succeeds, with `delay` the answer waits', () =>
  onCluster(async ({ ask }) => {
    const path = `${content}/${encodeURIComponent('local:301/vm-301-disk-0.raw')}`
    assert.is((await ask('DELETE', path)).task, 'OK')
    await ask('POST', content, { vmid: 301, filename: 'vm-301-disk-0.raw', size: '64M' })
    const told = await ask('DELETE', path, { delay: 5 })
    assert.equal(told.data, null)
    assert.equal(column(await ask('GET', content, { vmid: 301, content: 'images' }), 'volid'), [])
  }))

test.run()
