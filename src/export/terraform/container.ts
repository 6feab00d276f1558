import { type ConfigReader, type PropertyReader, readConfig } from '../config-reader.ts'
import type { ExportedGuest, Loss } from '../export.ts'
import { type HclBlock, type HclValue, hclBlock, hclBlockIfAny } from '../hcl-text.ts'
import { dnsBlock, ipConfigBlock } from './cloud-init.ts'
import { IGNORED, type ResourceExport, type TellLoss, WIPED } from './resource-export.ts'
import { gapIn } from './vm-devices.ts'
import { wholeGib } from './vm-storage.ts'

const NOT_CONFIGURATION = ['lock', 'digest', 'parent', 'snaptime', 'template']

const options = (text: string | undefined): readonly string[] | undefined => text?.split(/[;\s]+/).filter(Boolean)

const rootDisk = (config: ConfigReader, lose: TellLoss): HclBlock | undefined => {
  const root = config.properties('rootfs')
  root?.skip('volume', 'format')
  return (
    root &&
    hclBlock('disk', {
      datastore_id: root.text('storage'),
      size: wholeGib('rootfs', root.text('size'), lose),
      acl: root.flag('acl'),
      quota: root.flag('quota'),
      replicate: root.flag('replicate'),
      mount_options: options(root.text('mountoptions')),
    })
  )
}

const mountPoint = (point: PropertyReader): HclBlock => {
  point.skip('storage', 'format')
  return hclBlock('mount_point', {
    volume: point.text('volume'),
    path: point.text('mp'),
    size: point.text('size'),
    acl: point.flag('acl'),
    backup: point.flag('backup'),
    quota: point.flag('quota'),
    read_only: point.flag('ro'),
    replicate: point.flag('replicate'),
    shared: point.flag('shared'),
    mount_options: options(point.text('mountoptions')),
  })
}

interface Network {
  readonly interfaces: readonly HclBlock[]
  readonly addresses: readonly HclBlock[]
}

const networkOf = (config: ConfigReader): Network => {
  const slots = config.numbered('net').flatMap(({ key }) => config.properties(key) ?? [])
  return {
    interfaces: slots.map((nic) => {
      nic.skip('type')
      return hclBlock('network_interface', {
        name: nic.text('name'),
        bridge: nic.text('bridge'),
        mac_address: nic.text('hwaddr'),
        vlan_id: nic.number('tag'),
        firewall: nic.flag('firewall') ?? false,
        host_managed: nic.flag('host-managed'),
        mtu: nic.number('mtu'),
        rate_limit: nic.number('rate'),
      })
    }),
    addresses: slots.map((nic) =>
      ipConfigBlock({ ip: nic.text('ip'), gw: nic.text('gw'), ip6: nic.text('ip6'), gw6: nic.text('gw6') }),
    ),
  }
}

const networkRefusal = (config: ConfigReader): string | undefined => {
  const gap = gapIn(config, 'net', 10)
  if (gap !== undefined) return gap
  const loose = config.numbered('net').find(({ key }) => config.properties(key)?.text('bridge') === undefined)
  return loose && `${loose.key} has no bridge, and the provider would put it on vmbr0.`
}

const features = (config: ConfigReader): HclBlock | undefined => {
  const own = config.properties('features')
  return (
    own &&
    hclBlockIfAny('features', {
      nesting: own.flag('nesting'),
      keyctl: own.flag('keyctl'),
      fuse: own.flag('fuse'),
      mknod: own.flag('mknod'),
      mount: options(own.text('mount')),
    })
  )
}

const startup = (config: ConfigReader): HclBlock | undefined => {
  const own = config.properties('startup')
  return (
    own &&
    hclBlockIfAny('startup', {
      order: own.number('order'),
      up_delay: own.number('up'),
      down_delay: own.number('down'),
    })
  )
}

const devices = (config: ConfigReader): readonly HclBlock[] =>
  config.numbered('dev').flatMap(({ key }) => {
    const device = config.properties(key)
    if (!device) return []
    return [
      hclBlock('device_passthrough', {
        path: device.text('path'),
        deny_write: device.flag('deny-write'),
        gid: device.number('gid'),
        mode: device.text('mode'),
        uid: device.number('uid'),
      }),
    ]
  })

const attributesOf = ({ guest }: ExportedGuest, config: ConfigReader): Record<string, HclValue | undefined> => ({
  node_name: guest.node,
  vm_id: guest.vmid,
  description: config.text('description'),
  tags: config.list('tags'),
  template: guest.template ? true : undefined,
  started: guest.status === 'running',
  start_on_boot: config.flag('onboot') ?? false,
  protection: config.flag('protection') ?? false,
  unprivileged: config.flag('unprivileged') ?? false,
  hook_script_file_id: config.text('hookscript'),
})

/** What is as the provider has it by default does not stand in its state, and a block would be a difference. */
const cpuBlock = (config: ConfigReader): HclBlock | undefined => {
  const [architecture, cores] = [config.text('arch') ?? 'amd64', config.number('cores') ?? 1]
  const [limit, units] = [config.number('cpulimit'), config.number('cpuunits')]
  const isDefault = architecture === 'amd64' && cores === 1 && (limit ?? 0) === 0 && units === undefined
  return isDefault ? undefined : hclBlock('cpu', { architecture, cores, limit, units })
}

const computeBlocks = (config: ConfigReader): readonly (HclBlock | undefined)[] => [
  cpuBlock(config),
  hclBlock('memory', { dedicated: config.number('memory') ?? 512, swap: config.number('swap') ?? 512 }),
  // An import puts this one into the state even where it is as by default.
  hclBlock('console', {
    enabled: config.flag('console') ?? true,
    tty_count: config.number('tty') ?? 2,
    type: config.text('cmode') ?? 'tty',
  }),
]

/**
 * The archive a container was made from is not known any more, an import reads neither its pool nor its VMID, and the provider replaces a container for almost
 * every change of these, or of a mount point: all are left alone.
 */
const lifecycle = (exported: ExportedGuest, config: ConfigReader): HclBlock =>
  hclBlock('lifecycle', {
    prevent_destroy: exported.preventDestroy || config.flag('protection') === true ? true : undefined,
    ignore_changes: [
      'clone',
      'operating_system',
      'pool_id',
      'vm_id',
      'initialization[0].user_account',
      ...(config.has('cores') ? [] : ['cpu']),
      ...(config.numbered('mp').length > 0 ? ['mount_point'] : []),
    ].map((expression) => ({ expression })),
  })

const tellAbsent = (config: ConfigReader, lose: TellLoss): void => {
  config.text('ostype')
  if (!config.has('cores'))
    lose(
      'cores',
      '(not set)',
      'the container has every core now; the provider knows no such thing, so changes of cpu are ignored',
    )
  const mounts = config.numbered('mp').map(({ key }) => key)
  if (mounts.length > 0)
    lose(
      mounts.join(', '),
      '(mount points)',
      'changes are ignored: the provider would replace the container, with its data',
    )
}

/** A container as `proxmox_virtual_environment_container` (provider bpg/proxmox 0.111). */
export const exportContainer = (exported: ExportedGuest, name: string): ResourceExport => {
  const losses: Loss[] = []
  const lose: TellLoss = (key, value, consequence) =>
    losses.push({ address: exported.address, key, value: String(value ?? ''), consequence })
  const config = readConfig(exported.guest)
  config.skip(...NOT_CONFIGURATION)
  const refusal = networkRefusal(config)
  tellAbsent(config, lose)
  if (exported.guest.pool !== undefined)
    lose('(pool)', exported.guest.pool, 'kept on the server; the provider would replace the container to set it')
  const network = networkOf(config)
  const environment = config.list('env')
  if (environment) lose('env', environment.join(' '), IGNORED)
  const blocks = [
    ...computeBlocks(config),
    rootDisk(config, lose),
    ...config.numbered('mp').flatMap(({ key }) => {
      const point = config.properties(key)
      return point ? [mountPoint(point)] : []
    }),
    features(config),
    hclBlockIfAny('initialization', { hostname: config.text('hostname'), entrypoint: config.text('entrypoint') }, [
      dnsBlock(config),
      ...network.addresses,
    ]),
    ...network.interfaces,
    ...devices(config),
    startup(config),
    lifecycle(exported, config),
  ]
  const type = 'proxmox_virtual_environment_container'
  const block = hclBlock('resource', attributesOf(exported, config), blocks, [type, name])
  for (const { name: key, value } of config.left()) lose(key, value, key.includes('.') ? WIPED : IGNORED)
  return { type, block, losses, ...(refusal !== undefined && { refusal }) }
}
