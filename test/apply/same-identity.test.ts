import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sameIdentity } from '../../src/apply/same-identity.ts'

const MAC = 'BC:24:11:00:00:01'
const OTHER = 'BC:24:11:00:00:02'
const VOLUME = 'local-lvm:vm-200-disk-0'

test('a UUID decides where both have one', () => {
  assert.ok(sameIdentity({ uuid: 'a' }, { uuid: 'a' }))
  assert.not(sameIdentity({ uuid: 'a' }, { uuid: 'b' }))
})

test('a new container with the old one’s VMID has its volume names, but not its MAC address', () => {
  assert.not(sameIdentity({ marks: [MAC, VOLUME] }, { marks: [OTHER, VOLUME] }))
  assert.ok(sameIdentity({ marks: [MAC, VOLUME] }, { marks: [MAC, 'nfs:200/vm-200-disk-1.raw'] }))
})

test('without MAC addresses the volumes serve, and where nothing can be compared nothing is refused', () => {
  assert.ok(sameIdentity({ marks: [VOLUME] }, { marks: [MAC, VOLUME] }))
  assert.not(sameIdentity({ marks: [VOLUME] }, { marks: ['local-lvm:vm-200-disk-1'] }))
  assert.ok(sameIdentity({}, { uuid: 'a' }))
})

test.run()
