import { type ConfigReader, readConfig } from '../config-reader.ts'
import type { ExportedGuest, Loss } from '../export.ts'
import { type HclBlock, type HclValue, hclBlock, hclBlockIfAny } from '../hcl-text.ts'
import { initialization } from './cloud-init.ts'
import { CPU_TYPES, HOTPLUG, type Limits, MACHINES, providerLimits } from './provider-limits.ts'
import { IGNORED, type ResourceExport, type TellLoss, WIPED } from './resource-export.ts'
import { networkDevices, otherDevices } from './vm-devices.ts'
import { type Drives, drivesOf, efiDisk, tpmState, unreadableDrive } from './vm-storage.ts'

/** Keys of the server's own, and those that mean the same whether written or not. */
const NOT_CONFIGURATION = ['vmgenid', 'meta', 'parent', 'lock', 'digest', 'snaptime', 'template', 'bootdisk', 'smp']

const cpuBlock = (config: ConfigReader, limits: Limits): HclBlock => {
  const cpu = config.properties('cpu')
  return hclBlock('cpu', {
    type: limits.taken('cpu.cputype', cpu?.text('cputype') ?? 'kvm64', CPU_TYPES, 'cpu[0].type'),
    cores: config.number('cores') ?? 1,
    sockets: config.number('sockets') ?? 1,
    flags: cpu?.text('flags')?.split(/[;\s]+/),
    units: config.number('cpuunits'),
    limit: config.number('cpulimit'),
    hotplugged: config.number('vcpus'),
    numa: config.flag('numa'),
    affinity: config.text('affinity'),
    architecture: config.text('arch'),
  })
}

const memoryBlock = (config: ConfigReader): HclBlock =>
  hclBlock('memory', {
    dedicated: config.number('memory') ?? 512,
    floating: config.number('balloon') ?? 0,
    hugepages: config.text('hugepages'),
    keep_hugepages: config.flag('keephugepages'),
  })

/** Waiting for addresses would hold every refresh for up to 15 minutes. An agent that is off does not stand in the provider's state. */
const agentBlock = (config: ConfigReader): HclBlock | undefined => {
  const agent = config.properties('agent')
  const enabled = agent?.flag('enabled') ?? false
  const [trim, type] = [agent?.flag('fstrim_cloned_disks'), agent?.text('type')]
  if (!enabled && trim !== true && (type ?? 'virtio') === 'virtio') return undefined
  return hclBlock('agent', { enabled, trim, type }, [hclBlock('wait_for_ip', { disabled: true })])
}

const startupBlock = (config: ConfigReader): HclBlock | undefined => {
  const startup = config.properties('startup')
  return (
    startup &&
    hclBlockIfAny('startup', {
      order: startup.number('order'),
      up_delay: startup.number('up'),
      down_delay: startup.number('down'),
    })
  )
}

const SMBIOS = ['family', 'manufacturer', 'product', 'serial', 'version'] as const

const smbiosBlock = (config: ConfigReader): HclBlock | undefined => {
  const smbios = config.properties('smbios1')
  if (!smbios) return undefined
  const encoded = smbios.flag('base64') === true
  const plain = (text: string | undefined): string | undefined =>
    text !== undefined && encoded ? Buffer.from(text, 'base64').toString() : text
  return hclBlock('smbios', {
    uuid: smbios.text('uuid'),
    ...Object.fromEntries(SMBIOS.map((name) => [name, plain(smbios.text(name))])),
  })
}

const sevBlock = (config: ConfigReader): HclBlock | undefined => {
  const sev = config.properties('amd-sev')
  if (!sev) return undefined
  return hclBlock('amd_sev', {
    type: sev.text('type'),
    allow_smt: sev.flag('allow-smt'),
    kernel_hashes: sev.flag('kernel-hashes'),
    no_debug: sev.flag('no-debug'),
    no_key_sharing: sev.flag('no-key-sharing'),
  })
}

const bootOrder = (config: ConfigReader): readonly string[] | undefined =>
  config.properties('boot')?.text('order')?.split(';').filter(Boolean)

/** Every attribute whose default in the provider differs from PVE's is written, so that an import finds no difference. */
const attributesOf = (
  { guest }: ExportedGuest,
  config: ConfigReader,
  limits: Limits,
): Record<string, HclValue | undefined> => ({
  node_name: guest.node,
  vm_id: guest.vmid,
  name: config.text('name'),
  description: config.text('description'),
  tags: config.list('tags'),
  pool_id: guest.pool,
  template: guest.template ? true : undefined,
  started: guest.status === 'running' || guest.status === 'paused',
  on_boot: config.flag('onboot') ?? false,
  protection: config.flag('protection') ?? false,
  bios: config.text('bios') ?? 'seabios',
  machine: limits.taken('machine', config.raw('machine'), MACHINES, 'machine'),
  scsi_hardware: config.text('scsihw') ?? 'lsi',
  boot_order: bootOrder(config),
  keyboard_layout: config.text('keyboard'),
  tablet_device: config.flag('tablet') ?? true,
  acpi: config.flag('acpi') ?? true,
  hotplug: limits.taken('hotplug', config.raw('hotplug'), HOTPLUG, 'hotplug'),
  hook_script_file_id: config.text('hookscript'),
  kvm_arguments: config.text('args'),
})

/** What the provider would otherwise choose to our cost. */
const SAFETY: Readonly<Record<string, HclValue>> = {
  migrate: true,
  reboot_after_update: false,
  purge_on_destroy: true,
  delete_unreferenced_disks_on_destroy: false,
}

const word = (expression: string): HclValue => ({ expression })

/** Differences that come from what an import does not read, or the server does not tell. */
const lifecycle = (
  guest: ExportedGuest,
  { disks, cdroms, cloudInit }: Drives,
  config: ConfigReader,
  limits: Limits,
): HclBlock => {
  const unread = { smbios1: 'smbios', tpmstate0: 'tpm_state', audio0: 'audio_device[0].driver' }
  const ignored = [
    'clone',
    ...Object.entries(unread).flatMap(([key, name]) => (config.has(key) ? [name] : [])),
    ...(cdroms.length > 0 ? ['cdrom'] : []),
    ...(config.has('keyboard') ? [] : ['keyboard_layout']),
    ...(config.has('vga') && config.properties('vga')?.number('memory') === undefined ? ['vga[0].memory'] : []),
    ...disks.flatMap((_, at) => [`disk[${at}].file_id`, `disk[${at}].import_from`]),
    ...(cloudInit ? ['user', 'network', 'meta', 'vendor'].map((name) => `initialization[0].${name}_data_file_id`) : []),
    ...(cloudInit ? ['initialization[0].user_account'] : []),
    ...limits.ignored(),
  ]
  const kept = guest.preventDestroy || config.flag('protection') === true
  return hclBlock('lifecycle', {
    prevent_destroy: kept ? true : undefined,
    ignore_changes: ignored.map(word),
  })
}

const UNUSED = /^unused\d+$/

const consequenceOf = (name: string): string => {
  if (UNUSED.test(name)) return 'the volume stays; the provider does not see it'
  if (name === 'ivshmem') return 'the provider does not read it back; writing it would differ for ever'
  if (name.startsWith('agent.')) return 'kept on the server; changes of the agent are ignored, which would wipe this'
  return name.includes('.') ? WIPED : IGNORED
}

/** A virtual machine as `proxmox_virtual_environment_vm` (provider bpg/proxmox 0.111). */
export const exportVm = (exported: ExportedGuest, name: string): ResourceExport => {
  const losses: Loss[] = []
  const lose: TellLoss = (key, value, consequence) =>
    losses.push({ address: exported.address, key, value: String(value ?? ''), consequence })
  const config = readConfig(exported.guest)
  config.skip(...NOT_CONFIGURATION)
  const network = networkDevices(config)
  const drives = drivesOf(config, lose)
  const ostype = config.text('ostype')
  const limits = providerLimits(lose)
  const blocks = [
    cpuBlock(config, limits),
    memoryBlock(config),
    agentBlock(config),
    hclBlock('operating_system', { type: ostype ?? 'other' }),
    startupBlock(config),
    smbiosBlock(config),
    sevBlock(config),
    efiDisk(config),
    tpmState(config),
    ...drives.disks,
    ...drives.cdroms,
    ...network.blocks,
    initialization(config, drives.cloudInit, lose, limits),
    ...otherDevices(config, lose, limits),
  ]
  const type = 'proxmox_virtual_environment_vm'
  const attributes = { ...attributesOf(exported, config, limits), ...SAFETY }
  const left = config.left()
  for (const { name: key, value } of left) lose(key, value, consequenceOf(key))
  // The provider rewrites the agent for its own setting, at the first apply.
  if (left.some(({ name: key }) => key.startsWith('agent.'))) limits.ignore('agent')
  const block = hclBlock('resource', attributes, [...blocks, lifecycle(exported, drives, config, limits)], [type, name])
  const refusal = network.refusal ?? unreadableDrive(config)
  return { type, block, losses, ...(refusal !== undefined && { refusal }) }
}
