import type { Volume } from '../state/storage.ts'
import type { World } from '../state/world.ts'
import { addFile, addGuest, addNode, addStorage } from './add.ts'
import { addRecordedUsers } from './recorded-users.ts'

const FINGERPRINT = 'E1:1B:C5:1B:66:E8:11:7B:F0:91:46:7C:31:80:F4:96:D5:BE:AD:75:BA:AD:44:4D:BD:FA:DB:13:0E:87:D9:70'

type File = Pick<Volume, 'name' | 'content' | 'format' | 'size'> & Partial<Volume>

const files: readonly File[] = [
  {
    name: '100/vm-100-cloudinit.qcow2',
    content: 'images',
    format: 'qcow2',
    size: 4_194_304,
    used: 462_848,
    vmid: 100,
    ctime: 1_795_258_884,
  },
  {
    name: '200/vm-200-disk-0.raw',
    content: 'rootdir',
    format: 'raw',
    size: 2 ** 30,
    used: 36_683_776,
    vmid: 200,
    ctime: 1_795_258_917,
  },
  {
    name: '9000/base-9000-disk-0.qcow2',
    content: 'images',
    format: 'qcow2',
    size: 67_108_864,
    used: 331_776,
    vmid: 9000,
    ctime: 1_795_258_883,
  },
  {
    name: '9000/base-9000-disk-0.qcow2/100/vm-100-disk-0.qcow2',
    content: 'images',
    format: 'qcow2',
    size: 67_108_864,
    used: 528_384,
    vmid: 100,
    ctime: 1_795_258_945,
    parent: '9000/base-9000-disk-0.qcow2',
  },
  {
    name: '9000/vm-9000-cloudinit.qcow2',
    content: 'images',
    format: 'qcow2',
    size: 4_194_304,
    used: 266_240,
    vmid: 9000,
    ctime: 1_795_258_883,
  },
  {
    name: 'import/cloud.qcow2',
    content: 'import',
    format: 'qcow2',
    size: 196_616,
    ctime: 1_795_255_428,
    virtualSize: 536_870_912,
  },
  { name: 'import/cloud.raw', content: 'import', format: 'raw', size: 268_435_456, ctime: 1_795_255_428 },
  { name: 'import/idle.raw', content: 'import', format: 'raw', size: 67_108_864, ctime: 1_795_255_834 },
  { name: 'iso/test.iso', content: 'iso', format: 'iso', size: 2_097_152, ctime: 1_795_255_428 },
  { name: 'snippets/user.yaml', content: 'snippets', format: 'snippet', size: 14, ctime: 1_795_255_428 },
  {
    name: 'vztmpl/alpine-3.22-minimal_20250617_amd64.tar.gz',
    content: 'vztmpl',
    format: 'tgz',
    size: 1_067_743,
    ctime: 1_795_255_428,
  },
  {
    name: 'vztmpl/debian-13-standard_13.1-1_amd64.tar.zst',
    content: 'vztmpl',
    format: 'tzst',
    size: 38_276_545,
    ctime: 1_795_255_478,
  },
]

const addGuests = (world: World): void => {
  const vm = {
    boot: 'order=scsi0;ide2;net0',
    memory: '128',
    meta: 'creation-qemu=10.0.13,ctime=1795258883',
    scsihw: 'virtio-scsi-single',
    serial0: 'socket',
    vga: 'serial0',
  }
  addGuest(world, 'qemu', 100, 'pve1', {
    ...vm,
    cipassword: '$5$invented1$K0kXc1fL5b2m1B0Lk8T7vR3yQh9wZxP4dE6nUjM2sA0',
    ide2: 'local:100/vm-100-cloudinit.qcow2,media=cdrom,size=4M',
    name: 'vm100',
    net0: 'virtio=BC:24:11:91:8E:C9,bridge=vmbr0',
    scsi0: 'local:9000/base-9000-disk-0.qcow2/100/vm-100-disk-0.qcow2,size=64M',
    smbios1: 'uuid=6f91433b-e0ee-4671-aa38-2cdf5a38b177',
    vmgenid: '65b6b9b3-d23b-463e-9b3e-28cc40d4a977',
  })
  addGuest(world, 'qemu', 9000, 'pve1', {
    ...vm,
    ide2: 'local:9000/vm-9000-cloudinit.qcow2,media=cdrom',
    name: 'tmpl-idle',
    net0: 'virtio=BC:24:11:A7:07:41,bridge=vmbr0',
    scsi0: 'local:9000/base-9000-disk-0.qcow2,size=64M',
    smbios1: 'uuid=11cbc1b0-e3f1-4ace-aec2-d9eab2908fa1',
    template: '1',
    vmgenid: '25edf5b4-8732-4f62-964a-343dbd8320e5',
  })
  addGuest(world, 'lxc', 200, 'pve1', {
    arch: 'amd64',
    hostname: 'ct200',
    memory: '128',
    net0: 'name=eth0,bridge=vmbr0,gw=10.99.0.1,hwaddr=BC:24:11:90:CC:12,ip=10.99.0.200/24,type=veth',
    ostype: 'alpine',
    rootfs: 'local:200/vm-200-disk-0.raw,size=1G',
    swap: '512',
    unprivileged: '1',
  })
}

const addNetwork = (world: World): void => {
  const network = world.nodes.get('pve1')?.network
  network?.set('eno1', {
    active: 1,
    families: ['inet'],
    iface: 'eno1',
    method: 'manual',
    method6: 'manual',
    priority: 3,
    type: 'eth',
  })
  network?.set('vmbr0', {
    active: 1,
    address: '10.99.0.2',
    autostart: 1,
    bridge_fd: '0',
    bridge_ports: 'eno1',
    bridge_stp: 'off',
    cidr: '10.99.0.2/24',
    families: ['inet'],
    gateway: '10.99.0.1',
    iface: 'vmbr0',
    method: 'static',
    method6: 'manual',
    netmask: '24',
    priority: 4,
    type: 'bridge',
  })
}

/** The node whose conversations are recorded: `pve1` with storages local, dir2 and btr, two VMs and a container. */
export const recorded = (world: World): void => {
  addRecordedUsers(world)
  addNode(world, 'pve1', { cpus: 2, memory: 25_276_502_016, ip: '10.99.0.2', fingerprint: FINGERPRINT })
  const disk = 270_553_174_016
  addStorage(
    world,
    'local',
    'dir',
    { path: '/var/lib/vz', content: 'iso,import,vztmpl,rootdir,images,backup,snippets', 'prune-backups': 'keep-all=1' },
    disk,
    28_259_954_688,
  )
  addStorage(world, 'dir2', 'dir', { path: '/srv/dir2', content: 'rootdir,backup,images' }, disk, 28_259_954_688)
  addStorage(world, 'btr', 'btrfs', { path: '/srv/btrfs', content: 'images,rootdir' }, 6_442_450_944, 6_062_080)
  for (const file of files) addFile(world, 'pve1', { storage: 'local', ...file })
  addGuests(world)
  addNetwork(world)
}
