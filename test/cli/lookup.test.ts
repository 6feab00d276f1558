import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { toPlain } from '../../src/declaration/eval/to-json.ts'
import { string, TRUE, type Value } from '../../src/declaration/eval/value.ts'
import { fitsPattern } from '../../src/declaration/lookup/name-pattern.ts'
import { lookupsOf } from '../../src/declaration/lookups-of.ts'
import { parseVmid, type Vmid } from '../../src/resource/guest.ts'
import { withWorkspace } from './mpc.ts'

const vmid = (value: number): Vmid => parseVmid(value) as Vmid

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
      'data "node" "a" { name = "pve11" }\ndata "template" "b" { name = "debian-13" }\ndata "guest" "c" { name = "nobody" }\ndata "storage" "d" {\n  name = "tank"\n  node = "pve3"\n}\noutput "all" { value = [data.node.a, data.template.b, data.guest.c, data.storage.d] }\n',
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

/** What an expression comes to, as plain data. */
const evaluated = async (run: (args: readonly string[]) => Promise<{ readonly stdout: string }>, expression: string) =>
  JSON.parse((await run(['eval', '--json', expression])).stdout).value

const LISTS = `data "node" "all" {}
data "node" "online" { status = "online" }
data "guest" "web" { tags = ["web"] }
data "guest" "off" {
  status   = "stopped"
  type     = "vm"
  template = false
}
data "guest" "called" { name = "d*" }
data "guest" "none" { tags = ["web", "no-such-tag"] }
data "guest" "pooled" { pool = "no-such-pool" }
data "template" "all" {}
data "template" "newest" {
  name   = "debian-1*"
  newest = true
}
data "storage" "disks" {
  content = "images"
  node    = "pve1"
}
vm "spread" {
  count = 3
  node  = data.node.online[count.index % length(data.node.online)].name
  name  = "spread-\${count.index}"
}
output "inventory" { value = { for guest in data.guest.web : guest.name => guest.node } }
`

test('data blocks without a name list nodes, guests, templates and storages, and guests are found by tag, type and status', () =>
  withWorkspace(async ({ run, write }) => {
    write('data.mpc.hcl', LISTS)
    const value = (expression: string) => evaluated(run, expression)
    assert.equal(await value('data.node.all[*].name'), ['pve1', 'pve2', 'pve3'])
    assert.equal(await value('data.node.online == data.node.all'), true)
    const all = await value('[for g in data.guest.called : g]')
    assert.ok(all.length > 0 && all.every(({ name }: { name: string }) => name.startsWith('d')))
    const off = await value('data.guest.off')
    assert.ok(
      off.every((g: Record<string, unknown>) => g['status'] === 'stopped' && g['type'] === 'vm' && !g['template']),
    )
    assert.equal(await value('[data.guest.none, data.guest.pooled]'), [[], []])
    assert.equal(
      await value('data.template.all[*].template'),
      (await value('data.template.all')).map(() => true),
    )
    assert.is(await value('data.template.newest.name'), 'debian-12')
    assert.ok((await value('data.storage.disks[*].name')).includes('local-lvm'))
    const web: { readonly name: string; readonly tags: readonly string[] }[] = await value('data.guest.web')
    assert.ok(web.length > 0 && web.every(({ tags }) => tags.includes('web')))
    const planned = await run(['plan', '--json'])
    assert.is(planned.code, 0, planned.all)
    const { outputs, changes } = JSON.parse(planned.stdout)
    assert.equal(Object.keys(outputs[0].value).sort(), web.map(({ name }) => name).sort())
    assert.equal(
      changes.map(({ guest }: { guest: { node: string } }) => guest.node),
      ['pve1', 'pve2', 'pve3'],
    )
  }))

test('of equally old templates the newest is the last by name, as people count', () => {
  const lookups = lookupsOf({
    cluster: { name: 'lab', version: '9.2' },
    nodes: [{ node: 'pve1', status: 'online' }],
    storages: [],
    pools: [],
    guests: ['debian-9', 'debian-10', 'ubuntu'].map((name, at) => ({
      type: 'qemu' as const,
      vmid: vmid(9000 + at),
      node: 'pve1',
      name,
      status: 'stopped' as const,
      template: true,
      current: name === 'ubuntu' ? { meta: 'creation-qemu=9.2.0,ctime=1764576000' } : {},
      pending: {},
      digest: '',
    })),
  })
  const newest = (name: string) => {
    const found = lookups.find(
      'template',
      new Map<string, Value>([
        ['name', string(name)],
        ['newest', TRUE],
      ]),
    )
    return 'problem' in found ? found.problem : toPlain(found)
  }
  assert.equal((newest('debian-*') as { name: string }).name, 'debian-10')
  assert.equal((newest('*') as { name: string }).name, 'ubuntu')
  assert.is(newest('fedora-*'), 'the cluster has no template "fedora-*".')
})

test('a lookup by a value that is known after apply waits for it', () =>
  withWorkspace(async ({ run, write }) => {
    write(
      'data.mpc.hcl',
      'vm "new" { node = "pve1" }\ndata "guest" "same" { name = vm.new.network.net0.macaddr }\noutput "found" { value = data.guest.same }\n',
    )
    const { code, stdout, all } = await run(['plan'])
    assert.is(code, 0, all)
    assert.match(stdout, 'known after apply')
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

test('patterns of names fit as a whole, and hostile ones are answered at once', () => {
  for (const [pattern, text, fits] of [
    ['debian-12-*', 'debian-12-20260101', true],
    ['debian-12-*', 'debian-12', false],
    ['*', '', true],
    ['w?b', 'web', true],
    ['w?b', 'wb', false],
    ['*-*-c', 'a-b-c', true],
    ['*.b', 'a.b.c', false],
  ] as const)
    assert.is(fitsPattern(pattern, text), fits, `${pattern} ${text}`)
  assert.is(fitsPattern(`${'*a'.repeat(2000)}b`, 'a'.repeat(4000)), false)
})

test.run()
