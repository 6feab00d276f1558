import { readConfig } from '../config-reader.ts'
import type { ExportedGuest, Loss } from '../export.ts'
import { ABSENT, anyDiffers } from './guard.ts'
import { type GuestTasks, LEFT, stateTasks, type Task } from './guest-tasks.ts'
import { driveTasks, networkTasks } from './vm-drives.ts'
import { vmOptions } from './vm-options.ts'

const NOT_CONFIGURATION = [
  'vmgenid',
  'meta',
  'parent',
  'lock',
  'digest',
  'snaptime',
  'template',
  'name',
  'bootdisk',
  'smp',
]

/** A virtual machine in small, guarded steps: create, set, disks, network, then its state. */
export const vmTasks = ({ address, guest }: ExportedGuest): GuestTasks => {
  const losses: Loss[] = []
  const lose = (key: string, value: string | undefined, consequence: string) =>
    losses.push({ address, key, value: value ?? '', consequence })
  const config = readConfig(guest)
  config.skip(...NOT_CONFIGURATION)
  if (config.has('cipassword')) {
    config.skip('cipassword')
    lose('cipassword', '(secret)', LEFT)
  }
  const { options, texts } = vmOptions(config, lose)
  const drives = driveTasks(config, guest.vmid)
  const at = { vmid: guest.vmid, node: guest.node }
  const nics = networkTasks(config, guest.vmid, lose)
  const create: Task = {
    name: 'Create it',
    module: 'proxmox_kvm',
    options: { ...at, state: 'present', name: guest.name, pool: guest.pool, ...options, ...drives.onCreate },
    when: ABSENT,
  }
  const update: Task = {
    name: 'Settings',
    module: 'proxmox_kvm',
    options: { ...at, state: 'present', update: true, name: guest.name, ...options },
    when: anyDiffers(new Map([['name', guest.current['name'] ?? guest.name], ...texts])),
  }
  for (const { name, value } of config.left()) lose(name, value, LEFT)
  return { tasks: [create, update, ...drives.tasks, ...nics, ...stateTasks(guest, 'proxmox_kvm')], losses }
}
