import type { PvePropertyFormat } from './pve-facts.ts'

const base64 = { type: 'string', optional: 1, pattern: '[A-Za-z0-9+\\/]+={0,2}' } as const
const flag = { type: 'boolean', optional: 1 } as const
const hexId = { type: 'string', optional: 1, pattern: '0x[0-9a-fA-F]{4}' } as const
const volume = { type: 'string', optional: 1, format: 'pve-volume-id' } as const

/**
 * Property-string formats that PVE's API description gives by name only. Keys, defaults and ranges as documented for PVE 9;
 * the spelling of each was seen on PVE 9.2.
 */
export const namedFormats: { readonly [name: string]: PvePropertyFormat } = {
  'pve-vm-cpu-conf': {
    cputype: { type: 'string', default_key: 1, default: 'kvm64', pattern: '[A-Za-z0-9][A-Za-z0-9._-]*', optional: 1 },
    'reported-model': { type: 'string', optional: 1, pattern: '[A-Za-z0-9][A-Za-z0-9._-]*' },
    hidden: { ...flag, default: 0 },
    'hv-vendor-id': { type: 'string', optional: 1, pattern: '[a-zA-Z0-9]{1,12}' },
    flags: { type: 'string', optional: 1, pattern: '[+-][A-Za-z0-9._-]+(?:;[+-][A-Za-z0-9._-]+)*' },
    'phys-bits': { type: 'string', optional: 1, pattern: '(?:host|[89]|[1-5][0-9]|6[0-4])' },
    'guest-phys-bits': { type: 'integer', optional: 1, minimum: 32, maximum: 64 },
  },
  'pve-qm-smbios1': {
    uuid: { type: 'string', optional: 1, pattern: '[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}' },
    version: base64,
    serial: base64,
    manufacturer: base64,
    product: base64,
    sku: base64,
    family: base64,
    base64: flag,
  },
  'pve-qm-hostpci': {
    host: { type: 'string', default_key: 1, optional: 1, pattern: '[a-fA-F0-9.:;]+' },
    mapping: { type: 'string', optional: 1, format: 'pve-configid' },
    rombar: { ...flag, default: 1 },
    romfile: { type: 'string', optional: 1, pattern: '[^,;]+' },
    pcie: { ...flag, default: 0 },
    'legacy-igd': { ...flag, default: 0 },
    'x-vga': { ...flag, default: 0 },
    mdev: { type: 'string', optional: 1, pattern: '[^/.:]+' },
    'vendor-id': hexId,
    'device-id': hexId,
    'sub-vendor-id': hexId,
    'sub-device-id': hexId,
    driver: { type: 'string', optional: 1, enum: ['vfio', 'keep'], default: 'vfio' },
  },
  'pve-qm-watchdog': {
    model: { type: 'string', default_key: 1, optional: 1, enum: ['i6300esb', 'ib700'], default: 'i6300esb' },
    action: { type: 'string', optional: 1, enum: ['reset', 'shutdown', 'poweroff', 'pause', 'debug', 'none'] },
  },
  'pve-qm-rng': {
    source: { type: 'string', default_key: 1, enum: ['/dev/urandom', '/dev/random', '/dev/hwrng'] },
    max_bytes: { type: 'integer', optional: 1, minimum: 0, default: 1024 },
    period: { type: 'integer', optional: 1, default: 1000 },
  },
  'pve-qm-ipconfig': {
    ip: { type: 'string', optional: 1, format: 'pve-ipv4-config' },
    gw: { type: 'string', optional: 1, format: 'ipv4' },
    ip6: { type: 'string', optional: 1, format: 'pve-ipv6-config' },
    gw6: { type: 'string', optional: 1, format: 'ipv6' },
  },
  'pve-qm-boot': {
    legacy: { type: 'string', default_key: 1, optional: 1, pattern: '[acdn]{1,4}' },
    order: { type: 'string', optional: 1, pattern: '[a-z]+[0-9]+(?:;[a-z]+[0-9]+)*' },
  },
  'pve-startup-order': {
    order: { type: 'integer', default_key: 1, optional: 1, minimum: 0 },
    up: { type: 'integer', optional: 1, minimum: 0 },
    down: { type: 'integer', optional: 1, minimum: 0 },
  },
  'pve-qm-cicustom': { meta: volume, network: volume, user: volume, vendor: volume },
  'pve-qemu-sev-fmt': {
    type: { type: 'string', default_key: 1, enum: ['std', 'es', 'snp'] },
    'no-debug': { ...flag, default: 0 },
    'no-key-sharing': { ...flag, default: 0 },
    'allow-smt': { ...flag, default: 1 },
    'kernel-hashes': { ...flag, default: 0 },
  },
  'pve-qemu-tdx-fmt': {
    type: { type: 'string', default_key: 1, enum: ['tdx'] },
    attestation: { ...flag, default: 1 },
    'vsock-cid': { type: 'integer', optional: 1, minimum: 2 },
    'vsock-port': { type: 'integer', optional: 1, minimum: 0 },
  },
}
