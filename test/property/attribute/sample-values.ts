import type { AttributeFacts, ValueFacts } from '../../../src/kinds/facts/attribute.ts'
import type { GuestKind } from '../../../src/kinds/kind.ts'
import type { Scalar } from '../../../src/resource/config-value.ts'
import type { GuestKindName } from '../../../src/resource/guest.ts'

export type Sample = Scalar | readonly string[] | { readonly [property: string]: Scalar }
export type Pair = readonly [Sample, Sample]

const KEYS = [
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE+/mGFkZGVyIG9mIGtleXMgZm9yIGFubmE= anna@home',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJvZiBrZXlzIGZvciBiZXJ0+/= bert at work',
] as const

/** Two values that PVE takes, where the facts alone do not give them. The slot's number is left out: `net` stands for `net1`. */
const VALUES: Readonly<Record<GuestKindName, Readonly<Record<string, Pair>>>> = {
  vm: {
    affinity: ['0-1', '0,2'],
    args: ['-name x', '-name y'],
    balloon: [128, 256],
    bootdisk: ['scsi0', 'scsi1'],
    cipassword: ['correct horse', 'battery staple'],
    ciuser: ['anna', 'bert'],
    cpulimit: [1.5, 2],
    cpuunits: [333, 444],
    description: ['one\ntwo', 'one\n  three: ü'],
    hookscript: ['local:snippets/hook.pl', 'local:snippets/other.pl'],
    hotplug: [['disk', 'network'], ['disk']],
    'import-working-storage': ['local', 'local'],
    keyboard: ['de', 'fr'],
    memory: [1024, 2048],
    migrate_downtime: [0.2, 0.3],
    migrate_speed: [10, 20],
    name: ['one', 'two.example.org'],
    nameserver: [['10.0.0.1', 'fd00::1'], ['10.0.0.2']],
    parallel: ['/dev/parport0', '/dev/usb/lp0'],
    searchdomain: [['example.org', 'example.com'], ['example.net']],
    serial: ['socket', '/dev/ttyS0'],
    shares: [500, 600],
    sshkeys: [[KEYS[0]], KEYS],
    startdate: ['2026-01-01', '2026-01-01T10:00:00'],
    tags: [['prod', 'web'], ['prod']],
    vcpus: [1, 2],
    vmgenid: ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-22222222222a'],
    vmstatestorage: ['local', 'local-lvm'],
    // Property strings: what one needs to be there at all, and the other.
    agent: [{ enabled: true }, { enabled: true, fstrim_cloned_disks: true }],
    'amd-sev': [{ type: 'std' }, { type: 'es' }],
    audio0: [{ device: 'ich9-intel-hda' }, { device: 'AC97' }],
    boot: [{ order: 'scsi0' }, { order: 'net0;scsi0' }],
    cicustom: [{ user: 'local:snippets/user.yaml' }, { user: 'local:snippets/other.yaml' }],
    cpu: [{ cputype: 'host' }, { cputype: 'x86-64-v2' }],
    efidisk0: [
      { storage: 'local-lvm', efitype: '4m' },
      { storage: 'local-lvm', efitype: '4m' },
    ],
    hostpci: [{ host: '0000:01:00.0' }, { host: '0000:02:00' }],
    ide: [
      { storage: 'local', size: '1G' },
      { storage: 'local', size: '1G', cache: 'none' },
    ],
    'intel-tdx': [{ type: 'tdx' }, { type: 'tdx', attestation: false }],
    ipconfig: [{ ip: 'dhcp' }, { ip: '10.0.0.5/24', gw: '10.0.0.1' }],
    ivshmem: [{ size: 16 }, { size: 32 }],
    machine: [{ type: 'q35' }, { type: 'pc-i440fx-8.1' }],
    net: [
      { model: 'virtio', bridge: 'vmbr0' },
      { model: 'e1000', bridge: 'vmbr0' },
    ],
    'numa[n]': [
      { cpus: '0', memory: 512 },
      { cpus: '0-1', memory: 512 },
    ],
    rng0: [{ source: '/dev/urandom' }, { source: '/dev/random' }],
    sata: [
      { storage: 'local', size: '1G' },
      { storage: 'local', size: '1G', cache: 'none' },
    ],
    scsi: [
      { storage: 'local', size: '1G' },
      { storage: 'local', size: '1G', cache: 'none' },
    ],
    smbios1: [
      { uuid: '11111111-1111-4111-8111-111111111111', serial: 'QUJD' },
      { uuid: '11111111-1111-4111-8111-111111111111', serial: 'REVG' },
    ],
    spice_enhancements: [{ foldersharing: true }, { foldersharing: true, videostreaming: 'all' }],
    startup: [{ order: 1 }, { order: 2, up: 30 }],
    tpmstate0: [
      { storage: 'local-lvm', version: 'v2.0' },
      { storage: 'local-lvm', version: 'v2.0' },
    ],
    usb: [{ host: 'spice' }, { host: '1234:abcd' }],
    vga: [{ type: 'qxl' }, { type: 'virtio' }],
    virtio: [
      { storage: 'local', size: '1G' },
      { storage: 'local', size: '1G', cache: 'none' },
    ],
    virtiofs: [{ dirid: 'share' }, { dirid: 'other' }],
    watchdog: [{ model: 'i6300esb' }, { model: 'ib700' }],
    // Keys of property strings.
    'boot.legacy': ['c', 'cd'],
    'ide.model': ['QEMU%20DISK', 'other'],
    'boot.order': ['scsi0', 'net0;scsi0'],
    'cicustom.meta': ['local:snippets/meta.yaml', 'local:snippets/other.yaml'],
    'cicustom.network': ['local:snippets/net.yaml', 'local:snippets/other.yaml'],
    'cicustom.user': ['local:snippets/user.yaml', 'local:snippets/other.yaml'],
    'cicustom.vendor': ['local:snippets/vendor.yaml', 'local:snippets/other.yaml'],
    'cpu.cputype': ['host', 'x86-64-v2'],
    'cpu.flags': ['+aes;-pcid', '+aes'],
    'cpu.hv-vendor-id': ['mine', 'yours'],
    'cpu.phys-bits': ['host', '40'],
    'hostpci.host': ['0000:01:00.0;0000:01:00.1', '02:00'],
    'hostpci.mapping': ['gpu', 'nic'],
    'hostpci.mdev': ['nvidia-63', 'nvidia-64'],
    'hostpci.romfile': ['vbios.bin', 'other.bin'],
    'hostpci.vendor-id': ['0x10de', '0x1AF4'],
    'hostpci.device-id': ['0x10de', '0x1AF4'],
    'hostpci.sub-vendor-id': ['0x10de', '0x1AF4'],
    'hostpci.sub-device-id': ['0x10de', '0x1AF4'],
    'ipconfig.gw': ['10.0.0.1', '10.0.0.2'],
    'ipconfig.gw6': ['fd00::1', 'FD00:0:0::2'],
    'ipconfig.ip': ['10.0.0.5/24', 'dhcp'],
    'ipconfig.ip6': ['fd00::5/64', 'auto'],
    'ivshmem.name': ['shared', 'other'],
    'machine.type': ['q35', 'pc-i440fx-8.1'],
    'net.bridge': ['vmbr0', 'vmbr1'],
    'net.macaddr': ['BC:24:11:00:00:0A', 'bc:24:11:00:00:0b'],
    'net.mtu': [1400, 1],
    'net.rate': [1.5, 20],
    'net.trunks': ['10;20-30', '10'],
    'numa.cpus': ['0', '0-1;3'],
    'numa.hostnodes': ['0', '0-1'],
    'numa.memory': [512, 1024],
    'smbios1.uuid': ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-22222222222A'],
    'usb.host': ['1234:abcd', '1-2.3'],
    'usb.mapping': ['stick', 'other'],
    'virtiofs.dirid': ['share', 'other'],
  },
  container: {
    arch: ['arm64', 'i386'],
    cpulimit: [1.5, 2],
    cpuunits: [333, 444],
    description: ['one\ntwo', 'one\n  three: ü'],
    entrypoint: ['/bin/sh', '/bin/bash -l'],
    env: [['A=1', 'B=two words'], ['A=2']],
    hookscript: ['local:snippets/hook.pl', 'local:snippets/other.pl'],
    hostname: ['one', 'two.example.org'],
    memory: [256, 512],
    nameserver: [['10.0.0.1', 'fd00::1'], ['10.0.0.2']],
    ostype: ['ubuntu', 'alpine'],
    password: ['correct horse', 'battery staple'],
    searchdomain: [['example.org', 'example.com'], ['example.net']],
    'ssh-public-keys': [[KEYS[0]], KEYS],
    swap: [128, 256],
    tags: [['prod', 'web'], ['prod']],
    timezone: ['UTC', 'Europe/Berlin'],
    tty: [1, 3],
    dev: [{ path: '/dev/null' }, { path: '/dev/zero' }],
    features: [{ nesting: true }, { nesting: true, keyctl: true }],
    mp: [
      { storage: 'local', size: '1G', mp: '/srv' },
      { storage: 'local', size: '1G', mp: '/srv', backup: true },
    ],
    net: [
      { name: 'eth1', bridge: 'vmbr0' },
      { name: 'eth1', bridge: 'vmbr1' },
    ],
    rootfs: [
      { storage: 'local-lvm', size: '1G', ro: true },
      { storage: 'local-lvm', size: '1G', ro: true, quota: true },
    ],
    startup: [{ order: 1 }, { order: 2, up: 30 }],
    'dev.mode': ['0660', '0600'],
    'dev.path': ['/dev/null', '/dev/zero'],
    'features.mount': ['nfs;cifs', 'nfs'],
    'mp.idmap': ['u:0:100000:1000;g:0:100000:1000', 'passthrough'],
    'mp.mountoptions': ['noatime;discard', 'nosuid'],
    'mp.mp': ['/srv', '/data'],
    'net.bridge': ['vmbr0', 'vmbr1'],
    'net.gw': ['10.0.0.1', '10.0.0.2'],
    'net.gw6': ['fd00::1', 'FD00:0:0::2'],
    'net.hwaddr': ['BC:24:11:00:00:0A', 'bc:24:11:00:00:0b'],
    'net.ip': ['10.0.0.5/24', 'dhcp'],
    'net.ip6': ['fd00::5/64', 'auto'],
    'net.mtu': [1400, 1200],
    'net.name': ['lan0', 'lan1'],
    'net.type': ['veth', 'veth'],
    'net.rate': [1.5, 20],
    'net.trunks': ['10;20', '30'],
    'rootfs.idmap': ['u:0:100000:1000;g:0:100000:1000', 'passthrough'],
    'rootfs.mountoptions': ['noatime;discard', 'nosuid'],
  },
}

/** A burst stands beside its limit, and its length beside the burst. */
function throttles(): Readonly<Record<string, Readonly<Record<string, Scalar>>>> {
  const all = ['ide', 'sata', 'scsi', 'virtio'].flatMap((bus) =>
    ['', '_rd', '_wr'].flatMap((way): [string, Readonly<Record<string, Scalar>>][] => [
      [`vm ${bus}.mbps${way}_max`, { [`mbps${way}`]: 5 }],
      [`vm ${bus}.iops${way}_max`, { [`iops${way}`]: 50 }],
      [`vm ${bus}.bps${way}_max_length`, { [`mbps${way}`]: 5, [`mbps${way}_max`]: 10 }],
      [`vm ${bus}.iops${way}_max_length`, { [`iops${way}`]: 50, [`iops${way}_max`]: 100 }],
    ]),
  )
  return Object.fromEntries(all)
}

/** What has to be there besides, for a key of a property string to be taken. */
export const COMPANIONS: Readonly<Record<string, Readonly<Record<string, Scalar>>>> = {
  'vm ipconfig.gw': { ip: '10.0.0.5/24' },
  'vm ipconfig.gw6': { ip6: 'fd00::5/64' },
  'container net.gw': { ip: '10.0.0.5/24' },
  'container net.gw6': { ip6: 'fd00::5/64' },
  'vm numa.policy': { hostnodes: '0' },
  ...throttles(),
}

const drive = (more: Readonly<Record<string, Scalar>>) => ({ storage: 'local-lvm', size: '1G', ...more })
const image = { storage: 'local-lvm', 'import-from': 'local:import/cloud.qcow2' }
const efi = { ...image, efitype: '4m', 'pre-enrolled-keys': false }
const tpm = { ...image, version: 'v2.0' }
const [seven, eight] = [{ file: 'local-lvm:vm-100-disk-7' }, { file: 'local-lvm:vm-100-disk-8' }]

const PLACED: Readonly<Record<string, Pair>> = {
  format: [
    { storage: 'local', size: '1G', format: 'qcow2' },
    { storage: 'local', size: '1G', format: 'raw' },
  ],
  'import-from': [image, { ...image, discard: 'on' }],
  media: [
    { file: 'none', media: 'cdrom' },
    { file: 'local:iso/debian.iso', media: 'cdrom' },
  ],
  size: [drive({}), drive({ size: '2G' })],
  storage: [drive({}), drive({ storage: 'local' })],
  file: [seven, eight],
}

/** Where a key of a volume makes sense only with others: the whole value. */
export const WHOLE: Readonly<Record<string, Pair>> = {
  ...Object.fromEntries(
    ['ide0', 'sata0', 'scsi1', 'virtio0'].flatMap((slot) =>
      Object.entries(PLACED).map(([property, pair]) => [`vm disk.${slot}.${property}`, pair]),
    ),
  ),
  'vm disk.virtio0.media': [drive({ media: 'disk' }), drive({ media: 'disk', backup: false })],
  'vm disk.efidisk0.file': [seven, eight],
  'vm disk.efidisk0.format': [
    { storage: 'local', format: 'qcow2' },
    { storage: 'local', format: 'raw' },
  ],
  'vm disk.efidisk0.import-from': [efi, efi],
  'vm disk.efidisk0.storage': [{ storage: 'local-lvm' }, { storage: 'local' }],
  'vm disk.tpmstate0.file': [seven, eight],
  'vm disk.tpmstate0.format': [
    { storage: 'local', format: 'raw' },
    { storage: 'local', format: 'raw' },
  ],
  'vm disk.tpmstate0.import-from': [tpm, tpm],
  'vm disk.tpmstate0.storage': [{ storage: 'local-lvm' }, { storage: 'local' }],
  'vm hostpci0.mapping': [{ mapping: 'gpu' }, { mapping: 'nic' }],
  'vm usb0.mapping': [{ mapping: 'stick' }, { mapping: 'other' }],
  'vm boot.legacy': [{ legacy: 'c' }, { legacy: 'cd' }],
  'container mount_point.mp0.size': [drive({ mp: '/srv' }), drive({ mp: '/srv', size: '2G' })],
  'container mount_point.mp0.storage': [drive({ mp: '/srv' }), drive({ mp: '/srv', storage: 'local' })],
  'container mount_point.mp0.volume': [
    { volume: 'local-lvm:vm-100-disk-7', mp: '/srv' },
    { volume: 'local-lvm:vm-100-disk-8', mp: '/srv' },
  ],
}

const enumPair = ({ enum: values = [], default: standard }: ValueFacts): Pair | undefined => {
  const own = values.filter((value) => value !== standard)
  const [first, second = values.find((value) => value !== first)] = own
  return first === undefined ? undefined : [first, second ?? first]
}

const scalarPair = (facts: ValueFacts, absent = facts.default === 1 || facts.default === '1'): Pair | undefined => {
  if (facts.enum) return enumPair(facts)
  if (facts.type === 'boolean') {
    return [!absent, absent]
  }
  if (facts.type === 'integer' || facts.type === 'number') {
    const least = Math.max(facts.minimum ?? 1, 1)
    return [least + 1, least + 2]
  }
  if (facts.format === 'disk-size') return ['1G', '2G']
  return facts.format === undefined && facts.pattern === undefined ? ['one', 'two'] : undefined
}

/** `net1` → `net`. */
const stem = (name: string): string => name.replace('[n]', '')

export const parameterPair = (kind: GuestKind, name: string, facts: AttributeFacts): Pair | undefined =>
  VALUES[kind.name][name] ?? VALUES[kind.name][stem(name)] ?? (facts.value && scalarPair(facts.value))

export const propertyPair = (kind: GuestKind, name: string, property: string, facts: ValueFacts): Pair | undefined => {
  const known = VALUES[kind.name][`${stem(name)}.${property}`]
  if (known) return known
  if (name === 'smbios1' && property !== 'base64') return ['QUJD', 'REVG']
  return property === 'wwn'
    ? ['0x5000c50015EA71AD', '0x5000c50015ea71ae']
    : property === 'serial' || property === 'product' || property === 'vendor'
      ? ['abc', 'def']
      : scalarPair(facts, kind.name === 'vm' && property === 'backup' ? true : undefined)
}
