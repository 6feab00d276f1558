import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lifeEventsIn } from '../../src/sync/life-events.ts'

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

test.run()
