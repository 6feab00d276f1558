import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ExportedGuest } from '../../src/export/export.ts'
import { hclString } from '../../src/export/hcl-text.ts'
import { exportTerraform } from '../../src/export/terraform/export-terraform.ts'
import { fixture, guestOf, homelab, RICH_CONTAINER, RICH_VM, rawConfig } from './exported.ts'

const SITE = { cluster: 'homelab', endpoint: 'https://pve1:8006' }

type Tree = { readonly [name: string]: unknown }

interface Facts {
  readonly type?: string
  readonly required?: true
  readonly computed?: true
  readonly block?: Schema
}

interface Schema {
  readonly [name: string]: Facts
}

const schemas = fixture('bpg-proxmox-0.111.json') as { readonly [type: string]: Schema }
const hcl2 = createRequire(import.meta.url)('hcl2-parser') as { parseToObject(text: string): readonly [Tree, unknown] }

/** HashiCorp's own parser, compiled. */
const parseHcl = (text: string): Tree => hcl2.parseToObject(text)[0]

const exported = (guests: readonly ExportedGuest[]) => exportTerraform(guests, SITE)
const file = (guests: readonly ExportedGuest[], path: string): string => exported(guests).files.get(path) ?? ''

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

const firstOf = (bodies: unknown): Tree => (Array.isArray(bodies) && isTree(bodies[0]) ? bodies[0] : {})

const resources = (text: string) => {
  const types = parseHcl(text)['resource']
  if (!isTree(types)) return []
  return Object.entries(types).flatMap(([type, named]) =>
    Object.entries(isTree(named) ? named : {}).map(([name, bodies]) => ({ type, name, body: firstOf(bodies) })),
  )
}

const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  int: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number',
  list: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  map: isTree,
}

/** What a body has that the provider's schema has not, or has in another type, or what it lacks. */
const mismatches = (schema: Schema, body: Tree, path: string): readonly string[] => [
  ...Object.entries(schema).flatMap(([name, { required }]) =>
    required && body[name] === undefined ? [`${path}.${name} is missing`] : [],
  ),
  ...Object.entries(body).flatMap(([name, value]) => {
    const facts = schema[name]
    if (!facts || facts.computed) return [`${path}.${name} is not known`]
    if (facts.block) {
      const bodies = Array.isArray(value) ? value : [value]
      return bodies.flatMap((inner) => mismatches(facts.block ?? {}, isTree(inner) ? inner : {}, `${path}.${name}`))
    }
    return FITS[facts.type ?? '']?.(value) ? [] : [`${path}.${name} is no ${facts.type}: ${JSON.stringify(value)}`]
  }),
]

const wrong = (guests: readonly ExportedGuest[]): readonly string[] =>
  [...exported(guests).files]
    .filter(([path]) => path.endsWith('.tf'))
    .flatMap(([, text]) => resources(text))
    .flatMap(({ type, name, body: { lifecycle: _, ...body } }) => mismatches(schemas[type] ?? {}, body, name))

/** Openings of HCL's own templates, as plain text. */
const DOLLARS = ['$', '{a} %', '{b} $ % end'].join('')

const RICH = [guestOf('vm.rich', RICH_VM), guestOf('container.dns', RICH_CONTAINER)]

test('what is written for a whole cluster fits the schema of the provider', async () => {
  assert.equal(wrong(await homelab()), [])
  assert.equal(wrong(RICH), [])
})

test('terraform fmt has nothing to do', async () => {
  if (spawnSync('terraform', ['version']).status !== 0) {
    assert.not(process.env['CI'] === 'true', 'CI has terraform')
    console.log('skipped: no terraform to check the layout')
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'mpc-terraform-'))
  for (const guests of [await homelab(), RICH]) {
    for (const [path, text] of exported(guests).files) writeFileSync(join(folder, path), text)
    execFileSync('terraform', ['fmt', '-check', '-recursive', folder], { stdio: ['ignore', 'pipe', 'ignore'] })
  }
  rmSync(folder, { recursive: true })
})

test('every guest is imported by node and VMID, and the provider is pinned', async () => {
  const guests = await homelab()
  const { files } = exported(guests)
  const imports = [...(files.get('imports.tf') ?? '').matchAll(/to = (\S+)\n {2}id = "([^"]+)"/g)]
  assert.is(imports.length, guests.length)
  assert.equal(
    imports.map(([, , id]) => id),
    guests.map(({ guest }) => `${guest.node}/${guest.vmid}`),
  )
  assert.match(files.get('providers.tf') ?? '', 'version = "~> 0.111"')
  assert.match(files.get('providers.tf') ?? '', 'endpoint = "https://pve1:8006"')
})

test('everything a VM has is written or told as a loss', () => {
  const { losses } = exported([guestOf('vm.rich', RICH_VM)])
  assert.equal(
    losses.map(({ key }) => key),
    [
      'virtio1.size',
      'ide2',
      'cipassword',
      'agent.freeze-fs',
      'cpu.hidden',
      'kvm',
      'audio0.driver',
      'machine',
      'scsi0.detect_zeroes',
      'unused0',
      '(snapshots)',
    ].sort((a, b) => losses.findIndex(({ key }) => key === a) - losses.findIndex(({ key }) => key === b)),
  )
})

test('safety fields are always there, and what cannot be read back is ignored', () => {
  const [vm] = resources(file([guestOf('vm.rich', RICH_VM)], 'virtual-machines.tf'))
  assert.is(vm?.body['reboot_after_update'], false)
  assert.is(vm?.body['migrate'], true)
  assert.is(vm?.body['delete_unreferenced_disks_on_destroy'], false)
  assert.equal(vm?.body['agent'], [{ enabled: true, trim: true, type: 'virtio', wait_for_ip: [{ disabled: true }] }])
  const lifecycle = firstOf(vm?.body['lifecycle'])
  assert.is(lifecycle['prevent_destroy'], true)
  const ignored = lifecycle['ignore_changes'] as string[]
  for (const word of ['clone', 'keyboard_layout', 'disk[1].file_id', 'initialization[0].user_account'])
    assert.ok(ignored.includes(`\${${word}}`), word)
})

test('a guest has what the server has, where the provider would choose something else', () => {
  const [vm] = resources(file([guestOf('vm.bare', { name: 'bare' }, { status: 'stopped' })], 'virtual-machines.tf'))
  const { on_boot, started, scsi_hardware, bios, cpu, memory, operating_system } = vm?.body ?? {}
  assert.equal(
    { on_boot, started, scsi_hardware, bios, cpu, memory, operating_system },
    {
      on_boot: false,
      started: false,
      scsi_hardware: 'lsi',
      bios: 'seabios',
      cpu: [{ type: 'kvm64', cores: 1, sockets: 1 }],
      memory: [{ dedicated: 512, floating: 0 }],
      operating_system: [{ type: 'other' }],
    },
  )
})

test('a container keeps its volumes, pool and template out of the provider’s reach', () => {
  const guest = guestOf('container.dns', RICH_CONTAINER, { pool: 'prod' }, { preventDestroy: true })
  const [container] = resources(file([guest], 'containers.tf'))
  assert.is(container?.body['pool_id'], undefined)
  assert.is(container?.body['operating_system'], undefined)
  const lifecycle = firstOf(container?.body['lifecycle'])
  assert.equal(lifecycle, {
    prevent_destroy: true,
    ignore_changes: [
      ...['clone', 'operating_system', 'pool_id', 'vm_id', 'initialization[0].user_account', 'cpu', 'mount_point'],
    ].map((word) => `\${${word}}`),
  })
  const keys = exported([guest]).losses.map(({ key }) => key)
  assert.equal(keys.sort(), ['(pool)', 'cores', 'mp0, mp1', 'timezone'])
})

test('network devices with a gap, a foreign model or no bridge, and limits with a fraction, leave the guest out', () => {
  const mac = 'BC:24:11:AA:CA:AF'
  for (const nets of [
    { net0: `virtio=${mac},bridge=vmbr0`, net2: `virtio=${mac},bridge=vmbr0` },
    { net0: `i82551=${mac},bridge=vmbr0` },
    { net0: `virtio=${mac}` },
    { scsi0: 'local-lvm:vm-100-disk-0,mbps_wr=1.5,size=1G' },
  ]) {
    const { files, diagnostics } = exported([guestOf('vm.web', { name: 'web', ...nets })])
    assert.equal(
      diagnostics.map(({ code }) => code),
      ['export.not-expressible'],
    )
    assert.equal([...files.keys()], ['providers.tf', 'LOSSES.md'])
    assert.match(files.get('LOSSES.md') ?? '', 'vm.web is left out')
  }
})

test('a change that waits for the next start is written as the provider reads it, and told', () => {
  const pending = { cores: { value: '8' }, agent: {} }
  const guests = [guestOf('vm.web', { name: 'web', cores: '2', agent: '1' }, { pending })]
  const [vm] = resources(file(guests, 'virtual-machines.tf'))
  assert.match(JSON.stringify(vm?.body['cpu']), '"cores":8')
  assert.is(vm?.body['agent'], undefined)
  const keys = exported(guests).losses.map(({ key }) => key)
  for (const key of ['cores', 'agent']) assert.ok(keys.includes(key))
})

test('a value the provider does not take is told, not written, and never touched', () => {
  const config = {
    name: 'a',
    cpu: 'GraniteRapids',
    machine: 'pc-q35-9.0,viommu=intel',
    hotplug: 'disk,cloudinit',
    agent: '1,freeze-fs=0',
  }
  const guests = [guestOf('vm.a', config)]
  const [vm] = resources(file(guests, 'virtual-machines.tf'))
  assert.equal(
    [vm?.body['machine'], vm?.body['hotplug'], firstOf(vm?.body['cpu'])['type']],
    [undefined, undefined, undefined],
  )
  const ignored = firstOf(vm?.body['lifecycle'])['ignore_changes'] as string[]
  for (const path of ['cpu[0].type', 'machine', 'hotplug', 'agent']) assert.ok(ignored.includes(`\${${path}}`), path)
  const keys = exported(guests).losses.map(({ key }) => key)
  assert.equal(keys.sort(), ['agent.freeze-fs', 'cpu.cputype', 'hotplug', 'machine'])
})

test('no secret is written', () => {
  const config = rawConfig('name: a\ncipassword: hunter2\nide2: local-lvm:vm-100-cloudinit,media=cdrom\nciuser: x')
  for (const [path, text] of exported([guestOf('vm.a', config)]).files) assert.not.match(text, 'hunter2', path)
  const bare = rawConfig('name: a\ncipassword: hunter2')
  for (const [path, text] of exported([guestOf('vm.a', bare)]).files) assert.not.match(text, 'hunter2', path)
})

test('any text survives being written as HCL', () => {
  for (const text of [DOLLARS, 'line\nbreak\ttab "quote" \\', 'ü€😀\u0007\b\f', RICH_VM['description'] ?? '']) {
    const read = parseHcl(`a = ${hclString(text)}`)['a']
    assert.is(String(read).replaceAll(/([$%])\1\{/g, '$1{'), text)
  }
})

test('equal guests give equal files', async () => {
  const write = async () => [...exported(await homelab()).files].filter(([path]) => path !== 'x')
  const clean = (files: readonly (readonly [string, string])[]) => JSON.stringify(files)
  assert.is(clean(await write()), clean(await write()))
})

test.run()
