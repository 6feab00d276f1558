import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isNodeTrouble, mayHaveBegun, reasonOf } from '../../src/proxmox/refusal-reason.ts'

test('what PVE says is told apart only where something else is done for it', () => {
  const cases = [
    [500, "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout", 'lock-timeout'],
    [500, 'got lock request timeout', 'lock-timeout'],
    [500, 'VM is locked (backup)', 'held-by-task'],
    [500, 'CT is locked (snapshot-delete)', 'held-by-task'],
    [500, 'detected modified configuration - file changed by other user? Try again.', 'stale-digest'],
    [500, "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist", 'no-such-guest'],
    [500, "storage 'nas' does not exist", 'other'],
    [
      500,
      "hostname lookup 'pve9' failed - failed to get address info for: pve9: Name or service not known",
      'unknown-node',
    ],
    [403, 'Permission check failed (/vms/100, VM.Config.Disk)', 'other'],
    [595, 'No route to host', 'unreachable'],
    [503, 'VM is locked (backup)', 'unreachable'],
  ] as const
  for (const [status, message, reason] of cases) assert.is(reasonOf(status, message), reason, message)
})

test('only a node that could not be connected to has surely begun nothing', () => {
  const begun = [502, 503, 504, 596, 597, 598, 599]
  for (const status of begun) assert.ok(isNodeTrouble(status) && mayHaveBegun(status), String(status))
  assert.ok(isNodeTrouble(595) && !mayHaveBegun(595))
  for (const status of [200, 400, 401, 403, 500, 501]) assert.not(isNodeTrouble(status), String(status))
})

test.run()
