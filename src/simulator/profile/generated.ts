import type { World } from '../state/world.ts'
import { addFile, addGuest } from './add.ts'

const GiB = 2 ** 30
const roles = ['web', 'api', 'db', 'cache', 'queue', 'worker', 'proxy', 'mail', 'ci', 'log']

const addOne = (world: World, vmid: number, index: number, node: string): void => {
  const container = index % 4 === 3
  const size = 8 + 8 * (index % 4)
  const image = `vm-${vmid}-disk-0`
  const content = container ? 'rootdir' : 'images'
  addFile(world, node, {
    storage: 'local-lvm',
    name: image,
    content,
    format: 'raw',
    size: size * GiB,
    used: Math.floor(size * GiB * 0.3),
    vmid,
  })
  const name = `${roles[index % roles.length]}-${vmid}`
  const mac = world.random.mac()
  const common = {
    cores: String(1 + (index % 4)),
    memory: String(512 * (1 + (index % 8))),
    tags: roles[index % roles.length] as string,
  }
  const guest = container
    ? addGuest(world, 'lxc', vmid, node, {
        ...common,
        arch: 'amd64',
        hostname: name,
        net0: `name=eth0,bridge=vmbr0,hwaddr=${mac},ip=dhcp,type=veth`,
        ostype: 'debian',
        rootfs: `local-lvm:${image},size=${size}G`,
        swap: '512',
        unprivileged: '1',
      })
    : addGuest(world, 'qemu', vmid, node, {
        ...common,
        agent: '1',
        boot: 'order=scsi0;net0',
        meta: `creation-qemu=${world.qemuVersion},ctime=1790000000`,
        name,
        net0: `virtio=${mac},bridge=vmbr0`,
        ostype: 'l26',
        scsi0: `local-lvm:${image},discard=on,iothread=1,size=${size}G`,
        scsihw: 'virtio-scsi-single',
        smbios1: `uuid=${world.random.uuid()}`,
        vmgenid: world.random.uuid(),
      })
  if (index % 5 !== 4)
    guest.running = { pid: 2000 + index, since: world.clock.now() - 1000 * (3600 + index), paused: false }
}

/** Adds that many guests, spread evenly over the nodes: three VMs to one container, one in five stopped. VMIDs from 100, without those in use. */
export const addGenerated = (world: World, count: number): void => {
  const nodes = [...world.nodes.keys()]
  for (let index = 0, vmid = 100; index < count; vmid++) {
    if (world.guests.has(vmid)) continue
    addOne(world, vmid, index, nodes[index % nodes.length] as string)
    index++
  }
}
