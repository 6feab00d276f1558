import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { madeSince } from '../../src/cli/run/made-since.ts'
import type { AppliedResource } from '../../src/resource/applied.ts'
import type { Observed } from '../../src/resource/observed.ts'
import { samplePlan } from '../render/sample-plan.ts'

const [created, updated] = samplePlan.changes
if (!created?.guest || !updated) throw new Error('the sample plan creates a guest and updates one')

const { address, guest } = created
const other = { ...guest, vmid: (guest.vmid + 1) as typeof guest.vmid }

const bound: AppliedResource = {
  address,
  kind: 'vm',
  guest: other,
  config: {},
  preventDestroy: false,
  onDestroy: 'backup',
}

const observed = (...vmids: readonly number[]) => ({ guests: vmids.map((vmid) => ({ vmid })) }) as unknown as Observed

test('what another run has made since under another VMID is not made once more', () => {
  const [problem, ...more] = madeSince(samplePlan, [bound], observed(other.vmid))
  assert.is(problem?.code, 'apply.stale-plan')
  assert.is(problem?.address, address)
  assert.match(problem?.detail ?? '', `it is ${other.vmid} on ${other.node}`)
  assert.is(more.length, 0)
})

test('a guest that was removed behind our back may be made again', () => {
  assert.equal(madeSince(samplePlan, [bound], observed()), [])
})

test('what is not managed yet may be made, and what is managed may be changed', () => {
  assert.equal(madeSince(samplePlan, [], observed(other.vmid)), [])
  assert.equal(madeSince(samplePlan, [{ ...bound, address: updated.address }], observed(other.vmid)), [])
})

test.run()
