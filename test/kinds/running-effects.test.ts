import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { guestKinds } from '../../src/kinds/registry.ts'

/** Seen on running guests of PVE 9.2 with its default `hotplug`: parameter, value before, value sent (null: deleted), and where PVE kept it. */
type Seen = readonly [key: string, before: string | null, after: string | null, effect: 'live' | 'pending']

const seen: Readonly<Record<'vm' | 'container', readonly Seen[]>> = JSON.parse(
  readFileSync(new URL('../../../fixtures/pve/running-effects.json', import.meta.url), 'utf8'),
)

/** Deleting what is not set says nothing of the parameter. */
const counts = ([, before, after]: Seen): boolean => before !== after

for (const kind of ['vm', 'container'] as const)
  test(`a running ${kind} takes every parameter as a real server was seen to have it taken`, () => {
    const { change, decodeValue, factsFor } = guestKinds[kind]
    const rows = seen[kind].filter(counts)
    assert.ok(rows.length > 40)
    const wrong = rows.filter(([key, before, after, effect]) => {
      const read = (text: string | null) => (text === null ? undefined : decodeValue(key, text))
      const now = change(key, read(before), read(after)) === 'live' ? 'live' : 'pending'
      // Locks, templates and marks of PVE's own are nothing to declare.
      return factsFor(key) !== undefined && now !== effect
    })
    assert.equal(wrong, [])
  })

test('what PVE writes at once and a guest reads when it starts is a matter of the kind and of its cloud-init drive', () => {
  const { vm, container } = guestKinds
  const drive = { ide2: 'local:100/vm-100-cloudinit.qcow2,media=cdrom' }
  for (const key of [
    'ciuser',
    'cipassword',
    'sshkeys',
    'ipconfig0',
    'ipconfig31',
    'nameserver',
    'searchdomain',
    'cicustom',
  ])
    assert.ok(vm.isReadAtStart(key, drive), key)
  assert.ok(vm.isReadAtStart('name', drive))
  assert.ok(vm.isReadAtStart('name', { scsi1: 'file=local-lvm:vm-100-cloudinit,media=cdrom' }))
  assert.not(vm.isReadAtStart('name', { ide2: 'local:iso/cloudinit.iso,media=cdrom' }))
  for (const key of ['cores', 'tags', 'net0']) assert.not(vm.isReadAtStart(key, drive), key)
  assert.ok(container.isReadAtStart('hostname', {}))
  assert.not(container.isReadAtStart('memory', {}))
})

test.run()
