import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ObservedGuest } from '../../src/resource/observed.ts'
import { lifeEventsIn, withLifeEvent } from '../../src/sync/life-events.ts'

const task = (type: string, start: string, status: string) => ({
  upid: `UPID:pve1:00001000:00002000:${start}:${type}:203:root@pam:`,
  type,
  id: '203',
  status,
})

test('a destruction that failed has left the guest as it was', () => {
  const made = task('vzcreate', '6B0EDC00', 'OK')
  const failed = task('vzdestroy', '6B0EDC10', 'boom')
  const warned = task('vzdestroy', '6B0EDC10', 'WARNINGS: 1')
  assert.is(lifeEventsIn([failed, made]).get(203), made.upid)
  assert.is(lifeEventsIn([warned, made]).get(203), warned.upid)
})

test('of two tasks in one second the one that the server shows now counts, and an older one never', () => {
  const guest = { vmid: 203 } as ObservedGuest
  const ours = { ...guest, event: task('vzcreate', '6B0EDC00', 'OK').upid }
  const theirs = {
    ...task('vzcreate', '6B0EDC00', 'OK'),
    upid: 'UPID:pve1:00001001:00002001:6B0EDC00:vzcreate:203:x@pam:',
  }
  const older = task('vzcreate', '6B0EDB00', 'OK')
  assert.is(withLifeEvent(guest, [lifeEventsIn([theirs])], ours).event, theirs.upid)
  assert.is(withLifeEvent(guest, [lifeEventsIn([older])], ours).event, ours.event)
  assert.is(withLifeEvent(guest, [], ours).event, ours.event)
})

test.run()
