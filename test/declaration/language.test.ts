import { test } from 'uvu'
import { equal, is, match, ok } from 'uvu/assert'
import type { Address } from '../../src/resource/address.ts'
import type { DesiredGuest } from '../../src/resource/desired.ts'
import type { ObservedGuest } from '../../src/resource/observed.ts'
import { load, loadHcl, problemsOf } from './load.ts'

type Loading = ReturnType<typeof load>

const outputsOf = async (loading: Loading): Promise<Readonly<Record<string, unknown>>> => {
  const { value, diagnostics } = await loading
  equal(diagnostics, [])
  return Object.fromEntries((value?.desired.outputs ?? []).map(({ name, value: output }) => [name, output]))
}

const guestsOf = async (loading: Loading): Promise<readonly DesiredGuest[]> => {
  const { value, diagnostics } = await loading
  equal(diagnostics, [])
  return (value?.desired.resources ?? []).filter((resource): resource is DesiredGuest => resource.kind !== 'pool')
}

const VM = 'node = "pve1"'

test('optional attributes of a variable take their defaults, at any depth', async () => {
  const outputs = await outputsOf(
    loadHcl(`variable "hosts" {
  type = map(object({
    cores = optional(number, 2)
    disks = optional(list(object({ size = optional(string, "8G") })), [{}])
    note  = optional(string)
  }))
  default = { a = {}, b = { cores = "4", disks = [{ size = "16G" }, {}] } }
}
output "hosts" { value = var.hosts }
`),
  )
  equal(outputs['hosts'], {
    a: { cores: 2, disks: [{ size: '8G' }], note: null },
    b: { cores: 4, disks: [{ size: '16G' }, { size: '8G' }], note: null },
  })
})

test('a variable is converted to its type, and refused with the reason where that cannot be', async () => {
  equal(
    await outputsOf(loadHcl('variable "n" {\n  type = number\n  default = "5"\n}\noutput "n" { value = var.n + 1 }\n')),
    { n: 6 },
  )
  const refused = await loadHcl(
    'variable "n" {\n  type    = list(number)\n  default = ["a"]\n}\noutput "n" { value = var.n }\n',
  )
  equal(problemsOf(refused), ['declaration.invalid-variable 3:13'])
  match(refused.diagnostics[0]?.detail ?? '', /element 0: a number is required/)
})

test('a variable that is not nullable takes its default for null', async () => {
  const text = (nullable: boolean) => `variable "a" {
  default  = "x"
  nullable = ${nullable}
}
output "a" { value = var.a == null }
`
  const files = (nullable: boolean) => ({ 'main.mpc.hcl': text(nullable), 'a.auto.mpcvars.hcl': 'a = null\n' })
  equal(await outputsOf(load(files(true))), { a: true })
  equal(await outputsOf(load(files(false))), { a: false })
})

test('a validation that fails gives its own message', async () => {
  const result = await loadHcl(`variable "size" {
  default = 3
  validation {
    condition     = var.size > 5
    error_message = "The size \${var.size} is too small."
  }
}
`)
  equal(problemsOf(result), ['declaration.check-failed 4:21'])
  match(result.diagnostics[0]?.detail ?? '', /The size 3 is too small\./)
})

test('text from the command line is read by the type of its variable', async () => {
  const text = `variable "s" { type = string }
variable "l" { type = list(string) }
variable "u" {}
output "all" { value = [var.s, var.l, var.u] }
`
  const variables = [
    { name: 's', value: '["x"]' },
    { name: 'l', value: '["x", "y"]' },
    { name: 'u', value: '{}' },
  ]
  equal(await outputsOf(loadHcl(text, { variables })), { all: ['["x"]', ['x', 'y'], '{}'] })
})

test('count and for_each make instances with addresses of their own', async () => {
  const guests = await guestsOf(
    loadHcl(`vm "a" {
  count = 2
  ${VM}
  name = "a-\${count.index}"
}
vm "b" {
  for_each = toset(["x", "y"])
  ${VM}
  name = each.value
}
vm "c" {
  count = 0
  ${VM}
}
`),
  )
  equal(
    guests.map(({ address, config }) => [address, config['name']]),
    [
      ['vm.a[0]', 'a-0'],
      ['vm.a[1]', 'a-1'],
      ['vm.b["x"]', 'x'],
      ['vm.b["y"]', 'y'],
    ],
  )
})

test('count and for_each refuse what has no number or keys, what is secret and what is not known', async () => {
  const cases: readonly (readonly [string, string])[] = [
    ['count = -1', 'declaration.invalid-count'],
    ['count = 1.5', 'declaration.invalid-count'],
    ['count = "x"', 'declaration.invalid-count'],
    ['count = null', 'declaration.invalid-count'],
    ['for_each = ["a"]', 'declaration.invalid-count'],
    ['for_each = toset([1])', ''],
    ['for_each = sensitive(toset(["a"]))', 'declaration.sensitive-value'],
    ['for_each = toset([vm.other.vmid])', 'declaration.invalid-count'],
    ['count = vm.other.vmid', 'declaration.value-not-known'],
  ]
  for (const [line, code] of cases) {
    const result = await loadHcl(`vm "a" {\n  ${line}\n  ${VM}\n}\nvm "other" { ${VM} }\n`)
    is(
      problemsOf(result)[0]?.split(' ')[0] ?? '',
      line.includes('toset([1])') ? 'declaration.invalid-count' : code,
      line,
    )
  }
  equal(problemsOf(await loadHcl(`vm "a" {\n  count = 1\n  for_each = {}\n  ${VM}\n}\n`)), ['declaration.conflict 3:3'])
})

test('a dynamic block makes one block for each element, with labels of its own', async () => {
  const [guest] = await guestsOf(
    loadHcl(`vm "a" {
  ${VM}
  dynamic "disk" {
    for_each = { scsi0 = "8G", scsi1 = "16G" }
    labels   = [disk.key]
    content {
      storage = "local-lvm"
      size    = disk.value
    }
  }
  dynamic "network" {
    for_each = ["vmbr0"]
    iterator = net
    labels   = ["net\${net.key}"]
    content { bridge = net.value }
  }
}
`),
  )
  equal(guest?.config['scsi1'], { size: '16G', storage: 'local-lvm' })
  equal(guest?.config['net0'], { bridge: 'vmbr0' })
})

test('the same in YAML', async () => {
  const yaml = `vm:
  a:
    node: pve1
    dynamic:
      disk:
        for_each: { scsi0: 8G, scsi1: 16G }
        labels: ["\${disk.key}"]
        content: { storage: local-lvm, size: "\${disk.value}" }
`
  const [guest] = await guestsOf(load({ 'main.mpc.yaml': yaml }))
  equal(guest?.config['scsi1'], { size: '16G', storage: 'local-lvm' })
})

test('modules take inputs, give outputs, and may be made many times', async () => {
  const files = {
    'main.mpc.hcl': `module "site" {
  for_each = { a = 1, b = 2 }
  source   = "./site"
  name     = each.key
  size     = each.value
}
output "names" { value = [for key, site in module.site : site.name] }
output "first" { value = module.site["a"].guest }
`,
    'site/main.mpc.hcl': `variable "name" { type = string }
variable "size" { type = number }
vm "g" {
  count = var.size
  ${VM}
  name  = "\${var.name}-\${count.index}"
}
output "name" { value = "site \${var.name} in \${path.module}" }
output "guest" { value = vm.g[0].name }
`,
  }
  equal(await outputsOf(load(files)), { names: ['site a in site', 'site b in site'], first: 'a-0' })
  equal(
    (await guestsOf(load(files))).map(({ address }) => address),
    ['module.site["a"].vm.g[0]', 'module.site["b"].vm.g[0]', 'module.site["b"].vm.g[1]'],
  )
})

test('modules may need outputs of one another as long as no value needs itself', async () => {
  const module = 'variable "x" { default = "" }\noutput "fixed" { value = "f" }\noutput "given" { value = var.x }\n'
  const files = {
    'main.mpc.hcl': `module "a" {
  source = "./m"
  x      = module.b.fixed
}
module "b" {
  source = "./m"
  x      = module.a.given
}
output "out" { value = module.b.given }
`,
    'm/main.mpc.hcl': module,
  }
  equal(await outputsOf(load(files)), { out: 'f' })
})

test('a module that calls itself, is missing or gets unknown arguments is refused', async () => {
  const self = {
    'main.mpc.hcl': 'module "a" { source = "./a" }\n',
    'a/main.mpc.hcl': 'module "a" { source = "../a" }\n',
  }
  equal(problemsOf(await load(self)), ['declaration.invalid-module 1:23'])
  equal(problemsOf(await loadHcl('module "a" { source = "./nope" }\n')), ['declaration.invalid-module 1:23'])
  equal(problemsOf(await loadHcl('module "a" { source = "hashicorp/x" }\n')), ['declaration.invalid-module 1:23'])
  const args = {
    'main.mpc.hcl': 'module "a" {\n  source = "./a"\n  colour = 1\n}\n',
    'a/main.mpc.hcl': 'variable "color" {}\n',
  }
  equal(problemsOf(await load(args)), ['declaration.missing-attribute 1:1', 'declaration.unknown-attribute 3:3'])
})

test('values that need themselves are named in a circle', async () => {
  const result = await loadHcl('locals {\n  a = local.b\n  b = local.c + 1\n  c = local.a\n}\n')
  equal(problemsOf(result), ['declaration.cycle 2:3'])
  match(result.diagnostics[0]?.detail ?? '', /local\.a → local\.b → local\.c → local\.a/)
})

test('ten thousand locals in a chain are no trouble', async () => {
  const lines = Array.from({ length: 10_000 }, (_, i) => `  l${i} = ${i === 9999 ? '1' : `local.l${i + 1} + 1`}`)
  equal(await outputsOf(loadHcl(`locals {\n${lines.join('\n')}\n}\noutput "a" { value = local.l0 }\n`)), { a: 10_000 })
})

test('dependencies come from references, through locals and modules, and from depends_on', async () => {
  const files = {
    'main.mpc.hcl': `locals { db = vm.db.name }
vm "db" {
  ${VM}
  name = "db"
}
vm "web" {
  ${VM}
  description = local.db
}
vm "last" {
  ${VM}
  depends_on = [module.m, pool.p]
}
pool "p" {}
module "m" {
  source = "./m"
  name   = vm.web.description
}
`,
    'm/main.mpc.hcl': `variable "name" {}\nvm "inner" {\n  ${VM}\n  description = var.name\n}\n`,
  }
  const guests = await guestsOf(load(files))
  const needs = Object.fromEntries(guests.map(({ address, dependsOn }) => [address, dependsOn]))
  equal(needs, {
    'vm.db': [],
    'vm.web': ['vm.db'],
    'vm.last': ['module.m.vm.inner', 'pool.p'],
    'module.m.vm.inner': ['vm.web'],
  })
})

test('defaults of a kind hold for every guest of it, in modules too, unless it says otherwise', async () => {
  const files = {
    'main.mpc.hcl': `defaults "vm" {
  node   = "pve9"
  scsihw = "virtio-scsi-single"
  cores  = 2
  agent { enabled = true }
  network "net0" {
    bridge   = "vmbr0"
    firewall = true
  }
  lifecycle { on_destroy = "retain" }
}
vm "a" {
  cores  = 4
  scsihw = null
  network "net0" { tag = 5 }
}
module "m" { source = "./m" }
`,
    'm/main.mpc.hcl': 'vm "b" {}\n',
  }
  const [a, b] = await guestsOf(load(files))
  is(a?.node, 'pve9')
  is(a?.config['cores'], 4)
  is(a?.config['scsihw'], undefined)
  equal(a?.config['net0'], { bridge: 'vmbr0', firewall: true, tag: 5 })
  is(a?.lifecycle.onDestroy, 'retain')
  is(b?.config['cores'], 2)
  equal(b?.config['agent'], { enabled: true })
})

test('lifecycle is read whole', async () => {
  const [guest] = await guestsOf(
    loadHcl(`pool "p" {}
vm "a" {
  ${VM}
  lifecycle {
    prevent_destroy       = true
    ignore_changes        = [cores, disk.scsi0.size, network["net0"].tag]
    create_before_destroy = true
    replace_triggered_by  = [pool.p]
    on_destroy            = "delete"
    reboot                = "allowed"
    snapshot              = "always"
    precondition {
      condition     = 1 < 2
      error_message = "never"
    }
    postcondition {
      condition     = self.node == "pve1"
      error_message = "never"
    }
  }
}
`),
  )
  equal(guest?.lifecycle, {
    preventDestroy: true,
    ignoreChanges: ['cores', 'disk.scsi0.size', 'network.net0.tag'],
    createBeforeDestroy: true,
    replaceTriggeredBy: ['pool.p'],
    onDestroy: 'delete',
    reboot: 'allowed',
    rollback: 'never',
    snapshot: 'always',
  })
})

test('conditions that do not hold stop, checks that fail warn', async () => {
  const result = await loadHcl(`vm "a" {
  ${VM}
  lifecycle {
    postcondition {
      condition     = self.node == "pve2"
      error_message = "wrong node \${self.node}"
    }
  }
}
check "names" {
  assert {
    condition     = vm.a.node == "pve3"
    error_message = "should be pve3"
  }
}
`)
  equal(result.diagnostics.map(({ code, severity }) => `${severity} ${code}`).sort(), [
    'error declaration.check-failed',
    'warning declaration.assertion-failed',
  ])
})

test('moved, import and removed blocks become bindings, for all instances where they name a whole block', async () => {
  const { value, diagnostics } = await loadHcl(`vm "web" {
  count = 2
  ${VM}
}
vm "x" {
  for_each = toset(["a"])
  ${VM}
}
moved {
  from = vm.old
  to   = vm.web
}
moved {
  from = module.gone.vm.y
  to   = vm.x["a"]
}
import {
  for_each = { a = 101 }
  to       = vm.x[each.key]
  id       = each.value
}
import {
  to = vm.web[1]
  id = "pve1/105"
}
removed {
  from = container.legacy
  lifecycle { destroy = false }
}
`)
  equal(diagnostics, [])
  const desired = value?.desired
  equal(desired?.moved, [
    { from: 'vm.old', to: 'vm.web' },
    { from: 'vm.old[0]', to: 'vm.web[0]' },
    { from: 'vm.old[1]', to: 'vm.web[1]' },
    { from: 'module.gone.vm.y', to: 'vm.x["a"]' },
  ])
  equal(
    desired?.imports.map(({ to, id }) => [to, id]),
    [
      ['vm.x["a"]', '101'],
      ['vm.web[1]', 'pve1/105'],
    ],
  )
  equal(desired?.removed, [{ from: 'container.legacy', destroy: false }])
})

test('the bindings of YAML read the same', async () => {
  const { value, diagnostics } = await load({
    'main.mpc.yaml': `vm:
  web: { node: pve1 }
moved:
  - { from: vm.old, to: vm.web }
import:
  - { to: vm.web, id: 101 }
removed:
  from: vm.gone
`,
  })
  equal(diagnostics, [])
  equal(value?.desired.moved, [{ from: 'vm.old', to: 'vm.web' }])
  equal(
    value?.desired.imports.map(({ to, id }) => [to, id]),
    [['vm.web', '101']],
  )
  equal(value?.desired.removed, [{ from: 'vm.gone', destroy: true }])
})

test('an output that shows a secret is refused unless it says so, and then holds only a reference', async () => {
  const text = (flag: string) =>
    `variable "p" {\n  default   = "hunter2"\n  sensitive = true\n}\noutput "o" {\n  value = "x\${var.p}"\n${flag}}\n`
  equal(problemsOf(await loadHcl(text(''))), ['declaration.sensitive-value 6:11'])
  const { value } = await loadHcl(text('  sensitive = true\n'))
  ok(!JSON.stringify(value?.desired).includes('hunter2'))
  is(value?.secrets.get('output.o'), '"xhunter2"')
})

test('secrets are refused where they would show: names, nodes, property strings', async () => {
  const text = (line: string) => `variable "p" {\n  default   = "x1"\n  sensitive = true\n}\nvm "a" {\n  ${line}\n}\n`
  equal(problemsOf(await loadHcl(text('node = var.p'))), ['declaration.sensitive-value 6:10'])
  const property = await loadHcl(text(`${VM}\n  net0 = { bridge = var.p }`))
  equal(
    property.diagnostics.map(({ code }) => code),
    ['kind.secret-in-property'],
  )
  const kept = await loadHcl(text(`${VM}\n  description = var.p`))
  equal(kept.diagnostics, [])
})

test('files that functions read are read, also when their names are computed', async () => {
  const files = {
    'main.mpc.hcl': `locals {
  hosts = { for name in fileset("hosts", "*.yaml") : trimsuffix(name, ".yaml") => yamldecode(file("hosts/\${name}")) }
}
output "hosts" { value = { for name, host in local.hosts : name => templatefile(host.template, { name = name }) } }
`,
    'hosts/a.yaml': 'template: one.tmpl\n',
    'hosts/b.yaml': 'template: two.tmpl\n',
    'one.tmpl': `I am \${name}`,
    'two.tmpl': `%{ for c in split("", name) }<\${c}>%{ endfor }`,
  }
  equal(await outputsOf(load(files)), { hosts: { a: 'I am a', b: '<b>' } })
})

test('merge keys of YAML take over the entries of other maps', async () => {
  const yaml = `locals:
  base: &base { cores: 2, memory: 512 }
vm:
  a:
    <<: *base
    node: pve1
    cores: 4
`
  const [guest] = await guestsOf(load({ 'main.mpc.yaml': yaml }))
  equal(guest?.config, { cores: 4, memory: 512 })
})

test('JSON is read as YAML', async () => {
  const json = JSON.stringify({ vm: { web: { node: 'pve1', cores: `\${1 + 1}` } } })
  const [guest] = await guestsOf(load({ 'main.mpc.json': json }))
  is(guest?.config['cores'], 2)
})

test('several files of both languages make one module', async () => {
  const files = {
    'a.mpc.hcl': 'locals { n = 2 }\n',
    'b.mpc.yaml': `vm:\n  web: { node: pve1, cores: "\${local.n}" }\n`,
  }
  const [guest] = await guestsOf(load(files))
  is(guest?.config['cores'], 2)
})

test('a disk as a block, as a map and as an attribute is the same', async () => {
  const spellings = [
    'disk "scsi0" {\n    storage = "local"\n    size = "8G"\n  }',
    'disk = { scsi0 = { storage = "local", size = "8G" } }',
    'scsi0 = { storage = "local", size = "8192M" }',
  ]
  for (const spelling of spellings) {
    const [guest] = await guestsOf(loadHcl(`vm "a" {\n  ${VM}\n  ${spelling}\n}\n`))
    equal(guest?.config['scsi0'], { size: '8G', storage: 'local' }, spelling)
  }
  equal(problemsOf(await loadHcl(`vm "a" {\n  ${VM}\n  ${spellings[1]}\n  ${spellings[2]}\n}\n`)), [
    'declaration.duplicate 4:3',
  ])
})

test('null means not declared', async () => {
  const [guest] = await guestsOf(
    loadHcl(`vm "a" {\n  ${VM}\n  cores = null\n  pool = null\n  net0 = { bridge = "vmbr0", tag = null }\n}\n`),
  )
  equal(guest?.config, { net0: { bridge: 'vmbr0' } })
  is(guest?.pool, undefined)
})

test('the order of blocks and files changes nothing', async () => {
  const blocks = [
    'vm "a" {\n  node = "n"\n  name = local.x\n}\n',
    'locals {\n  x = var.y\n}\n',
    'variable "y" { default = "z" }\n',
  ]
  const texts = await Promise.all(
    [blocks, [...blocks].reverse()].map(async (all) => (await guestsOf(loadHcl(all.join(''))))[0]?.config),
  )
  equal(texts[0], texts[1])
})

test('null is left out at every level, and takes away what defaults give', async () => {
  const [own, child] = await guestsOf(
    load({
      'main.mpc.hcl': `defaults "vm" {
  ${VM}
  cores = 4
  power = "running"
  network "net0" {
    bridge = "vmbr0"
    tag    = 20
  }
  network "net1" { bridge = "vmbr1" }
  lifecycle { reboot = "allowed" }
}
variable "mac" { default = null }
vm "own" {
  cores   = null
  memory  = null
  power   = null
  network = { net0 = { tag = null, macaddr = var.mac }, net1 = null }
  lifecycle { reboot = null }
}
module "site" { source = "./site" }
`,
      'site/main.mpc.hcl': `defaults "vm" { network = null }
vm "child" {
  network "net2" { bridge = "vmbr2" }
}
`,
    }),
  )
  equal(own?.config, { net0: { bridge: 'vmbr0' } })
  equal(own?.emptySlots, ['net1'])
  is(own?.power, undefined)
  is(own?.lifecycle.reboot, 'never')
  equal(child?.config, { cores: 4, net2: { bridge: 'vmbr2' } })
})

test('what is empty is to be unset, in every spelling, and not inherited', async () => {
  const [vm] = await guestsOf(
    loadHcl(`defaults "vm" {
  ${VM}
  description = "ours"
  network "net1" { bridge = "vmbr1" }
}
vm "a" {
  description = ""
  startup     = {}
  tags        = []
  cipassword  = ""
  onboot      = ""
  network     = { net0 = { bridge = "vmbr0", tag = "" }, net1 = "" }
}
`),
  )
  equal(vm?.config, {
    cipassword: '',
    description: '',
    net0: { bridge: 'vmbr0', tag: '' },
    net1: '',
    onboot: '',
    startup: '',
    tags: [],
  })
})

test('an empty pool is none, and takes the place of one that defaults give', async () => {
  const [vm] = await guestsOf(
    loadHcl(`defaults "vm" {
  ${VM}
  pool = "prod"
}
vm "a" {
  pool = ""
}
`),
  )
  equal([vm?.pool, vm?.noPool], [undefined, true])
})

test('a reference to what is null, or in the text of a slot, gives what the server has', async () => {
  const guest: ObservedGuest = {
    type: 'qemu',
    vmid: 300 as ObservedGuest['vmid'],
    node: 'pve1',
    name: 'a',
    status: 'stopped',
    template: false,
    current: { net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0', net1: 'virtio=BC:24:11:00:00:02,bridge=vmbr0' },
    pending: {},
    digest: 'd',
  }
  const known = new Map([['vm.a' as Address, { vmid: guest.vmid, guest }]])
  const outputs = await outputsOf(
    load(
      {
        'main.mpc.hcl': `variable "nics" {
  type    = map(object({ bridge = string, macaddr = optional(string) }))
  default = { net0 = { bridge = "vmbr0" } }
}
vm "a" {
  ${VM}
  network = var.nics
  net1    = "virtio,bridge=vmbr0"
}
output "macs" { value = [vm.a.network.net0.macaddr, vm.a.net1.macaddr, vm.a.net1.bridge] }
`,
      },
      { known: async () => known },
    ),
  )
  equal(outputs['macs'], ['BC:24:11:00:00:01', 'BC:24:11:00:00:02', 'vmbr0'])
})

test('a volume moves from slot to slot of a guest, and of all its instances', async () => {
  const moved = (from: string, to: string) =>
    loadHcl(`vm "web" {
  count = 2
  ${VM}
  disk "scsi0" {
    storage = "local-lvm"
    size    = "8G"
  }
}
moved {
  from = ${from}
  to   = ${to}
}
`)
  const all = await guestsOf(moved('vm.web.disk.virtio0', 'vm.web.disk.scsi0'))
  equal(
    all.map(({ movedSlots }) => movedSlots),
    [[{ from: 'virtio0', to: 'scsi0' }], [{ from: 'virtio0', to: 'scsi0' }]],
  )
  const one = await guestsOf(moved('vm.web[1].disk.virtio0', 'vm.web[1].disk.scsi0'))
  equal(
    one.map(({ movedSlots }) => movedSlots),
    [undefined, [{ from: 'virtio0', to: 'scsi0' }]],
  )
  const wrong = await moved('vm.web[0].disk.virtio0', 'vm.web[1].disk.scsi0')
  equal(problemsOf(wrong), ['declaration.invalid-address 11:10'])
})

test.run()
