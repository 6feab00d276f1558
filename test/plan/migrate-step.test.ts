import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import { observe } from './model-cluster.ts'
import { addGuest, at, container, desire, emptyModel, vm } from './samples.ts'

/** What is reported when a guest with these lines is to move from pve1 to pve2. */
const told = (lines: Readonly<Record<string, string>>, { running = false, type = 'qemu' as 'qemu' | 'lxc' } = {}) => {
  const model = emptyModel()
  addGuest(model, {
    type,
    vmid: 300,
    status: running ? 'running' : 'stopped',
    current: { [type === 'qemu' ? 'name' : 'hostname']: 'a', ...lines },
  })
  const guest = type === 'qemu' ? vm('vm.a', { node: 'pve2' }) : container('container.a', { node: 'pve2' })
  const imports = [{ to: at(guest.address), id: '300' }]
  const { diagnostics } = planChanges(desire([guest], { imports }), observe(model), [], DEFAULT_PLAN_OPTIONS)
  return diagnostics.map(({ code, detail }) => `${code}: ${detail}`).join('\n')
}

test('what Proxmox VE would not migrate is told before anything is done', () => {
  for (const [lines, phrase] of [
    [{ ide2: 'local:iso/a.iso,media=cdrom' }, 'ide2 holds a medium of pve1'],
    [{ ide2: 'cdrom,media=cdrom' }, 'ide2 holds a medium of pve1'],
    [{ hostpci0: '0000:01:00.0' }, 'hostpci0 is a device of the node'],
    [{ usb0: 'host=1234:5678' }, 'usb0 is a device of the node'],
    [{ serial0: '/dev/ttyS0' }, 'serial0 is a device of the node'],
    [
      { scsi0: 'local-lvm:base-900-disk-0/vm-300-disk-0,size=1G' },
      'scsi0 is a linked clone on local storage local-lvm',
    ],
  ] as const) {
    const text = told(lines)
    assert.match(text, 'plan.cannot-migrate')
    assert.match(text, phrase)
  }
  assert.match(told({ mp0: '/mnt/data,mp=/data' }, { type: 'lxc' }), 'mp0 is a folder or device of pve1')
})

test('mapped devices go along while the VM is off', () => {
  assert.is(told({ hostpci0: 'mapping=gpu' }), '')
  assert.match(told({ hostpci0: 'mapping=gpu' }, { running: true }), 'which a running VM cannot take along')
})

test('what is on shared storage, or nowhere, keeps no guest on its node', () => {
  assert.is(
    told({ ide2: 'none,media=cdrom', serial0: 'socket', usb0: 'spice', scsi0: 'local-lvm:vm-300-disk-0,size=1G' }),
    '',
  )
  assert.is(told({ mp0: '/mnt/pve/nas,mp=/data,shared=1' }, { type: 'lxc' }), '')
})

test.run()
