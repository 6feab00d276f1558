import type { Section } from '../state/guest.ts'

/** A VM of the home cluster: what is not said is the same for all. Memory in MiB. */
export type Vm = {
  readonly vmid: number
  readonly name: string
  readonly node: string
  readonly cores: number
  readonly memory: number
  readonly disk: string
  readonly running?: boolean
  readonly tags?: string
  readonly pool?: string
  readonly more?: Section
}

/** The VMs of the home cluster that are no templates. */
export const vms: readonly Vm[] = [
  {
    vmid: 100,
    name: 'web-old',
    node: 'pve1',
    cores: 2,
    memory: 2048,
    disk: '16G',
    running: true,
    tags: 'web',
    pool: 'prod',
  },
  {
    vmid: 101,
    name: 'db',
    node: 'pve1',
    cores: 4,
    memory: 8192,
    disk: '64G',
    running: true,
    tags: 'db;prod',
    pool: 'prod',
    more: { onboot: '1', startup: 'order=1,up=30' },
  },
  {
    vmid: 102,
    name: 'git',
    node: 'pve1',
    cores: 2,
    memory: 4096,
    disk: '32G',
    running: true,
    tags: 'dev',
    more: { description: 'Forgejo\nbacked up nightly' },
  },
  {
    vmid: 103,
    name: 'nas',
    node: 'pve2',
    cores: 2,
    memory: 8192,
    disk: '32G',
    running: true,
    tags: 'storage',
    more: { onboot: '1', protection: '1' },
  },
  {
    vmid: 104,
    name: 'monitoring',
    node: 'pve2',
    cores: 2,
    memory: 4096,
    disk: '32G',
    running: true,
    tags: 'infra',
    pool: 'prod',
  },
  {
    vmid: 105,
    name: 'homeassistant',
    node: 'pve2',
    cores: 2,
    memory: 2048,
    disk: '32G',
    running: true,
    more: { bios: 'ovmf', machine: 'q35' },
  },
  { vmid: 106, name: 'ci-runner', node: 'pve3', cores: 8, memory: 16384, disk: '100G', running: true, tags: 'dev' },
  { vmid: 107, name: 'build-box', node: 'pve3', cores: 4, memory: 8192, disk: '50G', tags: 'dev' },
  {
    vmid: 108,
    name: 'win11',
    node: 'pve3',
    cores: 4,
    memory: 8192,
    disk: '80G',
    more: { ostype: 'win11', machine: 'q35', bios: 'ovmf' },
  },
]

/** A container of the home cluster. */
export type Container = {
  readonly vmid: number
  readonly name: string
  readonly node: string
  readonly memory: number
  readonly disk: string
  readonly running?: boolean
  readonly tags?: string
  readonly pool?: string
  readonly more?: Section
}

/** The containers of the home cluster. */
export const containers: readonly Container[] = [
  {
    vmid: 200,
    name: 'dns',
    node: 'pve1',
    memory: 256,
    disk: '4G',
    running: true,
    tags: 'infra',
    pool: 'prod',
    more: { onboot: '1' },
  },
  { vmid: 201, name: 'proxy', node: 'pve1', memory: 512, disk: '8G', running: true, tags: 'web', pool: 'prod' },
  { vmid: 202, name: 'wiki', node: 'pve2', memory: 1024, disk: '8G', running: true, tags: 'web' },
  { vmid: 203, name: 'mqtt', node: 'pve3', memory: 256, disk: '4G', tags: 'iot' },
]
