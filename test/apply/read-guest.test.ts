import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readGuest } from '../../src/apply/observe/read-guest.ts'
import { diagnose } from '../../src/diagnostic/diagnostic.ts'
import { reasonOf } from '../../src/proxmox/refusal-reason.ts'
import type { Server } from '../../src/resource/server.ts'
import { realClock } from './connection.ts'
import { guestRef } from './workbench.ts'

const answering = (message: string): Server => ({
  send: async () => ({
    kind: 'refused',
    status: 500,
    message,
    reason: reasonOf(500, message),
    diagnostic: diagnose('proxmox.request-refused', { detail: message }),
  }),
  waitForTask: async () => {
    throw new Error('no task is waited for')
  },
  tasksSince: async () => [],
})

const kindOf = async (message: string): Promise<string> =>
  (await readGuest({ server: answering(message), clock: realClock, waits: [] }, guestRef('qemu', 'pve1', 101))).kind

test('a guest is absent only when the answer says so of its configuration', async () => {
  for (const message of [
    "Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist",
    "unable to find configuration file for VM 101 on node 'pve1'",
    "unable to find configuration file for CT 101 on node 'pve1'",
  ])
    assert.is(await kindOf(message), 'absent', message)
  for (const message of [
    "storage 'nas' does not exist",
    "hostname lookup 'pve1' failed - node does not exist",
    "volume 'nas:vm-101-disk-0' does not exist",
  ])
    assert.is(await kindOf(message), 'unreadable', message)
})

test.run()
