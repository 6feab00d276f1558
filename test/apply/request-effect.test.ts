import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { effectOf, foreignKeys, taskPlace, touchedKeys } from '../../src/apply/effect/request-effect.ts'
import type { ApiRequest } from '../../src/resource/request.ts'

const effect = (method: ApiRequest['method'], path: string, params: ApiRequest['params'] = {}) =>
  effectOf({ method, path, params })

const VM = { type: 'qemu', node: 'pve1', vmid: 101 }

test('requests that make a guest name it, and their tasks are looked for where PVE files them', () => {
  const created = effect('POST', '/nodes/pve1/qemu', { vmid: 101, name: 'a' })
  assert.equal(created, {
    kind: 'guest-made',
    guest: VM,
    filed: { node: 'pve1', vmid: 101 },
    tasks: ['qmcreate', 'qmrestore'],
  })
  const cloned = effect('POST', '/nodes/pve1/qemu/9000/clone', { newid: 101, target: 'pve2' })
  assert.equal(cloned.kind === 'guest-made' && cloned.guest, { ...VM, node: 'pve2' })
  assert.equal(taskPlace(cloned), { node: 'pve1', vmid: 9000 })
  const restored = effect('POST', '/nodes/pve1/lxc', { vmid: 101, ostemplate: 'a', restore: true })
  assert.equal(restored.kind === 'guest-made' && restored.tasks, ['vzcreate', 'vzrestore'])
})

test('a configuration write touches the keys it sets and those it deletes', () => {
  const keys = (params: ApiRequest['params'], path = '/nodes/pve1/qemu/101/config') =>
    touchedKeys(effect('PUT', path, params))
  assert.equal(keys({ cores: 2, delete: 'tags,net1', digest: 'x', force: true }), ['cores', 'tags', 'net1'])
  assert.equal(keys({ revert: 'memory' }), ['memory'])
  assert.equal(keys({ disk: 'scsi0', size: '8G' }, '/nodes/pve1/qemu/101/resize'), ['scsi0'])
  assert.equal(touchedKeys(effect('POST', '/nodes/pve1/lxc/200/move_volume', { volume: 'mp0', storage: 's' })), ['mp0'])
  assert.is(touchedKeys(effect('POST', '/nodes/pve1/qemu/101/snapshot/s1/rollback')), undefined)
})

test('what a request is about is read off its path', () => {
  const kinds: readonly (readonly [string, ReturnType<typeof effectOf>])[] = [
    ['guest-gone', effect('DELETE', '/nodes/pve1/qemu/101', { purge: true })],
    ['snapshot', effect('POST', '/nodes/pve1/qemu/101/snapshot', { snapname: 's1' })],
    ['snapshot', effect('DELETE', '/nodes/pve1/lxc/200/snapshot/s1')],
    ['power', effect('POST', '/nodes/pve1/qemu/101/status/start')],
    ['moved', effect('POST', '/nodes/pve1/qemu/101/migrate', { target: 'pve2' })],
    ['pool', effect('POST', '/pools', { poolid: 'p' })],
    ['pool', effect('DELETE', '/pools', { poolid: 'p' })],
    ['membership', effect('PUT', '/pools', { poolid: 'p', vms: '101' })],
    ['pool-comment', effect('PUT', '/pools', { poolid: 'p', comment: 'c' })],
    ['backup', effect('POST', '/nodes/pve1/vzdump', { vmid: '101', storage: 's' })],
    ['other', effect('GET', '/nodes/pve1/qemu/101/config')],
  ]
  assert.equal(
    kinds.map(([, { kind }]) => kind),
    kinds.map(([kind]) => kind),
  )
  assert.equal(taskPlace(effect('POST', '/nodes/pve1/vzdump', { vmid: '101' })), { node: 'pve1', vmid: 101 })
})

test('a key somebody else changed is told from those we touched and those that follow them', () => {
  const before = { cores: '2', tags: 'a', scsi1: 'x:1', boot: 'order=scsi0;scsi1' }
  const after = { cores: '4', tags: 'b', unused0: 'x:1', boot: 'order=scsi0', parent: 's1' }
  assert.equal(foreignKeys('qemu', before, after, ['cores', 'scsi1']), ['tags'])
  assert.equal(foreignKeys('qemu', before, after, ['cores', 'scsi1', 'tags']), [])
})

test.run()
