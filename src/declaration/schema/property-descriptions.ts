import type { GuestKindName } from '../../resource/guest.ts'

/** Keys that mean the same in every property map that has them. */
const shared: Readonly<Record<string, string>> = {
  backup: 'Includes the volume in backups.',
  bridge: 'Bridge of the host that the device is plugged into.',
  firewall: 'Applies the rules of the Proxmox VE firewall to the device.',
  format: 'Format of the image. Block storages know only `raw`.',
  'import-from': 'Image whose content the new disk gets: a volume, or a path on the host.',
  link_down: 'Pulls the plug: the device is there and not connected.',
  mtu: 'Largest packet in bytes.',
  rate: 'Limit in megabytes a second.',
  replicate: 'Includes the volume in replication jobs.',
  ro: 'Can only be read.',
  shared: 'The volume is there on every node, though its storage does not say so.',
  size: 'Size such as `32G`. It can grow, not shrink.',
  storage: 'Storage that a new volume is made on.',
  tag: 'VLAN of the device.',
  trunks: 'VLANs that may pass, separated by semicolons.',
}

const throttle = (subject: string, unit: string, key: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (
      [
        ['', 'read and written together'],
        ['_rd', 'read'],
        ['_wr', 'written'],
      ] as const
    ).flatMap(([suffix, what]) => [
      [`${key}${suffix}`, `Limit of ${subject} ${what}, in ${unit} a second.`],
      [`${key}${suffix}_max`, `The same limit for a short while, in ${unit} a second.`],
      [`${key}${suffix}_max_length`, 'How many seconds the short while may last.'],
    ]),
  )

const drive: Readonly<Record<string, string>> = {
  ...throttle('data', 'bytes', 'bps'),
  ...throttle('operations', 'operations', 'iops'),
  ...throttle('data', 'megabytes', 'mbps'),
  aio: 'How QEMU reads and writes without waiting.',
  cache: 'How the host caches what is written.',
  detect_zeroes: 'Turns writes of zeroes into holes.',
  discard: "Hands the guest's TRIM on to the storage, so that freed space is free.",
  file: 'An existing volume such as `local:iso/debian.iso`, a path, or `none` for an empty drive. For a new disk, name `storage` and `size` instead.',
  iothread: 'Gives the disk a thread of its own.',
  media: '`disk`, `cdrom`, or `cloudinit` for the cloud-init drive.',
  model: 'Model name that the guest sees.',
  product: 'Product name that the guest sees.',
  queues: 'Number of queues.',
  rerror: 'What happens when reading fails.',
  scsiblock: 'Passes a whole block device of the host through.',
  serial: 'Serial number that the guest sees.',
  snapshot: 'Throws away what was written when the VM stops.',
  ssd: 'Tells the guest that the disk is an SSD.',
  vendor: 'Vendor name that the guest sees.',
  werror: 'What happens when writing fails.',
  wwn: 'Worldwide name that the guest sees: `0x` and 16 hexadecimal digits.',
}

const containerVolume: Readonly<Record<string, string>> = {
  acl: 'Switches access control lists on or off.',
  idmap: 'Maps owners between host and container for this mount.',
  keepattrs: 'Keeps owner and permissions of the directory that is mounted over.',
  mountoptions: 'Further mount options such as `noatime`, separated by semicolons.',
  mp: 'Path in the container.',
  quota: 'Switches user quotas on inside the container.',
  volume: 'An existing volume, or a path of the host. For a new volume, name `storage` and `size` instead.',
}

const vm: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  agent: {
    enabled: 'Switches the agent on.',
    'freeze-fs': 'Freezes the file systems while a backup is taken.',
    fstrim_cloned_disks: 'Trims the disks after cloning or migrating.',
    type: 'The device the agent talks through.',
  },
  'amd-sev': {
    type: 'Generation of SEV.',
    'no-debug': 'Forbids debugging.',
    'no-key-sharing': 'Forbids to share the key with other VMs.',
    'allow-smt': 'Allows simultaneous multithreading.',
    'kernel-hashes': 'Adds hashes of the kernel to what is measured.',
  },
  audio0: { device: 'Model of the sound device.', driver: 'Where the sound goes.' },
  boot: {
    legacy: 'The old spelling: letters for disk, CD-ROM and network.',
    order: 'Devices in order, separated by semicolons: `scsi0;net0`.',
  },
  cicustom: {
    meta: 'Volume with the meta data.',
    network: 'Volume with the network configuration.',
    user: 'Volume with the user data.',
    vendor: 'Volume with the vendor data.',
  },
  cpu: {
    cputype: 'Model such as `x86-64-v2-AES` or `host`.',
    flags: 'Processor flags to switch on or off: `+aes;-pcid`.',
    'guest-phys-bits': 'Bits of physical addresses the guest may use.',
    hidden: 'Hides from the guest that it is virtual.',
    'hv-vendor-id': 'Hypervisor vendor that Windows sees.',
    'phys-bits': 'Bits of physical addresses the guest sees, or `host`.',
    'reported-model': 'Model that the guest is told.',
  },
  efidisk0: {
    efitype: 'Size of the store; `4m` is needed for secure boot.',
    'ms-cert': 'Year of the Microsoft certificate that is enrolled.',
    'pre-enrolled-keys': 'Comes with the keys for secure boot.',
    file: 'An existing volume. For a new one, name `storage` instead.',
  },
  'hostpci[n]': {
    'device-id': 'Device id that the guest sees.',
    driver: 'Driver of the host for the device.',
    host: 'Address of the device on the host: `01:00.0`.',
    'legacy-igd': 'Passes an Intel graphics device through in its old mode.',
    mapping: 'Name of a mapping that finds the device on each node.',
    mdev: 'Type of a mediated device.',
    pcie: 'Offers it as PCI Express; needs the machine type `q35`.',
    rombar: "Shows the guest the device's ROM.",
    romfile: 'File with the ROM, in /usr/share/kvm.',
    'sub-device-id': 'Subsystem device id that the guest sees.',
    'sub-vendor-id': 'Subsystem vendor id that the guest sees.',
    'vendor-id': 'Vendor id that the guest sees.',
    'x-vga': 'The device is the graphics card.',
  },
  'intel-tdx': {
    attestation: 'Lets the guest prove what it is.',
    type: 'Kind of trust domain.',
    'vsock-cid': 'Context id for attestation.',
    'vsock-port': 'Port for attestation.',
  },
  'ipconfig[n]': {
    gw: 'IPv4 gateway.',
    gw6: 'IPv6 gateway.',
    ip: 'IPv4 address with its prefix, or `dhcp`.',
    ip6: 'IPv6 address with its prefix, `dhcp` or `auto`.',
  },
  ivshmem: { name: 'Name of the shared memory.', size: 'Size in MiB.' },
  machine: {
    'aw-bits': 'Address width of the virtual IOMMU.',
    'enable-s3': 'Lets the guest suspend to memory.',
    'enable-s4': 'Lets the guest suspend to disk.',
    type: 'Machine type, with or without its version.',
    viommu: 'Kind of virtual IOMMU.',
  },
  'net[n]': {
    'host-tunnel': 'Lets the host see into tunnelled packets.',
    macaddr: 'MAC address; the server chooses one when it is not set.',
    model: 'Model of the network card; `virtio` is the fast one.',
    queues: 'Number of queues.',
  },
  'numa[n]': {
    cpus: 'Processors of the node: `0-3`.',
    hostnodes: 'Nodes of the host it runs on.',
    memory: 'Memory of the node in MiB.',
    policy: 'How strictly it keeps to the nodes of the host.',
  },
  rng0: {
    max_bytes: 'Most bytes in one period; 0 is no limit.',
    period: 'Period in milliseconds.',
    source: 'Device of the host that the numbers come from.',
  },
  smbios1: {
    base64: 'The texts are base64.',
    family: 'Family.',
    manufacturer: 'Manufacturer.',
    product: 'Product.',
    serial: 'Serial number.',
    sku: 'Stock-keeping unit.',
    uuid: 'Identity of the machine.',
    version: 'Version.',
  },
  spice_enhancements: { foldersharing: 'Shares a folder of the viewer.', videostreaming: 'Compresses video.' },
  tpmstate0: { version: 'Version of the TPM; Windows 11 wants `v2.0`.', file: drive['file'] ?? '' },
  'usb[n]': {
    host: 'Vendor and product (`0951:1666`), port (`1-2`), or `spice`.',
    mapping: 'Name of a mapping that finds the device on each node.',
    usb3: 'Offers it as USB 3.',
  },
  vga: {
    clipboard: 'Shares the clipboard with the console.',
    memory: 'Memory of the card in MiB.',
    type: 'Model of the card, or a serial port.',
  },
  'virtiofs[n]': {
    cache: 'When the guest may keep what it read.',
    'direct-io': 'Honours the direct I/O of the guest.',
    dirid: 'Name of the directory mapping.',
    'expose-acl': 'Shows the guest access control lists.',
    'expose-xattr': 'Shows the guest extended attributes.',
  },
  watchdog: { action: 'What it does.', model: 'Model of the watchdog.' },
}

const container: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'dev[n]': {
    'deny-write': 'Forbids the container to write to it.',
    gid: 'Group that owns it in the container.',
    mode: 'Permissions in the container: `0660`.',
    path: 'Path of the device on the host: `/dev/ttyUSB0`.',
    uid: 'User that owns it in the container.',
  },
  features: {
    force_rw_sys: 'Mounts /sys so that it can be written.',
    fuse: 'Allows FUSE file systems.',
    keyctl: 'Allows the keyctl() system call, which Docker wants.',
    mknod: 'Allows to make some device files.',
    mount: 'File systems that may be mounted: `nfs;cifs`.',
    nesting: 'Allows containers in the container; systemd wants it too.',
  },
  'net[n]': {
    gw: 'IPv4 gateway.',
    gw6: 'IPv6 gateway.',
    'host-managed': 'Lets the host set the addresses, not the container.',
    hwaddr: 'MAC address; the server chooses one when it is not set.',
    ip: 'IPv4 address with its prefix, `dhcp` or `manual`.',
    ip6: 'IPv6 address with its prefix, `dhcp`, `auto` or `manual`.',
    name: 'Name of the interface in the container: `eth0`.',
    type: 'Kind of interface.',
  },
}

const startup: Readonly<Record<string, string>> = {
  down: 'Seconds to wait for it to stop.',
  order: 'Place in the order; lower starts earlier and stops later.',
  up: 'Seconds to wait after starting it.',
}

const forEach = (names: readonly string[], table: Readonly<Record<string, string>>) =>
  Object.fromEntries(names.map((name) => [name, table]))

interface KindDescriptions {
  /** By attribute, then key. */
  readonly own: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** What attributes of one sort have in common. */
  readonly common: Readonly<Record<string, Readonly<Record<string, string>>>>
}

const byKind: Readonly<Record<GuestKindName, KindDescriptions>> = {
  vm: { own: vm, common: { startup, ...forEach(['ide[n]', 'sata[n]', 'scsi[n]', 'virtio[n]'], drive) } },
  container: { own: container, common: { startup, ...forEach(['rootfs', 'mp[n]'], containerVolume) } },
}

/** What a key of a property map means; undefined where nothing is known about it. `attribute` as in `GuestKind.attributes`. */
export const propertyDescription = (kind: GuestKindName, attribute: string, key: string): string | undefined => {
  const { own, common } = byKind[kind]
  return own[attribute]?.[key] ?? common[attribute]?.[key] ?? shared[key]
}
