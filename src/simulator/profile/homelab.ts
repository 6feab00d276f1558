import type { Guest, Section } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { keepState } from '../volume/content.ts'
import { parseSize } from '../volume/size.ts'
import { addFile, addGuest, addNode, addStorage } from './add.ts'
import { addGenerated } from './generated.ts'
import { type Container, containers, type Vm, vms } from './homelab-guests.ts'

const GiB = 2 ** 30

const bytes = (size: string): number => parseSize(size) ?? 0

const addDisk = (
  world: World,
  node: string,
  storage: string,
  vmid: number,
  image: string,
  size: number,
  content: string,
): string => {
  const volume = addFile(world, node, {
    storage,
    name: image,
    content,
    format: 'raw',
    size,
    used: Math.floor(size * 0.4),
    vmid,
  })
  return `${volume.storage}:${volume.name}`
}

const identity = (world: World): Section => ({
  meta: `creation-qemu=${world.qemuVersion},ctime=${Math.floor(world.clock.now() / 1000) - 8_000_000}`,
  smbios1: `uuid=${world.random.uuid()}`,
  vmgenid: world.random.uuid(),
})

const run = (world: World, guest: Guest): void => {
  guest.running = {
    pid: 2000 + world.random.below(60_000),
    since: world.clock.now() - 3_600_000 * (1 + world.random.below(500)),
    paused: false,
  }
}

const addVm = (world: World, vm: Vm): Guest => {
  const disk = addDisk(world, vm.node, 'local-lvm', vm.vmid, `vm-${vm.vmid}-disk-0`, bytes(vm.disk), 'images')
  const guest = addGuest(world, 'qemu', vm.vmid, vm.node, {
    agent: '1',
    boot: 'order=scsi0;net0',
    cores: String(vm.cores),
    cpu: 'x86-64-v2-AES',
    memory: String(vm.memory),
    name: vm.name,
    net0: `virtio=${world.random.mac()},bridge=vmbr0`,
    ostype: 'l26',
    scsi0: `${disk},discard=on,iothread=1,size=${vm.disk}`,
    scsihw: 'virtio-scsi-single',
    ...identity(world),
    ...(vm.tags === undefined ? {} : { tags: vm.tags }),
    ...vm.more,
  })
  if (vm.running) {
    run(world, guest)
    world.agents.add(vm.vmid)
  }
  if (vm.pool !== undefined) world.poolOf.set(vm.vmid, vm.pool)
  return guest
}

const addTemplate = (world: World, vmid: number, name: string): void => {
  const disk = addDisk(world, 'pve1', 'local-lvm', vmid, `base-${vmid}-disk-0`, 8 * GiB, 'images')
  const drive = addDisk(world, 'pve1', 'local-lvm', vmid, `vm-${vmid}-cloudinit`, 4 * 2 ** 20, 'images')
  addGuest(world, 'qemu', vmid, 'pve1', {
    agent: '1',
    boot: 'order=scsi0',
    ciuser: name.split('-')[0] as string,
    cores: '1',
    ide2: `${drive},media=cdrom`,
    ipconfig0: 'ip=dhcp',
    memory: '1024',
    name,
    net0: `virtio=${world.random.mac()},bridge=vmbr0`,
    ostype: 'l26',
    scsi0: `${disk},size=8G`,
    scsihw: 'virtio-scsi-single',
    serial0: 'socket',
    template: '1',
    vga: 'serial0',
    ...identity(world),
  })
}

const addContainer = (world: World, ct: Container): Guest => {
  const disk = addDisk(world, ct.node, 'local-lvm', ct.vmid, `vm-${ct.vmid}-disk-0`, bytes(ct.disk), 'rootdir')
  const guest = addGuest(world, 'lxc', ct.vmid, ct.node, {
    arch: 'amd64',
    cores: '1',
    features: 'nesting=1',
    hostname: ct.name,
    memory: String(ct.memory),
    net0: `name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=${world.random.mac()},ip=10.0.0.${ct.vmid % 250}/24,type=veth`,
    ostype: 'debian',
    rootfs: `${disk},size=${ct.disk}`,
    swap: '512',
    unprivileged: '1',
    ...(ct.tags === undefined ? {} : { tags: ct.tags }),
    ...ct.more,
  })
  if (ct.running) run(world, guest)
  if (ct.pool !== undefined) world.poolOf.set(ct.vmid, ct.pool)
  return guest
}

const bridge = (name: string, ip: string | undefined, port: string): Readonly<Record<string, unknown>> => ({
  iface: name,
  type: 'bridge',
  active: 1,
  autostart: 1,
  bridge_fd: '0',
  bridge_ports: port,
  bridge_stp: 'off',
  families: ['inet'],
  method: ip === undefined ? 'manual' : 'static',
  method6: 'manual',
  priority: 4,
  ...(ip === undefined ? {} : { address: ip, cidr: `${ip}/24`, netmask: '24', gateway: '10.0.0.1' }),
})

const addNetwork = (world: World): void => {
  for (const node of world.nodes.values()) {
    for (const port of ['eno1', 'eno2'])
      node.network.set(port, {
        iface: port,
        type: 'eth',
        active: 1,
        families: ['inet'],
        method: 'manual',
        method6: 'manual',
        priority: 3,
      })
    node.network.set('vmbr0', bridge('vmbr0', node.ip, 'eno1'))
    node.network.set('vmbr1', bridge('vmbr1', undefined, 'eno2'))
  }
}

const templates: readonly (readonly [string, string, number])[] = [
  ['vztmpl/debian-12-standard_12.7-1_amd64.tar.zst', 'tzst', 126_515_062],
  ['vztmpl/alpine-3.20-default_20240908_amd64.tar.xz', 'txz', 3_222_404],
]

/** The storages of the home cluster and what lies on them from the start. */
const addHomelabStorages = (world: World): void => {
  const content = 'iso,vztmpl,backup,snippets,import'
  addStorage(world, 'local', 'dir', { path: '/var/lib/vz', content }, 94 * GiB, 6 * GiB)
  addStorage(world, 'local-lvm', 'lvmthin', { vgname: 'pve', thinpool: 'data', content: 'images,rootdir' }, 1794 * GiB)
  addStorage(
    world,
    'tank',
    'zfspool',
    { pool: 'tank', content: 'images,rootdir', nodes: 'pve1,pve2', sparse: '1' },
    3600 * GiB,
    12 * GiB,
  )
  const nfs = {
    path: '/mnt/pve/nfs-backup',
    server: '10.0.0.5',
    export: '/export/backup',
    content: 'backup,images,iso',
  }
  addStorage(world, 'nfs-backup', 'nfs', nfs, 8000 * GiB, 400 * GiB)
  for (const node of world.nodes.keys()) {
    for (const [name, format, size] of templates)
      addFile(world, node, { storage: 'local', name, content: 'vztmpl', format, size })
    addFile(world, node, {
      storage: 'local',
      name: 'iso/debian-12.7.0-amd64-netinst.iso',
      content: 'iso',
      format: 'iso',
      size: 661_651_456,
    })
  }
  addFile(world, 'pve1', {
    storage: 'local',
    name: 'snippets/user.yaml',
    content: 'snippets',
    format: 'snippet',
    size: 240,
  })
  addFile(world, 'pve1', {
    storage: 'local',
    name: 'import/debian-12-generic-amd64.qcow2',
    content: 'import',
    format: 'qcow2',
    size: 3 * GiB,
    used: 430_000_000,
  })
}

const addLife = (world: World): void => {
  const git = world.guests.get(102)
  if (git) {
    git.snapshots.set('before-upgrade', {
      ...git.config,
      description: 'before 8.0',
      snaptime: String(Math.floor(world.clock.now() / 1000) - 86_400),
    })
    git.config['parent'] = 'before-upgrade'
    for (const volume of world.volumePools.get('local-lvm@pve1')?.volumes.values() ?? [])
      if (volume.vmid === 102) keepState(volume, 'before-upgrade')
  }
  const monitoring = world.guests.get(104)
  if (monitoring) monitoring.pending['memory'] = '6144'
  const wiki = world.guests.get(202)
  if (wiki)
    wiki.config['mp0'] =
      `${addDisk(world, 'pve2', 'tank', 202, 'subvol-202-disk-0', 20 * GiB, 'rootdir')},mp=/srv/wiki,size=20G`
  for (const volume of world.volumePools.get('tank@pve2')?.volumes.values() ?? []) volume.format = 'subvol'
}

const addLimitedUser = (world: World, secret: string): void => {
  const token = { tokenid: 'limited', expire: 0, privsep: false, secret }
  world.access.users.set('ops@pve', {
    userid: 'ops@pve',
    enable: true,
    expire: 0,
    password: 'ops-password',
    tokens: new Map([['limited', token]]),
  })
  world.access.acl.push({ path: '/pool/prod', type: 'user', ugid: 'ops@pve', roleid: 'PVEVMUser', propagate: true })
}

/**
 * A believable home cluster: three nodes, local, ZFS and NFS storages, eleven VMs (two of them templates) and four containers. With `nodes` or
 * `guests` a generated cluster of that size instead. User `ops@pve` (password `ops-password`, token `ops@pve!limited`) may use the pool `prod` only.
 */
export const homelab = (world: World, nodes?: number, guests?: number): void => {
  const count = nodes ?? 3
  for (let index = 1; index <= count; index++) addNode(world, `pve${index}`)
  addHomelabStorages(world)
  addNetwork(world)
  world.options['mac_prefix'] = 'BC:24:11'
  addLimitedUser(world, world.random.uuid())
  world.pools.set('prod', { id: 'prod', comment: 'everything people rely on', storages: new Set() })
  if (count >= 3 && (guests === undefined || guests === 15)) {
    for (const vm of vms) addVm(world, vm)
    addTemplate(world, 9000, 'debian-12')
    addTemplate(world, 9001, 'ubuntu-24.04')
    for (const ct of containers) addContainer(world, ct)
    addLife(world)
    return
  }
  addTemplate(world, 9000, 'debian-12')
  addGenerated(world, Math.max(0, (guests ?? count * 5) - 1))
}
