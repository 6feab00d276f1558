import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withWorkspace } from './mpc.ts'

const DATA = `vm "data" {
  node  = "pve1"
  vmid  = 3000
  power = "stopped"
  disk "scsi0" {
    storage = "local-lvm"
    size    = "20G"
  }
}
`
const node = (more = '', disk = 'file = vm.data.disk.scsi0.file\n    discard = "on"') => `vm "node" {
  node  = "pve1"
  vmid  = 3001
  power = "running"
  disk "scsi0" {
    storage = "local-lvm"
    size    = "5G"
  }
  disk "scsi1" {
    ${disk}
  }
${more}}
`
const BASE = 'lifecycle { on_destroy = "delete" }\n'

const check = async (all: Promise<{ readonly code: number; readonly all: string }>, code = 0): Promise<string> => {
  const result = await all
  assert.is(result.code, code, result.all)
  return result.all
}

test('a data disk of a stopped guest is attached in the same plan that makes it, and stays when the other guest goes', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    const config = (vmid: number) => simulator.world.guests.get(vmid)?.config ?? {}
    const volumes = () =>
      [...simulator.world.volumePools.values()].flatMap((pool) =>
        [...pool.volumes.keys()].filter((name) => name.includes('vm-3000')),
      )
    write('data.mpc.hcl', DATA)
    write('node.mpc.hcl', node())
    const shown = await check(run(['plan']))
    assert.match(shown, /disk\.scsi1\.file\s+.*known after apply/)
    await check(run(['apply', '--auto-approve']))
    const volume = 'local-lvm:vm-3000-disk-0'
    assert.match(config(3001)['scsi1'] ?? '', `${volume},discard=on,size=20G`)
    assert.match(await check(run(['apply', '--auto-approve'])), 'No changes')

    write('node.mpc.hcl', '')
    const gone = await check(run(['plan']))
    assert.match(gone, `take away what belongs to others and stays: scsi1 (${volume} of 3000)`)
    await check(run(['apply', '--auto-approve']))
    assert.not.ok(simulator.world.guests.has(3001))
    assert.equal(volumes(), ['vm-3000-disk-0'])
    assert.match(config(3000)['scsi0'] ?? '', volume)

    write('node.mpc.hcl', node())
    await check(run(['apply', '--auto-approve']))
    assert.match(config(3001)['scsi1'] ?? '', volume)
    write('data.mpc.hcl', '')
    write('node.mpc.hcl', node('', `file = "${volume}"`))
    assert.match(await check(run(['plan']), 1), /volumes of it are attached to 3001/)
    write('node.mpc.hcl', '')
    await check(run(['apply', '--auto-approve']))
    assert.not.ok(simulator.world.guests.has(3000))
  }))

test('a destroyed guest comes back with the volume of the other one, not with a copy', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    const config = (vmid: number) => simulator.world.guests.get(vmid)?.config ?? {}
    write('data.mpc.hcl', DATA)
    write('node.mpc.hcl', node())
    await check(run(['apply', '--auto-approve']))
    const before = config(3001)['scsi1']
    write('node.mpc.hcl', '')
    const applied = await check(run(['apply', '--auto-approve']))
    const [, plan = ''] = /mpc revert (p-\w+)/.exec(applied) ?? []
    await check(run(['revert', plan, '--auto-approve']))
    assert.is(config(3001)['scsi1'], before)
    assert.is(Object.values(config(3001)).filter((text) => text.includes('3001-disk')).length, 1)
  }))

test('what made the owner is not undone while another guest has its volume', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write('data.mpc.hcl', DATA)
    const [, plan = ''] = /mpc revert (p-\w+)/.exec(await check(run(['apply', '--auto-approve']))) ?? []
    write('node.mpc.hcl', node())
    await check(run(['apply', '--auto-approve']))
    const refused = await run(['revert', plan, '--auto-approve'])
    assert.is.not(refused.code, 0)
    assert.match(refused.all, 'Volumes of VM 3000 are attached to node (3001) now')
    assert.ok(simulator.world.guests.has(3000))
  }))

test('an undone creation leaves the volume of the other guest alone', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write('data.mpc.hcl', DATA)
    await check(run(['apply', '--auto-approve']))
    const volume = simulator.world.guests.get(3000)?.config['scsi0']
    write('node.mpc.hcl', node())
    simulator.faults.add({ kind: 'task-fails', task: { type: 'qmstart', id: 3001 } })
    await check(run(['apply', '--auto-approve']), 3)
    assert.not.ok(simulator.world.guests.has(3001))
    assert.is(simulator.world.guests.get(3000)?.config['scsi0'], volume)
    await check(run(['apply', '--auto-approve']))
  }))

test('containers share mount points in the same way', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    const config = (vmid: number) => simulator.world.guests.get(vmid)?.config ?? {}
    const container = (name: string, vmid: number, rest: string) => `container "${name}" {
  node     = "pve1"
  vmid     = ${vmid}
  template = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
  rootfs   = { storage = "local-lvm", size = "4G" }
  ${rest}
}
`
    write(
      'data.mpc.hcl',
      container('data', 3000, 'mount_point "mp0" {\n storage = "local-lvm"\n size = "8G"\n mp = "/data"\n}'),
    )
    write(
      'app.mpc.hcl',
      container(
        'app',
        3001,
        'power = "running"\nmount_point "mp3" {\n volume = container.data.mount_point.mp0.volume\n mp = "/srv"\n}',
      ),
    )
    await check(run(['apply', '--auto-approve']))
    const volume = config(3000)['mp0']?.split(',')[0] ?? '?'
    assert.match(config(3001)['mp3'] ?? '', volume)
    assert.match(await check(run(['apply', '--auto-approve'])), 'No changes')
    write('app.mpc.hcl', '')
    const applied = await check(run(['apply', '--auto-approve']))
    assert.match(config(3000)['mp0'] ?? '', volume)
    const [, plan = ''] = /mpc revert (p-\w+)/.exec(applied) ?? []
    await check(run(['revert', plan, '--auto-approve']))
    assert.match(config(3001)['mp3'] ?? '', volume)
  }))

test('a volume of a guest nobody refers to wants to be allowed, and two guests that run never share one', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write('data.mpc.hcl', DATA)
    await check(run(['apply', '--auto-approve']))
    write('node.mpc.hcl', node('', 'file = "local-lvm:vm-3000-disk-0"'))
    const refused = await check(run(['plan']), 1)
    assert.match(refused, 'refer to it as in `vm.data.disk.scsi0.file`')
    write('node.mpc.hcl', node('  lifecycle { attach_foreign_volumes = true }\n', 'file = "local-lvm:vm-3000-disk-0"'))
    await check(run(['apply', '--auto-approve']))
    assert.match(await check(run(['apply', '--auto-approve'])), 'No changes')
    write('data.mpc.hcl', DATA.replace('local-lvm', 'tank'))
    assert.match(await check(run(['plan']), 1), 'is attached to 3001 too')
    write('data.mpc.hcl', DATA.replace('"stopped"', '"running"'))
    assert.match(await check(run(['plan']), 1), 'would be written to by')
    assert.ok(simulator.world.guests.has(3001))
  }))

void BASE
test.run()
