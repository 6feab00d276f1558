import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withWorkspace } from './mpc.ts'

const data = (more = '', size = '20G') => `vm "data" {
  node  = "pve1"
  vmid  = 3000
  power = "stopped"
  disk "scsi0" {
    storage = "local-lvm"
    size    = "${size}"
  }
${more}}
`
const machine = (more = '', root = '5G', disk = '', node = 'pve1') => `vm "node" {
  node  = "${node}"
  vmid  = 3001
  disk "scsi0" {
    storage = "local-lvm"
    size    = "${root}"
  }
  disk "scsi1" {
    file = vm.data.disk.scsi0.file
    ${disk}
  }
${more}}
`

const check = async (all: Promise<{ readonly code: number; readonly all: string }>, code = 0): Promise<string> => {
  const result = await all
  assert.is(result.code, code, result.all)
  return result.all.replace(/\s+/g, ' ')
}

const APPLY = ['apply', '--auto-approve']

test('no snapshot holds the volume of another guest: a growth beside it cannot be undone, and whoever wants one always hears why', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    const snapshots = () => [...(simulator.world.guests.get(3001)?.snapshots.keys() ?? [])]
    write('main.mpc.hcl', data() + machine())
    await check(run(APPLY))
    write('main.mpc.hcl', data() + machine('', '6G'))
    const shown = await check(run(['plan']))
    assert.match(shown, 'scsi1 (local-lvm:vm-3000-disk-0) belongs to 3000, and a snapshot of this guest would hold it')
    assert.not.match(shown, 'take snapshot')
    write('main.mpc.hcl', data() + machine('  memory = 1024\n  lifecycle { snapshot = "always" }\n'))
    assert.match(await check(run(['plan']), 1), 'declares `snapshot = "always"`, and none can be taken: scsi1')
    await check(run(APPLY), 1)
    assert.equal(snapshots(), [])
    write('main.mpc.hcl', data('', '30G') + machine('  memory = 1024\n'))
    assert.match(await check(run(['plan'])), 'scsi0 (local-lvm:vm-3000-disk-0) is attached to 3001 too')
  }))

test('a disk is grown by the guest it belongs to only', () =>
  withWorkspace(async ({ run, write }) => {
    write('main.mpc.hcl', data() + machine())
    await check(run(APPLY))
    write('main.mpc.hcl', data() + machine('', '5G', 'size = "30G"'))
    assert.match(await check(run(['plan']), 1), 'Leave `size` out here, and grow it on 3000')
    write('main.mpc.hcl', data() + machine('', '5G', 'size = "20G"'))
    assert.match(await check(run(APPLY)), 'No changes')
    write('main.mpc.hcl', data('', '30G') + machine())
    await check(run([...APPLY, '--allow-irreversible']))
    assert.match(await check(run(APPLY)), 'No changes')
  }))

test('neither guest of a local volume leaves the node without the other, and no plan makes them apart', () =>
  withWorkspace(async ({ run, write }) => {
    write('main.mpc.hcl', data() + machine('', '5G', '', 'pve2'))
    assert.match(await check(run(['plan']), 1), 'will lie on pve1, where `vm.data` is')
    write('main.mpc.hcl', data() + machine())
    await check(run(APPLY))
    write('main.mpc.hcl', data() + machine('', '5G', '', 'pve2'))
    assert.match(await check(run(['plan']), 1), /lies on a local storage and belongs to 3000/)
    write('main.mpc.hcl', data().replace('pve1', 'pve2') + machine())
    assert.match(await check(run(['plan']), 1), /lies on a local storage and is attached to 3001 too/)
    write('main.mpc.hcl', data('  template = true\n') + machine())
    assert.match(await check(run(['plan']), 1), /become a template, which renames its volumes/)
  }))

test('a growth is not undone by a snapshot while another guest has the volume since', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write('main.mpc.hcl', data())
    await check(run(APPLY))
    write('main.mpc.hcl', data('', '30G'))
    const [, plan = ''] = /mpc revert (p-\w+)/.exec(await check(run(APPLY))) ?? []
    write('main.mpc.hcl', data('', '30G') + machine())
    await check(run(APPLY))
    const refused = await run(['revert', plan, '--auto-approve'])
    assert.is.not(refused.code, 0)
    assert.match(refused.all.replace(/\s+/g, ' '), 'volumes of it are attached to node (3001) now')
    assert.match(simulator.world.guests.get(3000)?.config['scsi0'] ?? '', 'size=30G')
  }))

test('once the owner is gone outside, its volume is the machine that has it', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write('main.mpc.hcl', data() + machine())
    await check(run(APPLY))
    simulator.world.guests.delete(3000)
    const alone = machine().replace('vm.data.disk.scsi0.file', '"local-lvm:vm-3000-disk-0"')
    write('main.mpc.hcl', `${alone}removed {\n  from = vm.data\n  lifecycle { destroy = false }\n}\n`)
    await check(run(APPLY))
    write('main.mpc.hcl', alone.replace('5G', '6G'))
    assert.match(await check(run(['plan'])), 'take snapshot')
    await check(run(APPLY))
    assert.match(await check(run(APPLY)), 'No changes')
  }))

test.run()
