import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { differenceOf, isSameGuest } from '../../src/kinds/same-guest.ts'
import type { GuestIdentity } from '../../src/resource/guest.ts'

const MAC = 'BC:24:11:00:00:01'
const OTHER = 'BC:24:11:00:00:02'
const VOLUME = 'local-lvm:vm-200-disk-0'

/** UPID of a task that began at this second. */
const upid = (start: number, type = 'vzrestore') =>
  `UPID:pve1:00001000:00000001:${start.toString(16).toUpperCase().padStart(8, '0')}:${type}:200:root@pam:`

const same = (known: GuestIdentity, seen: GuestIdentity) => assert.is(differenceOf(known, seen), undefined)
const other = (known: GuestIdentity, seen: GuestIdentity, why: RegExp) =>
  assert.match(differenceOf(known, seen) ?? '', why)

test('a UUID decides where both have one: a VM restored from a backup is the same', () => {
  same({ uuid: 'a' }, { uuid: 'a' })
  other({ uuid: 'a' }, { uuid: 'b' }, /UUID/)
  other({ uuid: 'a' }, { marks: [VOLUME] }, /no UUID/)
  same({ uuid: 'a', event: upid(1) }, { uuid: 'a', event: upid(2) })
})

test('a new container with the old one’s VMID has its volume names, but not its MAC address', () => {
  other({ marks: [MAC, VOLUME] }, { marks: [OTHER, VOLUME] }, /MAC/)
  same({ marks: [MAC, VOLUME] }, { marks: [MAC, 'nfs:200/vm-200-disk-1.raw'] })
})

test('volume names, which PVE makes of the VMID, tell nothing', () => {
  same({ marks: [VOLUME], name: 'a' }, { marks: ['local-lvm:vm-200-disk-1'], name: 'a' })
  other({ marks: [VOLUME], name: 'a' }, { marks: [VOLUME], name: 'b' }, /name is b and was a/)
})

test('a MAC address that the server chose outlives a restore by somebody, one that is declared tells nothing', () => {
  const later = { marks: [MAC], name: 'a', event: upid(9) }
  same({ marks: [MAC], name: 'a', event: upid(1) }, later)
  other({ marks: [MAC], declared: [MAC], name: 'a', event: upid(1) }, later, /vzrestore by root@pam/)
  other({ marks: [MAC], declared: [MAC], name: 'a' }, { marks: [MAC], name: 'b' }, /name/)
  other({ marks: [MAC], declared: [MAC], name: 'a' }, { marks: [OTHER], name: 'a' }, /MAC/)
})

test('without a network, what became of the VMID since decides', () => {
  const known = { marks: [VOLUME], name: 'a' }
  other({ ...known, event: null }, { ...known, event: upid(2, 'vzcreate') }, /vzcreate/)
  other({ ...known, event: upid(1) }, { ...known, event: upid(2, 'vzdestroy') }, /vzdestroy/)
  same({ ...known, event: upid(2) }, { ...known, event: upid(2) })
  // Made by a clone, whose task is filed under its source: what the VMID went through before is older.
  same({ ...known, event: upid(3, 'vzclone') }, { ...known, event: upid(2, 'vzdestroy') })
  // Bound by a version that did not look.
  same(known, { ...known, event: upid(2) })
})

test('a network card that somebody removed or added makes no other guest', () => {
  same({ marks: [MAC], name: 'a' }, { marks: [], name: 'a' })
  same({ marks: [], name: 'a' }, { marks: [MAC], name: 'a' })
  assert.ok(isSameGuest({}, { uuid: 'a' }))
})

test.run()
