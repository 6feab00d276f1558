import { test } from 'uvu'
import { equal, is, match, not, ok } from 'uvu/assert'
import type { DesiredGuest } from '../../src/resource/desired.ts'
import { load, loadHcl, problemsOf } from './load.ts'

const HCL = `
variable "web_count" {
  type    = number
  default = 2
}

variable "password" {
  default   = "hunter2"
  sensitive = true
}

locals {
  names = ["a", "b"]
  map   = { for i, name in local.names : name => i }
}

defaults "vm" {
  scsihw = "virtio-scsi-single"
}

vm "web" {
  count      = var.web_count
  node       = "pve1"
  name       = "web-\${count.index}"
  clone      = "debian-12"
  cores      = 2
  memory     = 4096
  tags       = ["web", "prod"]
  power      = "running"
  cipassword = var.password

  agent { enabled = true }

  disk "scsi0" {
    storage = "local-lvm"
    size    = "32G"
  }

  network "net0" {
    bridge = "vmbr0"
    tag    = 20
  }

  lifecycle { prevent_destroy = true }
}

container "dns" {
  for_each = local.map
  node     = "pve1"
  name     = "\${upper(each.key)}-\${vm.web[0].name}"
  template = "local:vztmpl/debian.tar.zst"
  features = { nesting = true }
  rootfs   = { storage = "local-lvm", size = "8G" }
  net0     = { name = "eth0", bridge = "vmbr0" }
}

pool "prod" { comment = "x" }

output "names" { value = vm.web[*].name }
`

const YAML = `
variable:
  web_count: { type: number, default: 2 }
  password: { default: hunter2, sensitive: true }
locals:
  names: [a, b]
  map: "\${{ for i, name in local.names : name => i }}"
defaults:
  vm:
    scsihw: virtio-scsi-single
vm:
  web:
    count: \${var.web_count}
    node: pve1
    name: web-\${count.index}
    clone: debian-12
    cores: 2
    memory: 4096
    tags: [web, prod]
    power: running
    cipassword: \${var.password}
    agent: { enabled: true }
    disk:
      scsi0: { storage: local-lvm, size: 32G }
    net0:
      bridge: vmbr0
      tag: 20
    lifecycle:
      prevent_destroy: true
container:
  dns:
    for_each: \${local.map}
    node: pve1
    hostname: \${upper(each.key)}-\${vm.web[0].name}
    template: local:vztmpl/debian.tar.zst
    features: { nesting: true }
    rootfs: { storage: local-lvm, size: 8G }
    network:
      net0: { name: eth0, bridge: vmbr0 }
pool:
  prod: { comment: x }
output:
  names: { value: "\${vm.web[*].name}" }
`

const withoutRanges = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner) => (key === 'range' ? undefined : inner)))

test('HCL and YAML with the same content give the same desired state', async () => {
  const [hcl, yaml] = [await loadHcl(HCL), await load({ 'main.mpc.yaml': YAML })]
  equal(hcl.diagnostics, [])
  equal(yaml.diagnostics, [])
  equal(withoutRanges(yaml.value?.desired), withoutRanges(hcl.value?.desired))
})

test('a guest comes out as the planner takes it', async () => {
  const { value } = await loadHcl(HCL)
  const guest = value?.desired.resources.find(({ address }) => address === 'vm.web[1]') as DesiredGuest
  equal(guest.source, { by: 'clone', template: 'debian-12' })
  equal(guest.power, 'running')
  is(guest.lifecycle.preventDestroy, true)
  equal(guest.config['scsi0'], { size: '32G', storage: 'local-lvm' })
  equal(guest.config['tags'], ['prod', 'web'])
  is(guest.config['name'], 'web-1')
  is(guest.config['scsihw'], 'virtio-scsi-single')
})

test('a reference to another guest becomes a dependency on it', async () => {
  const { value } = await loadHcl(HCL)
  const dns = value?.desired.resources.find(({ address }) => address === 'container.dns["a"]')
  equal(dns?.dependsOn, ['vm.web[0]', 'vm.web[1]'])
})

test('secrets leave as references, and only loaded.secrets holds their values', async () => {
  const { value } = await loadHcl(HCL)
  const text = JSON.stringify(value?.desired)
  not.match(text, /hunter2/)
  match(text, /"secret":"vm\.web\[0\]#cipassword"/)
  is(value?.secrets.get('vm.web[0]#cipassword'), 'hunter2')
})

test('the fingerprint of a secret depends on the key of the workspace', async () => {
  const texts = await Promise.all(['k1', 'k2'].map((fingerprintKey) => loadHcl(HCL, { fingerprintKey })))
  const [a, b] = texts.map(({ value }) => JSON.stringify(value?.desired))
  ok(a !== b)
})

test('values for variables come by the precedence of Terraform', async () => {
  const files = {
    'main.mpc.hcl': 'variable "a" {}\noutput "a" { value = var.a }\n',
    'mpc.mpcvars.hcl': 'a = "common"\n',
    'z.auto.mpcvars.yaml': 'a: auto\n',
    'extra.mpcvars.json': '{"a": "file"}',
  }
  const env = { MPC_VAR_a: 'environment' }
  const output = async (from: Parameters<typeof load>[1], left: object = files) => {
    const { value, diagnostics } = await load(left as typeof files, from)
    equal(diagnostics, [])
    return value?.desired.outputs[0]?.value
  }
  const { 'mpc.mpcvars.hcl': _common, 'z.auto.mpcvars.yaml': _auto, ...bare } = files
  is(await output({ env }, bare), 'environment')
  is(await output({ env: { ...env, TF_VAR_a: 'terraform' } }, bare), 'environment')
  is(await output({ env }, { ...bare, 'mpc.mpcvars.hcl': files['mpc.mpcvars.hcl'] }), 'common')
  is(await output({ env }), 'auto')
  is(await output({ env, variableFiles: ['extra.mpcvars.json'] }), 'file')
  is(await output({ env, variables: [{ name: 'a', value: 'argument' }, { file: 'extra.mpcvars.json' }] }), 'file')
  is(await output({ env, variables: [{ file: 'extra.mpcvars.json' }, { name: 'a', value: 'argument' }] }), 'argument')
})

test('a variable without a value is named, so that it can be asked for', async () => {
  const result = await loadHcl(
    'variable "token" {\n  description = "API token"\n  sensitive = true\n}\noutput "t" {\n  value = var.token\n  sensitive = true\n}\n',
  )
  const [missing, ...others] = result.value?.missingVariables ?? []
  equal(others, [])
  equal([missing?.name, missing?.description, missing?.sensitive], ['token', 'API token', true])
  equal(problemsOf(result), ['declaration.missing-variable 1:1'])
})

test('every mistake of a file is reported, each at its place', async () => {
  const result = await loadHcl(`vm "web" {
  nod    = "pve1"
  cores  = 0
  memory = "lots"
  network "net0" { brige = "vmbr0" }
  network "eth0" { bridge = "vmbr0" }
  agent { enabled = maybe }
  name  = "x-\${vm.db.name}"
  power = "runing"
  onboot = upcase("x")
  lifecycle { prevent_destory = true }
}
`)
  equal([...problemsOf(result)].sort(), [
    'declaration.invalid-name 6:3',
    'declaration.invalid-value 9:11',
    'declaration.missing-attribute 1:1',
    'declaration.unknown-attribute 11:15',
    'declaration.unknown-function 10:12',
    'declaration.unknown-reference 7:21',
    'declaration.unknown-reference 8:16',
    'kind.invalid-value 3:12',
    'kind.invalid-value 4:12',
    'kind.unknown-attribute 2:3',
    'kind.unknown-property 5:20',
  ])
})

test('a value the server chooses is refused where it must be known, with its name', async () => {
  const result = await loadHcl('vm "a" {\n  node = "n"\n}\nvm "b" {\n  node = "n"\n  cores = vm.a.vmid\n}\n')
  equal(problemsOf(result), ['declaration.value-not-known 6:11'])
  match(result.diagnostics[0]?.detail ?? '', /vm\.a\.vmid/)
})

test('a workspace without declarations says so', async () => {
  equal(problemsOf(await load({})), ['declaration.no-files'])
})

test.run()
