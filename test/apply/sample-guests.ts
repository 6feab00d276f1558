import type { GuestDescription } from '../../src/simulator/twin/description.ts'

/** Guests of a test with a disk each: VM 200 and container 201. */
export const database = (status: 'running' | 'stopped'): GuestDescription => ({
  vmid: 200,
  type: 'qemu',
  node: 'pve1',
  status,
  config: { name: 'db', memory: '2048', ostype: 'l26', scsi0: 'local-lvm:vm-200-disk-0,size=8G', boot: 'order=scsi0' },
})

export const files = (status: 'running' | 'stopped'): GuestDescription => ({
  vmid: 201,
  type: 'lxc',
  node: 'pve1',
  status,
  config: {
    hostname: 'files',
    arch: 'amd64',
    ostype: 'debian',
    unprivileged: 1,
    memory: 512,
    rootfs: 'local-lvm:vm-201-disk-0,size=8G',
  },
})
