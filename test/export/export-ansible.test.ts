import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, parseDocument } from 'yaml'
import { exportAnsible } from '../../src/export/ansible/export-ansible.ts'
import { addressOf } from '../../src/export/ansible/inventory.ts'
import type { ExportedGuest } from '../../src/export/export.ts'
import { address, fixture, guestOf, homelab, RICH_CONTAINER, RICH_VM, rawConfig } from './exported.ts'

const SITE = { cluster: 'homelab', endpoint: 'https://pve1:8006' }

interface OptionFacts {
  readonly type: string
  readonly choices?: readonly string[]
  readonly elements?: string
  readonly suboptions?: Options
}

interface Options {
  readonly [option: string]: OptionFacts
}

type Tree = { readonly [name: string]: unknown }

const modules = fixture('community-proxmox.json') as { readonly [module: string]: Options }
const exported = (guests: readonly ExportedGuest[]) => exportAnsible(guests, SITE)
const archive = 'local:vztmpl/debian-12.tar.zst'
const RICH = [guestOf('vm.rich', RICH_VM), guestOf('container.dns', RICH_CONTAINER, {}, { archive })]
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** As Ansible reads it: YAML 1.1, in which `on` is a boolean. */
const read = (text: string): unknown =>
  parse(text, {
    version: '1.1',
    customTags: (tags) => [...tags, { tag: '!unsafe', resolve: (value: string) => ({ unsafe: value }) }],
  })

const tasksOf = (text: string): readonly Tree[] => {
  const tasks = read(text)
  return Array.isArray(tasks) ? tasks.filter(isTree) : []
}

const guestTasks = (guests: readonly ExportedGuest[]) =>
  [...exported(guests).files]
    .filter(([path]) => path.startsWith('guests/'))
    .flatMap(([path, text]) => tasksOf(text).map((task) => ({ path, task })))

const callOf = (task: Tree): readonly [module: string, options: Tree] => {
  const [name = '', options] = Object.entries(task).find(([key]) => key.startsWith('community.proxmox.')) ?? []
  return [name.replace('community.proxmox.', ''), isTree(options) ? options : {}]
}

const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  str: (value) => typeof value === 'string' || (isTree(value) && 'unsafe' in value),
  path: (value) => typeof value === 'string',
  int: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  list: Array.isArray,
  dict: isTree,
}

const mismatches = (known: Options, given: Tree, path: string): readonly string[] =>
  Object.entries(given).flatMap(([name, value]) => {
    const facts = known[name]
    if (!facts) return [`${path}.${name} is not known`]
    if (!FITS[facts.type]?.(value)) return [`${path}.${name} is no ${facts.type}: ${JSON.stringify(value)}`]
    if (facts.choices && !facts.choices.includes(String(value))) return [`${path}.${name}: ${value} is no choice`]
    if (!facts.suboptions) return []
    const inner = Array.isArray(value) ? value : [value]
    return inner.flatMap((one) => mismatches(facts.suboptions ?? {}, isTree(one) ? one : {}, `${path}.${name}`))
  })

test('every option of every task is one its module takes, in its type', async () => {
  for (const guests of [await homelab(), RICH]) {
    const wrong = guestTasks(guests).flatMap(({ path, task }) => {
      const [module, options] = callOf(task)
      return mismatches(modules[module] ?? {}, options, `${path} ${module}`)
    })
    assert.equal(wrong, [])
  }
})

test('every task has a condition, and none does what would lose data', async () => {
  const tasks = guestTasks([...(await homelab()), ...RICH])
  assert.ok(tasks.length > 40)
  for (const { path, task } of tasks) {
    const [, options] = callOf(task)
    assert.type(task['when'], 'string', path)
    for (const option of ['update_unsafe', 'force', 'purge', 'delete', 'skiplock'])
      assert.is(options[option], undefined)
    assert.is.not(options['create'], 'forced')
    assert.not.match(String(options['state']), /absent|stopped|restarted|paused|hibernated/)
  }
})

test('ansible-playbook finds nothing wrong with the syntax', async () => {
  if (spawnSync('ansible-playbook', ['--version']).status !== 0) {
    assert.not(process.env['CI'] === 'true', 'CI has ansible-playbook')
    console.log('skipped: no ansible-playbook to check the syntax')
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'mpc-ansible-'))
  for (const [path, text] of exported([...(await homelab()), ...RICH]).files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const args = ['--syntax-check', '-i', 'inventory.yml', 'playbook.yml']
  const { status, stderr } = spawnSync('ansible-playbook', args, { cwd: folder, encoding: 'utf8' })
  assert.is(status, 0, stderr)
  rmSync(folder, { recursive: true })
})

test('the play reads its token from the environment and waits long enough', () => {
  const { files } = exported(RICH)
  assert.match(files.get('playbook.yml') ?? '', 'PROXMOX_VE_API_TOKEN')
  assert.not.match(files.get('playbook.yml') ?? '', 'community.proxmox.')
  const [block] = tasksOf(files.get('tasks.yml') ?? '')
  const defaults = isTree(block?.['module_defaults']) ? block['module_defaults'] : {}
  for (const [module, options] of Object.entries(defaults)) {
    const given = isTree(options) ? options : {}
    assert.equal(mismatches(modules[module.replace('community.proxmox.', '')] ?? {}, given, module), [])
    assert.is(given['api_timeout'], 30)
  }
  assert.equal(Object.keys(defaults).length, 5)
})

const inventoryOf = (guests: readonly ExportedGuest[]): Tree => {
  const tree = read(exported(guests).files.get('inventory.yml') ?? '')
  const all = isTree(tree) ? tree['all'] : undefined
  return isTree(all) ? all : {}
}

test('hosts have their fixed address, and groups by kind, node, pool and tag', () => {
  const { hosts, children } = inventoryOf([
    guestOf('vm.web[0]', rawConfig('name: web-0\nipconfig0: ip=dhcp\nipconfig1: ip=10.0.0.5/24\ntags: a-b;web'), {
      pool: 'prod/x',
    }),
    guestOf('container.dns', RICH_CONTAINER, { node: 'pve2' }),
    guestOf('vm.dhcp', rawConfig('name: dhcp\nipconfig0: ip=dhcp')),
  ])
  assert.equal(hosts, {
    web_0: { ansible_host: '10.0.0.5', mpc_address: 'vm.web[0]', proxmox_node: 'pve1', proxmox_vmid: 100 },
    dns: { ansible_host: '10.0.0.200', mpc_address: 'container.dns', proxmox_node: 'pve2', proxmox_vmid: 100 },
    dhcp: { mpc_address: 'vm.dhcp', proxmox_node: 'pve1', proxmox_vmid: 100 },
  })
  assert.equal(children, {
    kind_container: { hosts: { dns: {} } },
    kind_vm: { hosts: { web_0: {}, dhcp: {} } },
    node_pve1: { hosts: { web_0: {}, dhcp: {} } },
    node_pve2: { hosts: { dns: {} } },
    pool_prod_x: { hosts: { web_0: {} } },
    tag_a_b: { hosts: { web_0: {} } },
    tag_infra: { hosts: { dns: {} } },
    tag_web: { hosts: { web_0: {} } },
  })
})

test('an IPv6 address serves where there is no IPv4 one', () => {
  const { guest } = guestOf('vm.six', rawConfig('name: six\nipconfig0: ip=dhcp,ip6=fd00::5/64'))
  assert.is(addressOf(guest), 'fd00::5')
  assert.is(addressOf(guestOf('vm.auto', rawConfig('name: a\nipconfig0: ip6=auto')).guest), undefined)
})

test('text that looks like an expression is marked as text, and words stay words', () => {
  const config = rawConfig('name: a\ndescription: {{ lookup("env", "X") }}\nkeyboard: no\nboot: order=scsi0')
  const tasks = guestTasks([guestOf('vm.a', config)]).map(({ task }) => task)
  const [, options] = callOf(tasks[0] ?? {})
  assert.equal(options['description'], { unsafe: '{{ lookup("env", "X") }}' })
  assert.is(options['keyboard'], 'no')
  assert.match(String(tasks[1]?.['when']), "hash('sha256')")
  assert.not.match(String(tasks[1]?.['when']), 'lookup')
})

test('a VM is made, set, given disks and network, and started', () => {
  const names = guestTasks([guestOf('vm.rich', RICH_VM)]).map(({ task }) => task['name'])
  const disks = ['Disk virtio1', 'Size of virtio1', 'Disk scsi0', 'Size of scsi0']
  assert.equal(names, ['Create it', 'Settings', ...disks, 'Network net0', 'Network net1', 'It runs'])
})

test('a stopped guest is not started, and a template becomes one', () => {
  const last = (guest: ExportedGuest) => guestTasks([guest]).at(-1)?.task['name']
  assert.is(last(guestOf('vm.off', rawConfig('name: off'), { status: 'stopped' })), 'Settings')
  const template = guestOf('vm.t', rawConfig('name: t\ntemplate: 1'), { status: 'stopped', template: true })
  assert.is(last(template), 'It is a template')
})

test('a container without known archive can be changed and not made, and that is told', () => {
  const guests = [guestOf('container.dns', RICH_CONTAINER)]
  assert.equal(
    guestTasks(guests).map(({ task }) => task['name']),
    ['Settings', 'It runs'],
  )
  const { losses, diagnostics } = exported(guests)
  assert.equal(
    diagnostics.map(({ code, address: named }) => [code, named]),
    [['export.loss', 'container.dns']],
  )
  const keys = losses.map(({ key }) => key)
  for (const key of ['(archive)', 'cpulimit', 'protection', 'tty', 'dev0', 'mp1']) assert.ok(keys.includes(key), key)
})

test('no secret is written, and its loss is told', () => {
  const { files, losses } = exported([guestOf('vm.a', rawConfig('name: a\ncipassword: hunter2\nciuser: x'))])
  for (const [path, text] of files) assert.not.match(text, 'hunter2', path)
  assert.ok(losses.some(({ key, value }) => key === 'cipassword' && value === '(secret)'))
})

test('an endpoint as people write it will do', () => {
  const { files } = exportAnsible(RICH, { cluster: 'c', endpoint: 'pve1' })
  assert.match(files.get('tasks.yml') ?? '', 'api_host: pve1\n      api_port: 8006')
  const { files: without } = exportAnsible(RICH, { cluster: 'c' })
  assert.match(without.get('tasks.yml') ?? '', 'PROXMOX_HOST')
})

test('every file is well-formed, and addresses that look alike get names of their own', () => {
  const guests = ['vm.web["a.b"]', 'vm.web["a-b"]', 'module.x.vm.web', 'vm.x_web'].map((name) => ({
    ...guestOf(name, rawConfig('name: a')),
    address: address(name),
  }))
  const { files } = exported(guests)
  assert.equal(
    [...files.keys()].filter((path) => path.startsWith('guests/')),
    ['guests/web_a_b.yml', 'guests/web_a_b_2.yml', 'guests/x_web.yml', 'guests/x_web_2.yml'],
  )
  for (const [path, text] of files) if (path.endsWith('.yml')) assert.equal(parseDocument(text).errors, [], path)
})

test.run()
