import { facts, type Schema } from '../api/facts.ts'

type Format = Readonly<Record<string, Schema>>
const optional = { optional: 1 } as const
const text: Schema = { ...optional, type: 'string' }
const flag: Schema = { ...optional, type: 'boolean' }
const integer = (minimum?: number, maximum?: number): Schema => ({
  ...optional,
  type: 'integer',
  ...(minimum === undefined ? {} : { minimum }),
  ...(maximum === undefined ? {} : { maximum }),
})
const base64: Schema = { ...optional, type: 'string', pattern: '[A-Za-z0-9+\\/]+={0,2}' }
const volume: Schema = { ...optional, type: 'string', format: 'pve-volume-id' }

const driveOf = (key: string): Format =>
  facts['PUT /nodes/{node}/qemu/{vmid}/config']?.parameters?.properties?.[key]?.format as Format

/** The property-string formats that api.json mentions only by name. PVE source: QemuServer, JSONSchema and VZDump formats. */
export const propertyFormats: Readonly<Record<string, Format>> = {
  'pve-qm-ide': driveOf('ide[n]'),
  'pve-qm-boot': {
    legacy: { ...optional, type: 'string', default_key: 1, pattern: '[acdn]{1,4}' },
    order: { ...optional, type: 'string', format: 'pve-qm-bootdev-list' },
  },
  'pve-qm-hostpci': {
    host: {
      ...optional,
      type: 'string',
      default_key: 1,
      pattern:
        '(?:[0-9a-fA-F]{4,}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\\.[0-9a-fA-F])?(?:;(?:[0-9a-fA-F]{4,}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\\.[0-9a-fA-F])?)*',
    },
    mapping: { ...optional, type: 'string', format: 'pve-configid' },
    rombar: flag,
    romfile: { ...optional, type: 'string', pattern: '[^,;]+' },
    pcie: flag,
    'x-vga': flag,
    'legacy-igd': flag,
    mdev: text,
    driver: { ...optional, type: 'string', enum: ['vfio', 'keep'] },
    'vendor-id': { ...optional, type: 'string', pattern: '0x[0-9a-fA-F]{4}' },
    'device-id': { ...optional, type: 'string', pattern: '0x[0-9a-fA-F]{4}' },
    'sub-vendor-id': { ...optional, type: 'string', pattern: '0x[0-9a-fA-F]{4}' },
    'sub-device-id': { ...optional, type: 'string', pattern: '0x[0-9a-fA-F]{4}' },
  },
  'pve-qm-ipconfig': {
    ip: { ...optional, type: 'string', format: 'pve-ipv4-config' },
    gw: { ...optional, type: 'string', format: 'ipv4', requires: 'ip' },
    ip6: { ...optional, type: 'string', format: 'pve-ipv6-config' },
    gw6: { ...optional, type: 'string', format: 'ipv6', requires: 'ip6' },
  },
  'pve-qm-rng': {
    source: { type: 'string', default_key: 1, enum: ['/dev/urandom', '/dev/random', '/dev/hwrng'] },
    max_bytes: integer(),
    period: integer(),
  },
  'pve-qm-smbios1': {
    uuid: { ...optional, type: 'string', pattern: '[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}' },
    version: base64,
    serial: base64,
    manufacturer: base64,
    product: base64,
    sku: base64,
    family: base64,
    base64: flag,
  },
  'pve-qm-watchdog': {
    model: { ...optional, type: 'string', default_key: 1, enum: ['i6300esb', 'ib700'] },
    action: { ...optional, type: 'string', enum: ['reset', 'shutdown', 'poweroff', 'pause', 'debug', 'none'] },
  },
  'pve-qm-cicustom': { meta: volume, network: volume, user: volume, vendor: volume },
  'pve-qemu-sev-fmt': {
    type: { type: 'string', default_key: 1, enum: ['std', 'es', 'snp'] },
    'no-debug': flag,
    'no-key-sharing': flag,
    'allow-smt': flag,
    'kernel-hashes': flag,
  },
  'pve-qemu-tdx-fmt': {
    type: { type: 'string', default_key: 1, enum: ['tdx'] },
    attestation: flag,
    'vsock-cid': integer(2),
    'vsock-port': integer(0),
  },
  'backup-fleecing': {
    enabled: { ...flag, default_key: 1 },
    storage: { ...optional, type: 'string', format: 'pve-storage-id' },
  },
  'backup-performance': { 'max-workers': integer(1, 256), 'pbs-entries-max': integer(1) },
  'prune-backups': {
    'keep-all': flag,
    'keep-last': integer(0),
    'keep-hourly': integer(0),
    'keep-daily': integer(0),
    'keep-weekly': integer(0),
    'keep-monthly': integer(0),
    'keep-yearly': integer(0),
  },
  'realm-sync-options': {
    scope: { ...optional, type: 'string', enum: ['users', 'groups', 'both'] },
    full: flag,
    purge: flag,
    'remove-vanished': text,
    'enable-new': flag,
  },
}
