import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withWorkspace } from './mpc.ts'

test('data blocks look up nodes, storages, templates and guests in the last sync', () =>
  withWorkspace(async ({ run, write }) => {
    write(
      'data.mpc.hcl',
      `data "node" "first" { name = "pve1" }
data "storage" "fast" {
  name = "local-lvm"
  node = "pve1"
}
data "template" "debian" { name = "debian-12" }
data "guest" "db" { vmid = 101 }
vm "copy" {
  node = data.node.first.name
  clone = data.template.debian.vmid
  tags = data.guest.db.tags
}
output "free" { value = data.storage.fast.free > 0 && data.storage.fast.type == "lvmthin" }
output "db" { value = data.guest.db.name }
`,
    )
    const planned = await run(['plan', '--json'])
    assert.is(planned.code, 0, planned.all)
    const plan = JSON.parse(planned.stdout)
    assert.equal(plan.outputs, [
      { name: 'db', value: 'db', sensitive: false },
      { name: 'free', value: true, sensitive: false },
    ])
    assert.match(planned.stdout, '/nodes/pve1/qemu/9000/clone')
  }))

test('a lookup that finds nothing, or too much, says so at its place', () =>
  withWorkspace(async ({ run, write }) => {
    write(
      'data.mpc.hcl',
      'data "node" "a" { name = "pve11" }\ndata "template" "b" { name = "debian-13" }\ndata "guest" "c" {}\ndata "storage" "d" {\n  name = "tank"\n  node = "pve3"\n}\noutput "all" { value = [data.node.a, data.template.b, data.guest.c, data.storage.d] }\n',
    )
    const { code, stderr } = await run(['plan'])
    assert.is(code, 1)
    for (const phrase of [
      'no node "pve11". Did you mean "pve1"?',
      'Did you mean "debian-12"?',
      'data.mpc.hcl line 3',
      'node "pve3" does not have',
    ])
      assert.match(stderr, phrase)
  }))

test('eval answers look-ups from the last sync, and says what to do before the first', () =>
  withWorkspace(
    async ({ run, write, simulator }) => {
      write('data.mpc.hcl', 'data "guest" "db" { vmid = 101 }\n')
      assert.match((await run(['eval', 'data.guest.db.name'])).stderr, 'Run `mpc sync` first.')
      assert.is((await run(['init', '--endpoint', simulator.url, '--fingerprint', simulator.fingerprint])).code, 0)
      assert.match((await run(['eval', 'data.guest.db.name'])).stderr, 'Run `mpc sync` first.')
      assert.is((await run(['sync'])).code, 0)
      assert.is((await run(['eval', 'data.guest.db.name'])).stdout, '"db"\n')
      assert.is((await run(['eval', '1 + 1'])).stdout, '2\n')
    },
    { setUp: false, http: false },
  ))

test.run()
