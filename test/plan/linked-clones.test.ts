import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { linkedClones } from '../../src/plan/check/destroy-check.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import { planningContext } from '../../src/plan/planning-context.ts'
import { applied, carryOut, newWorld } from './carry-out.ts'
import { observe } from './model-cluster.ts'
import { addGuest, desire, emptyModel, vm } from './samples.ts'
import { planOf } from './there-and-back.ts'

test('linked clones are told by the names of their volumes, and by nothing else that a configuration says', () => {
  const model = emptyModel()
  const add = (type: 'qemu' | 'lxc', vmid: number, current: Record<string, string>) =>
    addGuest(model, { type, vmid, current })
  add('qemu', 301, { scsi0: 'local:104/base-104-disk-0.qcow2/301/vm-301-disk-0.qcow2,size=8G' })
  add('qemu', 302, { scsi0: 'tank:base-104-disk-0/vm-302-disk-0,size=8G' })
  add('lxc', 303, { rootfs: 'tank:basevol-104-disk-0/subvol-303-disk-0,size=8G' })
  add('qemu', 304, { unused0: 'tank:base-104-disk-1/vm-304-disk-0' })
  add('qemu', 310, {
    description: 'moved from tank:base-104-disk-0/vm-310-disk-0',
    scsi0: 'tank:vm-310-disk-0,size=8G',
  })
  add('qemu', 311, {
    tags: 'base-104-disk-0/x',
    name: 'base-104-disk-0',
    scsi0: 'tank:base-105-disk-0/vm-311-disk-0,size=8G',
  })
  add('qemu', 104, { template: '1', scsi0: 'tank:base-104-disk-0,size=8G' })
  const clones = linkedClones(planningContext(observe(model), DEFAULT_PLAN_OPTIONS))
  assert.equal(clones(104), [301, 302, 303, 304])
  assert.equal(clones(105), [311])
})

test('it is said that a linked clone comes back as a full copy', () => {
  const model = emptyModel()
  addGuest(model, {
    type: 'qemu',
    vmid: 900,
    current: { name: 't', template: '1', scsi0: 'local-lvm:base-900-disk-0,size=8G' },
  })
  const world = newWorld(model)
  const made = vm('vm.a', { source: { by: 'clone', template: 't', full: false } })
  carryOut(world, planOf(desire([made]), world.model))
  const guest = Object.values(world.model.guests).find(({ vmid }) => vmid !== 900)
  if (guest) guest.current['scsi0'] = `local-lvm:base-900-disk-0/vm-${guest.vmid}-disk-0,size=8G`
  const destroy = planOf(desire([]), world.model, applied(world)).steps.at(-1)
  assert.match(
    destroy?.reversal.by === 'backup' ? (destroy.reversal.note ?? '') : '',
    'a full copy instead of a linked clone',
  )
})

test.run()
