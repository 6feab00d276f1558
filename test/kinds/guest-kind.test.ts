import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import containerFacts from '../../schemas/pve/container.json' with { type: 'json' }
import vmFacts from '../../schemas/pve/vm.json' with { type: 'json' }
import { containerDefinition } from '../../src/kinds/container.ts'
import { guestKinds, kindOfType } from '../../src/kinds/registry.ts'
import { vmDefinition } from '../../src/kinds/vm.ts'
import type { ConfigValue } from '../../src/resource/config-value.ts'

const { vm, container } = guestKinds

/** Every configuration a real server showed in a recorded conversation, with the type of its guest. */
const recordedConfigs = () => {
  const folder = 'fixtures/pve/conversations'
  const configs: { type: 'qemu' | 'lxc'; raw: Record<string, string> }[] = []
  for (const file of readdirSync(folder)) {
    for (const line of readFileSync(`${folder}/${file}`, 'utf8').split('\n')) {
      const match = /"do":"GET \/nodes\/pve1\/(qemu|lxc)\/\d+\/config/.exec(line)
      const data = match ? JSON.parse(line).data : undefined
      if (!match || typeof data !== 'object' || data === null) continue
      const raw = Object.fromEntries(
        Object.entries(data).flatMap(([key, value]) => (value === '*' ? [] : [[key, String(value)] as const])),
      )
      configs.push({ type: match[1] as 'qemu' | 'lxc', raw })
    }
  }
  return configs
}

test('every configuration parameter of the API is an attribute, or excluded with a reason', () => {
  for (const [facts, definition, kind] of [
    [vmFacts, vmDefinition, vm],
    [containerFacts, containerDefinition, container],
  ] as const)
    for (const name of Object.keys(facts.parameters)) {
      const known = name in kind.attributes || (definition.excluded[name] ?? '') !== ''
      assert.ok(known, `${kind.name} ${name}`)
      assert.not(name in kind.attributes && name in definition.excluded, name)
    }
})

test('every property string has its keys, including those the API gives by name only', () => {
  const text = Object.values({ ...vm.attributes }).filter(
    ({ shape, value }) => shape === 'scalar' && /conf$|fmt$|^pve-qm-(?!ide)/.test(value?.format ?? ''),
  )
  assert.equal(
    text.map(({ name }) => name),
    ['bootdisk'],
  )
  assert.is(vm.factsFor('cpu')?.defaultKey, 'cputype')
  assert.ok(vm.factsFor('smbios1')?.properties?.['sku'])
})

test('reading recorded configurations and writing them back changes no byte', () => {
  const configs = recordedConfigs()
  assert.ok(configs.length > 150, `${configs.length} configurations`)
  for (const { type, raw } of configs) {
    const kind = kindOfType(type)
    for (const [key, text] of Object.entries(raw)) {
      if (!kind.factsFor(key)) continue
      const value = kind.decodeValue(key, text)
      const shape = kind.factsFor(key)?.shape
      if (shape === 'properties') assert.is(kind.encode(key, value, text), text, key)
      assert.ok(kind.holds(key, value, value), `${key} ${text}`)
    }
  }
})

test('what was read is accepted as a declaration and holds', () => {
  for (const { type, raw } of recordedConfigs()) {
    const kind = kindOfType(type)
    for (const [key, text] of Object.entries(raw)) {
      if (!kind.factsFor(key) || key === 'cipassword' || text.trim() === '') continue
      const observed = kind.decodeValue(key, text)
      const { value, problem } = kind.normalize(key, observed)
      const size = key === 'efidisk0' || key === 'tpmstate0'
      if (!size) assert.is(problem, undefined, `${key} ${text}: ${problem?.detail}`)
      assert.ok(kind.holds(key, value, observed), `${key} ${text}`)
    }
  }
})

const NORMALIZED: readonly (readonly ['vm' | 'container', string, ConfigValue, ConfigValue])[] = [
  ['vm', 'cores', '4', 4],
  ['vm', 'memory', '4096', 4096],
  ['vm', 'onboot', 'yes', true],
  ['vm', 'onboot', 0, false],
  ['vm', 'agent', true, { enabled: true }],
  ['vm', 'agent', { enabled: 1, 'guest-fsfreeze': 'off' }, { enabled: true, 'freeze-fs': false }],
  ['vm', 'cpu', 'host', { cputype: 'host' }],
  ['vm', 'cpu', 'host,flags=+aes', { cputype: 'host', flags: '+aes' }],
  ['vm', 'vga', { type: 'qxl', memory: '32' }, { type: 'qxl', memory: 32 }],
  ['vm', 'machine', 'q35', { type: 'q35' }],
  ['vm', 'startup', 'order=2,up=3', { order: 2, up: 3 }],
  ['vm', 'boot', ['scsi0', 'net0'], { order: 'scsi0;net0' }],
  ['vm', 'tags', 'Web, prod;web', ['Web', 'prod', 'web']],
  ['vm', 'tags', ['b', 'A', 'b'], ['A', 'b']],
  ['vm', 'hotplug', 'usb,disk', ['disk', 'usb']],
  ['vm', 'hotplug', '1', ['disk', 'network', 'usb']],
  ['vm', 'nameserver', '10.0.0.1, 10.0.0.2', ['10.0.0.1', '10.0.0.2']],
  ['vm', 'description', 'hello\n', 'hello'],
  [
    'vm',
    'scsi0',
    { storage: 'local-lvm', size: '32768M', discard: true },
    { storage: 'local-lvm', size: '32G', discard: 'on' },
  ],
  ['vm', 'scsi0', { volume: 'local:1/x.raw' }, { file: 'local:1/x.raw' }],
  [
    'vm',
    'net0',
    { virtio: 'bc:24:11:00:00:01', bridge: 'vmbr0' },
    { model: 'virtio', macaddr: 'BC:24:11:00:00:01', bridge: 'vmbr0' },
  ],
  ['vm', 'ide2', { storage: 'local', media: 'cloudinit' }, { storage: 'local', media: 'cloudinit' }],
  ['vm', 'hugepages', 1024, '1024'],
  ['container', 'features', 'nesting=1', { nesting: true }],
  ['container', 'rootfs', { storage: 'local-lvm', size: '8192M' }, { storage: 'local-lvm', size: '8G' }],
  ['container', 'mp0', { file: 'local:1/x.raw', mp: '/data' }, { volume: 'local:1/x.raw', mp: '/data' }],
  ['container', 'description', 'a\nb\n\n', 'a\nb'],
  ['vm', 'description', 'a\r\nb \r\n', 'a\nb'],
  ['vm', 'memory', 'current=2048', 2048],
  // What PVE's own text asks for is what `storage` and `size` ask for.
  ['vm', 'scsi0', 'local-lvm:32,discard=on', { discard: 'on', size: '32G', storage: 'local-lvm' }],
  ['vm', 'scsi0', { file: 'local-lvm:32' }, { size: '32G', storage: 'local-lvm' }],
  ['vm', 'scsi0', 'volume=local-lvm:32', { size: '32G', storage: 'local-lvm' }],
  ['vm', 'scsi0', 'local:0.5', { size: '512M', storage: 'local' }],
  ['vm', 'scsi0', 'local:0.1', { size: '104858K', storage: 'local' }],
  ['vm', 'scsi0', 'local-lvm:32,size=32G', { size: '32G', storage: 'local-lvm' }],
  [
    'vm',
    'scsi0',
    'local:0,import-from=local:import/a.qcow2',
    { 'import-from': 'local:import/a.qcow2', storage: 'local' },
  ],
  [
    'vm',
    'scsi0',
    'local:0,import-from=local:import/a.qcow2,size=20G',
    { 'import-from': 'local:import/a.qcow2', size: '20G', storage: 'local' },
  ],
  ['vm', 'efidisk0', 'local:1,efitype=4m', { efitype: '4m', storage: 'local' }],
  [
    'vm',
    'efidisk0',
    'local:1/vm-1-disk-0.raw,efitype=4m,size=528K',
    { efitype: '4m', file: 'local:1/vm-1-disk-0.raw' },
  ],
  ['vm', 'tpmstate0', 'local:4,version=v2.0', { storage: 'local', version: 'v2.0' }],
  ['vm', 'ide2', 'local-lvm:cloudinit', { media: 'cloudinit', storage: 'local-lvm' }],
  ['vm', 'ide2', 'local-lvm:cloudinit,media=cdrom', { media: 'cloudinit', storage: 'local-lvm' }],
  ['vm', 'ide2', 'local:cloudinit,format=qcow2', { format: 'qcow2', media: 'cloudinit', storage: 'local' }],
  ['vm', 'ide2', 'local-lvm:vm-300-cloudinit,media=cdrom,size=4M', { media: 'cloudinit', storage: 'local-lvm' }],
  ['vm', 'ide2', 'local:300/vm-300-cloudinit.qcow2,media=cdrom', { media: 'cloudinit', storage: 'local' }],
  ['vm', 'ide2', 'none,media=cdrom', { file: 'none', media: 'cdrom' }],
  ['vm', 'scsi0', 'local-lvm:vm-300-disk-0', { file: 'local-lvm:vm-300-disk-0' }],
  ['container', 'rootfs', 'local:8', { size: '8G', storage: 'local' }],
  ['container', 'rootfs', 'local:0', { size: '0', storage: 'local' }],
  ['container', 'mp0', 'tank:10,mp=/srv', { mp: '/srv', size: '10G', storage: 'tank' }],
  ['container', 'mp0', '/mnt/data,mp=/srv', { mp: '/srv', volume: '/mnt/data' }],
  // One device, one list, one address in several spellings.
  ['vm', 'hostpci0', '01:00', { host: '0000:01:00' }],
  ['vm', 'hostpci0', '0000:0A:00.1;0a:00.0,pcie=on', { host: '0000:0a:00.1;0000:0a:00.0', pcie: true }],
  ['vm', 'hostpci0', { host: '01:00', 'vendor-id': '0x10DE' }, { host: '0000:01:00', 'vendor-id': '0x10de' }],
  ['vm', 'usb0', 'host=0x0951:0x1666', { host: '0951:1666' }],
  ['vm', 'usb0', 'SPICE', { host: 'spice' }],
  ['vm', 'cpu', 'host,flags=-pcid;+aes', { cputype: 'host', flags: '+aes;-pcid' }],
  ['vm', 'affinity', '5,0-3,4', '0-5'],
  ['vm', 'numa0', 'cpus=3;0-1,hostnodes=1;0', { cpus: '0-1;3', hostnodes: '0-1' }],
  ['vm', 'net0', { trunks: '20;10;10' }, { trunks: '10;20' }],
  ['vm', 'ipconfig0', 'ip6=FD00:0::5/64', { ip6: 'fd00::5/64' }],
  ['vm', 'nameserver', ['FE80:0:0:0:0:0:0:1', '10.0.0.1'], ['fe80::1', '10.0.0.1']],
  ['vm', 'sshkeys', 'ssh-ed25519%20AAAA%20me%40here%0A', ['ssh-ed25519 AAAA me@here']],
  ['vm', 'sshkeys', 'ssh-ed25519 AAAA 100%25\r\n', ['ssh-ed25519 AAAA 100%25']],
  ['vm', 'cpulimit', '2.0', 2],
  ['container', 'features', { mount: 'nfs;cifs' }, { mount: 'cifs;nfs' }],
  ['container', 'rootfs', { mountoptions: 'noatime;discard' }, { mountoptions: 'discard;noatime' }],
  ['container', 'net0', { hwaddr: 'bc:24:11:00:00:01' }, { hwaddr: 'BC:24:11:00:00:01' }],
  // Empty in any spelling is to be unset.
  ['vm', 'startup', '', ''],
  ['vm', 'startup', {}, ''],
  ['vm', 'cores', '', ''],
  ['vm', 'onboot', '', ''],
  ['vm', 'net1', '', ''],
  ['vm', 'net1', {}, ''],
  ['vm', 'scsi1', '', ''],
  ['vm', 'tags', '', []],
  ['vm', 'tags', [], []],
  ['vm', 'boot', [], ''],
  ['vm', 'hotplug', '', ''],
  ['vm', 'net0', { bridge: 'vmbr0', tag: '' }, { bridge: 'vmbr0', tag: '' }],
]
for (const [kind, key, given, expected] of NORMALIZED)
  test(`${kind} ${key} = ${JSON.stringify(given)} is read as ${JSON.stringify(expected)}`, () => {
    const { value, problem } = guestKinds[kind].normalize(key, given)
    assert.is(problem, undefined, problem?.detail)
    assert.equal(value, expected)
  })

const REFUSED: readonly (readonly ['vm' | 'container', string, ConfigValue, string, RegExp])[] = [
  ['vm', 'cores', 0, 'kind.invalid-value', /at least 1/],
  ['vm', 'cores', 1.5, 'kind.invalid-value', /whole number/],
  ['vm', 'cpulimit', 129, 'kind.invalid-value', /from 0 to 128/],
  ['vm', 'bios', 'ovm', 'kind.invalid-value', /Did you mean "ovmf"/],
  ['vm', 'scsihw', 'VirtIO-SCSI-PCI', 'kind.invalid-value', /Did you mean "virtio-scsi-pci"/],
  ['vm', 'name', 'web_1', 'kind.invalid-value', /DNS name/],
  ['vm', 'tags', ['a b'], 'kind.invalid-value', /a tag/],
  ['vm', 'scsi0', { storage: 'local', size: 32 }, 'kind.invalid-value', /"32G"/],
  ['vm', 'scsi0', { storag: 'local' }, 'kind.unknown-property', /Did you mean "storage"/],
  ['vm', 'net0', { tag: 5000 }, 'kind.invalid-value', /from 1 to 4094/],
  ['vm', 'net0', { macaddr: '01:00:00:00:00:01' }, 'kind.invalid-value', /unicast MAC/],
  ['vm', 'net32', { bridge: 'vmbr0' }, 'kind.unknown-attribute', /0 to 31/],
  ['vm', 'core', 2, 'kind.unknown-attribute', /Did you mean "cores"/],
  ['vm', 'cdrom', 'none', 'kind.not-declarable', /ide2/],
  ['vm', 'unused0', 'x', 'kind.not-declarable', /by themselves/],
  ['vm', 'scsi0', '32', 'kind.invalid-value', /names no storage/],
  ['vm', 'scsi0', 'local:0', 'kind.invalid-value', /without a size/],
  ['vm', 'scsi0', 'local-lvm:32,size=64G', 'kind.invalid-value', /Keep one of them/],
  ['vm', 'scsi0', 'local:5,import-from=local:import/a.qcow2', 'kind.invalid-value', /Write `local:0`/],
  ['vm', 'scsi0', {}, 'kind.invalid-value', /is empty/],
  ['vm', 'scsi0', { storage: '' }, 'kind.invalid-value', /cannot be empty/],
  ['vm', 'name', '', 'kind.invalid-value', /cannot be empty/],
  ['vm', 'net0', { model: '' }, 'kind.invalid-value', /cannot be empty/],
  ['container', 'memory', '', 'kind.invalid-value', /does not unset it/],
  ['container', 'rootfs', '', 'kind.invalid-value', /does not unset it/],
  ['vm', 'onboot', 'maybe', 'kind.invalid-value', /true or false/],
  ['vm', 'net0', { bridge: { secret: 's', fingerprint: 'f' } }, 'kind.secret-in-property', /not sensitive/],
  ['container', 'rootfs', ['a'], 'kind.invalid-value', /map of its keys/],
  ['container', 'net0', { ip: '10.0.0.5' }, 'kind.invalid-value', /10\.0\.0\.5\/24/],
  ['container', 'net0', { ip: '10.0.0.5/33' }, 'kind.invalid-value', /prefix/],
]
for (const [kind, key, given, code, text] of REFUSED)
  test(`${kind} ${key} = ${JSON.stringify(given)} is refused`, () => {
    const { problem } = guestKinds[kind].normalize(key, given)
    assert.is(problem?.code, code)
    assert.match(problem?.detail ?? '', text)
  })

const ENCODED: readonly (readonly ['vm' | 'container', string, ConfigValue, string | undefined, string])[] = [
  ['vm', 'onboot', true, undefined, '1'],
  ['vm', 'tags', ['a', 'b'], undefined, 'a;b'],
  ['vm', 'hotplug', [], undefined, '0'],
  [
    'vm',
    'sshkeys',
    ['ssh-ed25519 AA+/= a@b', 'ssh-rsa BB c'],
    undefined,
    'ssh-ed25519%20AA%2B%2F%3D%20a%40b%0Assh-rsa%20BB%20c',
  ],
  ['vm', 'net0', { bridge: 'vmbr0', tag: 20 }, undefined, 'virtio,bridge=vmbr0,tag=20'],
  [
    'vm',
    'net0',
    { bridge: 'vmbr1' },
    'virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1',
    'virtio=BC:24:11:00:00:01,bridge=vmbr1,firewall=1',
  ],
  ['vm', 'scsi0', { storage: 'local-lvm', size: '32G', discard: 'on' }, undefined, 'local-lvm:32,discard=on'],
  ['vm', 'scsi0', { storage: 'local', size: '512M' }, undefined, 'local:0.5'],
  [
    'vm',
    'scsi0',
    { storage: 'local', 'import-from': 'local:import/x.qcow2', size: '10G' },
    undefined,
    'local:0,import-from=local:import/x.qcow2',
  ],
  [
    'vm',
    'scsi0',
    { storage: 'other', size: '64G', discard: 'on', ssd: true },
    'local:100/vm-100-disk-0.qcow2,detect_zeroes=0,size=32G',
    'local:100/vm-100-disk-0.qcow2,detect_zeroes=0,size=32G,discard=on,ssd=1',
  ],
  ['vm', 'ide2', { storage: 'local-lvm', media: 'cloudinit' }, undefined, 'local-lvm:cloudinit'],
  ['vm', 'ide2', { file: 'local:iso/a.iso', media: 'cdrom' }, undefined, 'local:iso/a.iso,media=cdrom'],
  ['vm', 'ide2', { file: 'none', media: 'cdrom' }, 'local:iso/a.iso,media=cdrom,size=2M', 'none,media=cdrom'],
  ['vm', 'efidisk0', { storage: 'local-lvm', efitype: '4m' }, undefined, 'local-lvm:1,efitype=4m'],
  ['vm', 'agent', { enabled: true }, '0', '1'],
  [
    'vm',
    'agent',
    { 'freeze-fs': false },
    'enabled=1,fstrim_cloned_disks=1',
    'enabled=1,fstrim_cloned_disks=1,freeze-fs=0',
  ],
  ['container', 'rootfs', { storage: 'local-lvm', size: '8G' }, undefined, 'local-lvm:8'],
  ['container', 'mp0', { storage: 'local', size: '1G', mp: '/data' }, undefined, 'local:1,mp=/data'],
  ['container', 'net2', { bridge: 'vmbr0', ip: 'dhcp' }, undefined, 'bridge=vmbr0,ip=dhcp,name=eth2'],
]
for (const [kind, key, value, previous, expected] of ENCODED)
  test(`${kind} ${key} = ${JSON.stringify(value)} over ${JSON.stringify(previous)} is written as ${expected}`, () => {
    assert.is(guestKinds[kind].encode(key, value, previous), expected)
  })

const HOLDS: readonly (readonly ['vm' | 'container', string, ConfigValue, string | undefined, boolean])[] = [
  ['vm', 'onboot', false, undefined, true],
  ['vm', 'onboot', true, undefined, false],
  ['vm', 'memory', 512, undefined, true],
  ['vm', 'memory', 2048, 'current=2048', true],
  ['vm', 'bios', 'seabios', undefined, true],
  ['vm', 'tags', ['a', 'b'], 'b;a', true],
  ['vm', 'tags', ['a', 'b'], 'B;a', false],
  ['vm', 'tags', [], ' ', true],
  ['vm', 'net0', { bridge: 'vmbr0' }, 'virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1', true],
  ['vm', 'net0', { bridge: 'vmbr0', firewall: false }, 'virtio=BC:24:11:00:00:01,bridge=vmbr0', true],
  ['vm', 'net0', { bridge: 'vmbr0', firewall: true }, 'virtio=BC:24:11:00:00:01,bridge=vmbr0', false],
  ['vm', 'net5', {}, undefined, false],
  ['vm', 'scsi0', { storage: 'local-lvm', size: '32G' }, 'local-lvm:vm-100-disk-0,size=32G', true],
  ['vm', 'scsi0', { format: 'raw' }, 'local-lvm:vm-100-disk-0,size=32G', true],
  ['vm', 'scsi0', { format: 'raw' }, 'local:100/vm-100-disk-0.qcow2,size=32G', false],
  ['vm', 'scsi0', { size: '33M' }, 'local-lvm:vm-100-disk-0,size=36M', true],
  ['vm', 'scsi0', { size: '32M' }, 'local-lvm:vm-100-disk-0,size=36M', false],
  ['vm', 'scsi0', { backup: true }, 'local-lvm:vm-100-disk-0,size=32G', true],
  ['vm', 'ide2', { storage: 'local', media: 'cloudinit' }, 'local:350/vm-350-cloudinit.qcow2,media=cdrom', true],
  ['vm', 'machine', { type: 'q35' }, 'pc-q35-10.0+pve1', true],
  ['vm', 'machine', { type: 'pc' }, 'pc-i440fx-10.0+pve1', true],
  ['vm', 'machine', { type: 'q35' }, 'pc-i440fx-10.0+pve1', false],
  ['vm', 'machine', { type: 'pc-q35-9.2' }, 'pc-q35-10.0+pve1', false],
  ['vm', 'vmgenid', '1', '2bd12df6-4a1b-4d3c-9a3e-1f6c1f5f9d00', true],
  ['vm', 'hotplug', ['disk', 'network', 'usb'], undefined, true],
  ['vm', 'sshkeys', ['ssh-ed25519 AA a@b'], 'ssh-ed25519%20AA%20a%40b%0A', true],
  ['vm', 'agent', { enabled: false }, undefined, true],
  ['container', 'description', 'x', 'x\n', true],
  ['container', 'features', { nesting: true }, undefined, false],
]
for (const [kind, key, declared, raw, expected] of HOLDS)
  test(`${kind} ${key} = ${JSON.stringify(declared)} ${expected ? 'holds' : 'does not hold'} in ${JSON.stringify(raw)}`, () => {
    const { holds, decodeValue } = guestKinds[kind]
    assert.is(holds(key, declared, raw === undefined ? undefined : decodeValue(key, raw)), expected)
  })

const EFFECTS: readonly (readonly [
  'vm' | 'container',
  string,
  string | undefined,
  string | undefined,
  'live' | 'reboot' | 'replace',
])[] = [
  ['vm', 'cores', '2', '4', 'reboot'],
  ['vm', 'name', 'a', 'b', 'live'],
  ['vm', 'tags', 'a', undefined, 'live'],
  ['vm', 'balloon', undefined, '128', 'live'],
  ['vm', 'balloon', undefined, '0', 'reboot'],
  ['vm', 'scsi1', undefined, 'local:1', 'live'],
  ['vm', 'sata0', undefined, 'local:1', 'reboot'],
  ['vm', 'scsi0', 'local:1/a.raw', 'local:1/a.raw,discard=on', 'reboot'],
  ['vm', 'scsi0', 'local:1/a.raw', 'local:1/a.raw,mbps_rd=5', 'live'],
  ['vm', 'net0', 'virtio=BC:24:11:00:00:01,bridge=vmbr0', 'virtio=BC:24:11:00:00:01,bridge=vmbr1', 'live'],
  ['vm', 'startup', 'order=1', 'order=2', 'live'],
  ['vm', 'hotplug', undefined, 'disk,cpu', 'reboot'],
  ['vm', 'hotplug', undefined, '0', 'live'],
  ['vm', 'hookscript', undefined, 'local:snippets/x', 'live'],
  ['container', 'memory', '128', '256', 'live'],
  ['container', 'features', undefined, 'nesting=1', 'reboot'],
  ['container', 'mp0', undefined, 'local:1,mp=/x', 'live'],
  ['container', 'mp0', 'local:1/a.raw,mp=/x', undefined, 'reboot'],
  ['container', 'unprivileged', '1', '0', 'replace'],
]
for (const [kind, key, before, after, expected] of EFFECTS)
  test(`${kind} ${key} from ${before} to ${after} on a running guest is ${expected}`, () => {
    const { change, decodeValue } = guestKinds[kind]
    const read = (text: string | undefined) => (text === undefined ? undefined : decodeValue(key, text))
    assert.is(change(key, read(before), read(after)), expected)
  })

test('what can be plugged depends on the hotplug setting', () => {
  assert.is(vm.change('vcpus', 1, 2, { hotplug: ['cpu'] }), 'live')
  assert.is(vm.change('memory', 512, 1024, { hotplug: ['memory'], numa: true }), 'live')
  assert.is(vm.change('net1', undefined, { bridge: 'vmbr0' }, { hotplug: [] }), 'reboot')
})

test('a VM is known by its UUID, a container by its volumes and addresses', () => {
  assert.equal(vm.identity({ smbios1: 'uuid=A77C3855-00F8-46A6-A71C-EAFE932E4D0E' }), {
    uuid: 'a77c3855-00f8-46a6-a71c-eafe932e4d0e',
  })
  assert.equal(
    container.identity({ rootfs: 'local:200/vm-200-disk-0.raw,size=1G', net0: 'name=eth0,hwaddr=bc:24:11:00:00:03' }),
    { marks: ['BC:24:11:00:00:03', 'local:200/vm-200-disk-0.raw'] },
  )
})

test('drives that hold no volume of the guest are told apart', () => {
  const is = (key: string, text: string) => vm.isVolume(key, vm.decodeValue(key, text))
  assert.ok(is('scsi0', 'local:100/vm-100-disk-0.qcow2,size=1G'))
  assert.ok(is('efidisk0', 'local:100/vm-100-disk-0.qcow2,size=528K'))
  assert.not(is('ide2', 'none,media=cdrom'))
  assert.not(is('ide2', 'local:350/vm-350-cloudinit.qcow2,media=cdrom'))
  assert.not(is('net0', 'virtio'))
  assert.not(container.isVolume('mp0', container.decodeValue('mp0', '/srv,mp=/srv')))
})

test('asking for a secret as text is a bug', () => {
  assert.throws(() => vm.encode('cipassword', { secret: 'x', fingerprint: 'y' }))
})

test.run()
