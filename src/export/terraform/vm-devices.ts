import type { ConfigReader, PropertyReader } from '../config-reader.ts'
import { type HclBlock, hclBlock } from '../hcl-text.ts'
import { AUDIO_DRIVERS, type Limits } from './provider-limits.ts'
import type { TellLoss } from './resource-export.ts'

const MODELS = new Set(['e1000', 'e1000e', 'rtl8139', 'virtio', 'vmxnet3'])

/** Why the guest's numbered devices cannot be written as the lists the provider has; undefined when they can. */
export const gapIn = (config: ConfigReader, stem: string, most = Number.POSITIVE_INFINITY): string | undefined => {
  const slots = config.numbered(stem)
  const gap = slots.find(({ index }, position) => index !== position)
  if (gap)
    return `it has ${gap.key} but no ${stem}${slots.indexOf(gap)}, and the provider counts these devices without gaps: it would rename or remove one.`
  return slots.length > most ? `it has ${slots.length} ${stem} devices, and the provider knows ${most}.` : undefined
}

const networkBlock = (nic: PropertyReader): HclBlock =>
  hclBlock('network_device', {
    bridge: nic.text('bridge'),
    model: nic.text('model'),
    mac_address: nic.text('macaddr'),
    vlan_id: nic.number('tag'),
    firewall: nic.flag('firewall') ?? false,
    disconnected: nic.flag('link_down'),
    mtu: nic.number('mtu'),
    queues: nic.number('queues'),
    rate_limit: nic.number('rate'),
    trunks: nic.text('trunks'),
  })

/** Network devices, or why they cannot be written. */
export const networkDevices = (
  config: ConfigReader,
): { readonly blocks: readonly HclBlock[]; readonly refusal?: string } => {
  const slots = config.numbered('net')
  const refusal = gapIn(config, 'net')
  if (refusal !== undefined) return { blocks: [], refusal }
  for (const { key } of slots) {
    const nic = config.properties(key)
    const model = nic?.text('model') ?? ''
    if (!MODELS.has(model)) return { blocks: [], refusal: `the provider knows no network model "${model}" (${key}).` }
    if (nic?.text('bridge') === undefined)
      return { blocks: [], refusal: `${key} has no bridge, and the provider would put it on vmbr0.` }
  }
  return {
    blocks: slots.flatMap(({ key }) => {
      const nic = config.properties(key)
      return nic ? [networkBlock(nic)] : []
    }),
  }
}

const each = (
  config: ConfigReader,
  stem: string,
  make: (key: string, device: PropertyReader) => HclBlock,
): readonly HclBlock[] =>
  config.numbered(stem).flatMap(({ key }) => {
    const device = config.properties(key)
    return device ? [make(key, device)] : []
  })

const usbBlocks = (config: ConfigReader, lose: TellLoss): readonly HclBlock[] => {
  const refusal = gapIn(config, 'usb', 4)
  if (refusal === undefined)
    return each(config, 'usb', (_key, usb) =>
      hclBlock('usb', { host: usb.text('host'), mapping: usb.text('mapping'), usb3: usb.flag('usb3') }),
    )
  for (const { key } of config.numbered('usb')) lose(key, config.raw(key), `not written: ${refusal}`)
  return []
}

const serialBlocks = (config: ConfigReader, lose: TellLoss): readonly HclBlock[] => {
  const refusal = gapIn(config, 'serial')
  return config.numbered('serial').flatMap(({ key }) => {
    const device = config.text(key)
    if (refusal === undefined) return [hclBlock('serial_device', { device })]
    lose(key, device, `not written: ${refusal}`)
    return []
  })
}

const vgaBlock = (config: ConfigReader): HclBlock | undefined => {
  const vga = config.properties('vga')
  return (
    vga && hclBlock('vga', { type: vga.text('type'), memory: vga.number('memory'), clipboard: vga.text('clipboard') })
  )
}

const single = (config: ConfigReader, key: string, make: (device: PropertyReader) => HclBlock): readonly HclBlock[] => {
  const device = config.properties(key)
  return device ? [make(device)] : []
}

/** Devices besides disks and network. */
export const otherDevices = (config: ConfigReader, lose: TellLoss, limits: Limits): readonly HclBlock[] => [
  ...single(config, 'audio0', (audio) =>
    hclBlock('audio_device', {
      device: audio.text('device'),
      driver: limits.taken('audio0.driver', audio.text('driver'), AUDIO_DRIVERS, 'audio_device'),
    }),
  ),
  ...each(config, 'hostpci', (key, pci) =>
    hclBlock('hostpci', {
      device: key,
      id: pci.text('host'),
      mapping: pci.text('mapping'),
      mdev: pci.text('mdev'),
      pcie: pci.flag('pcie'),
      rombar: pci.flag('rombar') ?? true,
      rom_file: pci.text('romfile'),
      xvga: pci.flag('x-vga'),
    }),
  ),
  ...each(config, 'numa', (key, numa) =>
    hclBlock('numa', {
      device: key,
      cpus: numa.text('cpus'),
      memory: numa.number('memory'),
      hostnodes: numa.text('hostnodes'),
      policy: numa.text('policy'),
    }),
  ),
  ...single(config, 'rng0', (rng) =>
    hclBlock('rng', {
      source: rng.text('source'),
      max_bytes: rng.number('max_bytes'),
      period: rng.number('period'),
    }),
  ),
  ...serialBlocks(config, lose),
  ...usbBlocks(config, lose),
  ...[vgaBlock(config)].filter((block) => block !== undefined),
  ...each(config, 'virtiofs', (_key, share) =>
    hclBlock('virtiofs', {
      mapping: share.text('dirid'),
      cache: share.text('cache'),
      direct_io: share.flag('direct-io'),
      expose_acl: share.flag('expose-acl'),
      expose_xattr: share.flag('expose-xattr'),
    }),
  ),
  ...single(config, 'watchdog', (dog) =>
    hclBlock('watchdog', { enabled: true, model: dog.text('model'), action: dog.text('action') }),
  ),
]
