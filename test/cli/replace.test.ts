import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withWorkspace } from './mpc.ts'

const RESOLVER = (lines: string): string => `container "resolver" {
  node     = "pve1"
  vmid     = 610
  template = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
  rootfs   = { storage = "local-lvm", size = "4G" }
  power    = "running"
${lines}
}
`
const without = (text = ''): string => text.replace(/^(?:net\d+|meta|vmgenid|rootfs): .*\n/gm, '')

test('a replacement under the same VMID is carried out, and undone where it fails half-way', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    const config = () => simulator.dump()['lxc/610']
    write('a.mpc.hcl', RESOLVER('unprivileged = true'))
    const made = await run(['apply', '--auto-approve'])
    assert.is(made.code, 0, made.all)
    const before = config()
    write('a.mpc.hcl', RESOLVER('unprivileged = false'))
    simulator.faults.add({ kind: 'task-fails', task: { type: 'vzcreate' } })
    const failed = await run(['apply', '--auto-approve'])
    assert.is(failed.code, 3, failed.all)
    assert.is(without(config()), without(before))
    const replaced = await run(['apply', '--auto-approve'])
    assert.is(replaced.code, 0, replaced.all)
    assert.match(replaced.all, 'destroy container 610 (resolver); not last, because container.resolver/create needs it')
    assert.not.match(config() ?? '', 'unprivileged: 1')
    assert.match((await run(['plan', '--refresh'])).stdout, 'No changes')
    write('a.mpc.hcl', RESOLVER('unprivileged = false').replace('debian-12-standard_12.7-1', 'debian-12-other_1'))
    const other = await run(['plan'])
    assert.match(other.stdout, 'No changes, although the declarations name another source for container.resolver')
    assert.match(other.stderr, "--replace 'container.resolver'")
    write('a.mpc.hcl', RESOLVER('unprivileged = false'))
    const asked = await run(['apply', '--auto-approve', '--replace', 'container.resolver'])
    assert.is(asked.code, 0, asked.all)
    assert.match(asked.stdout, 'container.resolver will be replaced')
    assert.is((await run(['plan', '--replace', 'not an address'])).code, 64)
  }))

test.run()
