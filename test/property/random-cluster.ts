import type { ConfigValue } from '../../src/resource/config-value.ts'
import type { Desired, DesiredGuest, DesiredResource } from '../../src/resource/desired.ts'
import type { ClusterDescription, GuestDescription, VolumeDescription } from '../../src/simulator/twin/description.ts'
import type { Random } from '../plan/random-world.ts'
import { at, container, desire, pool, vm } from '../plan/samples.ts'

const GIB = 2 ** 30
const NODES = ['pve1', 'pve2'] as const
const DISKS = ['thin', 'nas'] as const

/** Volumes nobody's configuration names: what a declaration may attach. */
const ORPHANS: readonly VolumeDescription[] = [110, 111, 112, 113].map((vmid) => ({
  volid: `thin:vm-${vmid}-disk-7`,
  node: 'pve1',
  content: 'images',
  format: 'raw',
  size: 3 * GIB,
  vmid,
}))

const mac = (vmid: number, index: number): string => `BC:24:11:00:0${index}:${vmid.toString(16).padStart(2, '0')}`

/** Values that wait for a restart of a running VM. */
const waiting = (random: Random, status: string) =>
  status === 'running' && random.chance(0.3)
    ? {
        pending: random.pick([
          [{ key: 'memory', pending: 6144 }],
          [{ key: 'cores', pending: 7 }],
          [{ key: 'net0', delete: 1 }],
        ]),
      }
    : {}

/** A snapshot of somebody's, with the settings of its time. */
const snapshots = (random: Random, config: GuestDescription['config']) =>
  random.chance(0.25) ? { snapshots: [{ name: 'old', config: { ...config, cores: 1, snaptime: 1_760_000_000 } }] } : {}

const existingVm = (random: Random, vmid: number): GuestDescription => {
  const status = random.chance(0.6) ? 'running' : 'stopped'
  const config = {
    name: `old-${vmid}`,
    cores: 1 + random.below(4),
    memory: 1024 * (1 + random.below(4)),
    boot: 'order=scsi0;net0',
    scsihw: 'virtio-scsi-single',
    ostype: 'l26',
    scsi0: `thin:vm-${vmid}-disk-0,size=8G`,
    ...(random.chance(0.6) && { scsi1: `nas:${vmid}/vm-${vmid}-disk-1.qcow2,size=2G` }),
    ...(random.chance(0.3) && { unused0: `thin:vm-${vmid}-disk-2` }),
    net0: `virtio=${mac(vmid, 0)},bridge=vmbr0`,
    ...(random.chance(0.3) && { protection: 1 }),
    smbios1: `uuid=00000000-0000-4000-8000-000000000${vmid}`,
  }
  return {
    vmid,
    type: 'qemu',
    node: random.pick(NODES),
    status,
    ...(random.chance(0.4) && { pool: 'prod' }),
    config,
    ...waiting(random, status),
    ...snapshots(random, { name: config.name, memory: config.memory, scsi0: config.scsi0, net0: config.net0 }),
  }
}

const existingContainer = (random: Random, vmid: number): GuestDescription => {
  const config = {
    arch: 'amd64',
    hostname: `old-${vmid}`,
    ostype: 'debian',
    cores: 1 + random.below(2),
    memory: 512 * (1 + random.below(4)),
    swap: 512,
    unprivileged: 1,
    rootfs: `thin:vm-${vmid}-disk-0,size=4G`,
    ...(random.chance(0.5) && {
      mp0: `thin:vm-${vmid}-disk-1,mp=/srv,size=2G${random.chance(0.5) ? ',backup=1' : ''}`,
    }),
    net0: `name=eth0,bridge=vmbr0,hwaddr=${mac(vmid, 1)},ip=dhcp,type=veth`,
    ...(random.chance(0.2) && { protection: 1 }),
  }
  return {
    vmid,
    type: 'lxc',
    node: random.pick(NODES),
    status: random.chance(0.6) ? 'running' : 'stopped',
    ...(random.chance(0.3) && { pool: 'prod' }),
    config,
    ...snapshots(random, { arch: 'amd64', hostname: config.hostname, rootfs: config.rootfs, net0: config.net0 }),
  }
}

/** Two nodes, three storages, two pools, four guests of somebody's, and volumes that belong to no guest. */
export const randomCluster = (random: Random): ClusterDescription => ({
  name: 'random',
  nodes: NODES.map((name) => ({
    name,
    network: [{ iface: 'vmbr0', type: 'bridge', active: 1, autostart: 1, bridge_ports: 'eno1', method: 'manual' }],
  })),
  storages: [
    {
      storage: 'local',
      type: 'dir',
      options: { path: '/var/lib/vz', content: 'backup,iso,vztmpl' },
      volumes: NODES.map((node) => ({
        volid: 'local:vztmpl/debian.tar.zst',
        node,
        content: 'vztmpl',
        size: 100_000_000,
      })),
    },
    {
      storage: 'thin',
      type: 'lvmthin',
      options: { vgname: 'pve', thinpool: 'data', content: 'images,rootdir' },
      volumes: ORPHANS,
    },
    {
      storage: 'nas',
      type: 'nfs',
      options: {
        path: '/mnt/pve/nas',
        server: '10.0.0.2',
        export: '/nas',
        content: 'images,backup,rootdir',
        shared: 1,
      },
    },
  ],
  pools: [{ poolid: 'prod', comment: 'in use' }, { poolid: 'lab' }],
  guests: [
    existingVm(random, 101),
    existingVm(random, 102),
    existingContainer(random, 103),
    existingContainer(random, 104),
  ],
})

const lifecycle = (random: Random): Partial<DesiredGuest['lifecycle']> => ({
  reboot: random.pick(['never', 'allowed'] as const),
  onDestroy: random.pick(['backup', 'backup', 'retain'] as const),
  snapshot: random.pick(['auto', 'auto', 'always'] as const),
})

const maybe = (random: Random, share: number, values: Record<string, ConfigValue>): Record<string, ConfigValue> =>
  random.chance(share) ? values : {}

const everyday = (random: Random): Record<string, ConfigValue> => ({
  ...maybe(random, 0.5, { cores: 1 + random.below(6) }),
  ...maybe(random, 0.5, { memory: 1024 * (1 + random.below(4)) }),
  ...maybe(random, 0.4, { description: `text ${random.below(9)}` }),
  ...maybe(random, 0.4, { tags: [random.pick(['a', 'b']), random.pick(['c', 'd'])] }),
  ...maybe(random, 0.3, { onboot: random.chance(0.5) }),
  ...maybe(random, 0.2, { protection: random.chance(0.5) }),
})

const vmChanges = (random: Random): Record<string, ConfigValue> => ({
  ...everyday(random),
  ...maybe(random, 0.4, { scsi0: { size: `${8 + random.below(3)}G` } }),
  ...maybe(random, 0.3, { scsi2: { storage: random.pick(DISKS), size: `${1 + random.below(3)}G` } }),
  ...maybe(random, 0.3, { net1: { model: 'virtio', bridge: 'vmbr0', tag: 10 + random.below(5) } }),
  ...maybe(random, 0.2, { ide2: { file: 'none', media: 'cdrom' } }),
  ...maybe(random, 0.2, { sata0: { storage: 'thin', size: '1G' } }),
  ...maybe(random, 0.15, { boot: { order: 'scsi0' } }),
  ...maybe(random, 0.15, { agent: { enabled: random.chance(0.5) } }),
  ...maybe(random, 0.15, { startup: { order: random.below(5) } }),
  ...maybe(random, 0.15, { cpu: random.pick(['host', 'x86-64-v2-AES']) }),
  ...maybe(random, 0.1, { ide0: { storage: 'thin', media: 'cloudinit' }, ciuser: 'ops' }),
})

const containerChanges = (random: Random): Record<string, ConfigValue> => ({
  ...everyday(random),
  ...maybe(random, 0.3, { rootfs: { size: `${4 + random.below(3)}G` } }),
  ...maybe(random, 0.3, { mp1: { storage: 'thin', size: '1G', mp: '/data' } }),
  ...maybe(random, 0.2, { net1: { name: 'eth1', bridge: 'vmbr0' } }),
  ...maybe(random, 0.15, { features: { nesting: random.chance(0.5) } }),
  ...maybe(random, 0.15, { nameserver: ['10.0.0.1'] }),
  ...maybe(random, 0.15, { swap: 256 * random.below(3) }),
})

const pooled = (random: Random): { readonly pool?: string } =>
  random.chance(0.3) ? { pool: random.pick(['prod', 'lab']) } : {}

const powered = (random: Random): { readonly power?: 'running' | 'stopped' } =>
  random.chance(0.6) ? { power: random.pick(['running', 'running', 'stopped'] as const) } : {}

const around = (random: Random) => ({ lifecycle: lifecycle(random), ...pooled(random), ...powered(random) })

const newVm = (random: Random, index: number): DesiredGuest => {
  const vmid = 110 + index
  const attached = random.chance(0.3)
  return vm(`vm.new${index}`, {
    ...around(random),
    node: attached ? 'pve1' : random.pick(NODES),
    ...(attached && { vmid: vmid as NonNullable<DesiredGuest['vmid']> }),
    config: {
      ...everyday(random),
      scsi0: { storage: random.pick(DISKS), size: `${2 + random.below(3)}G` },
      ...(attached && { scsi1: { file: `thin:vm-${vmid}-disk-7` } }),
      ...maybe(random, 0.6, { net0: { model: 'virtio', bridge: 'vmbr0' } }),
    },
  })
}

const newContainer = (random: Random, index: number): DesiredGuest =>
  container(`container.new${index}`, {
    ...around(random),
    node: random.pick(NODES),
    source: { by: 'archive', volume: 'local:vztmpl/debian.tar.zst' },
    config: {
      ...everyday(random),
      rootfs: { storage: 'thin', size: `${2 + random.below(3)}G` },
      ...maybe(random, 0.6, { net0: { name: 'eth0', bridge: 'vmbr0' } }),
      ...maybe(random, 0.3, { mp0: { storage: 'nas', size: '1G', mp: '/srv' } }),
    },
  })

/** Declarations over that cluster: some of its guests, with changes, and new ones. */
export const randomDeclarations = (random: Random, cluster: ClusterDescription): Desired => {
  const resources: DesiredResource[] = []
  const imports: { readonly to: ReturnType<typeof at>; readonly id: string }[] = []
  for (const { vmid, type, node } of cluster.guests ?? []) {
    if (random.chance(0.3)) continue
    const address = `${type === 'qemu' ? 'vm' : 'container'}.old${vmid}`
    const place = { ...around(random), node: random.chance(0.1) ? random.pick(NODES) : node }
    resources.push(
      type === 'qemu'
        ? vm(address, { ...place, config: vmChanges(random) })
        : container(address, { ...place, config: containerChanges(random) }),
    )
    imports.push({ to: at(address), id: String(vmid) })
  }
  for (let index = 0; index < 2; index++) if (random.chance(0.5)) resources.push(newVm(random, index))
  if (random.chance(0.4)) resources.push(newContainer(random, 2))
  if (random.chance(0.3)) resources.push(pool('pool.apps', 'apps', random.pick(['one', 'two'])))
  return desire(resources, { imports })
}

/** Some of what is declared with other values, some of it gone, some of it new. */
export const changedDeclarations = (random: Random, before: Desired, cluster: ClusterDescription): Desired => {
  const fresh = randomDeclarations(random, cluster)
  const known = new Map(before.resources.map((resource) => [resource.address, resource]))
  const managed = new Set(before.resources.map(({ address }) => address))
  const kept = fresh.resources.map((resource) =>
    random.chance(0.3) ? (known.get(resource.address) ?? resource) : resource,
  )
  return { ...fresh, resources: kept, imports: fresh.imports.filter(({ to }) => !managed.has(to)) }
}
