import type { ConfigReader } from '../config-reader.ts'
import { type HclBlock, hclBlock, hclBlockIfAny } from '../hcl-text.ts'
import { CLOUD_INIT_TYPES, type Limits } from './provider-limits.ts'
import type { TellLoss } from './resource-export.ts'

interface Addresses {
  readonly ip?: string | undefined
  readonly gw?: string | undefined
  readonly ip6?: string | undefined
  readonly gw6?: string | undefined
}

/** One `ip_config` block; they are counted, so an interface without addresses has an empty one. */
export const ipConfigBlock = ({ ip, gw, ip6, gw6 }: Addresses): HclBlock =>
  hclBlock('ip_config', {}, [
    hclBlockIfAny('ipv4', { address: ip, gateway: gw }),
    hclBlockIfAny('ipv6', { address: ip6, gateway: gw6 }),
  ])

const ipConfigs = (config: ConfigReader, lose: TellLoss): readonly HclBlock[] =>
  config.numbered('ipconfig').flatMap(({ key, index }, position) => {
    if (index !== position) {
      lose(key, config.raw(key), 'the provider counts addresses without gaps, so this one is not written')
      return []
    }
    const own = config.properties(key)
    return [ipConfigBlock({ ip: own?.text('ip'), gw: own?.text('gw'), ip6: own?.text('ip6'), gw6: own?.text('gw6') })]
  })

export const dnsBlock = (config: ConfigReader): HclBlock | undefined =>
  hclBlockIfAny('dns', {
    domain: config.list('searchdomain')?.join(' '),
    servers: config.list('nameserver'),
  })

const accountBlock = (config: ConfigReader, lose: TellLoss): HclBlock | undefined => {
  if (config.has('cipassword')) {
    config.skip('cipassword')
    lose('cipassword', '(secret)', 'kept on the server; the server does not tell it, so it is not written')
  }
  return hclBlockIfAny('user_account', { username: config.text('ciuser'), keys: config.list('sshkeys') })
}

const WORDS = ['ciuser', 'cipassword', 'sshkeys', 'nameserver', 'searchdomain', 'cicustom', 'citype', 'ciupgrade']

/** The `initialization` block; without a cloud-init drive the settings have nowhere to go in the provider. */
export const initialization = (
  config: ConfigReader,
  drive: { readonly interface: string; readonly storage?: string } | undefined,
  lose: TellLoss,
  limits: Limits,
): HclBlock | undefined => {
  if (!drive) {
    for (const key of [...WORDS, ...config.numbered('ipconfig').map(({ key }) => key)])
      if (config.has(key))
        lose(
          key,
          key === 'cipassword' ? '(secret)' : config.raw(key),
          'the guest has no cloud-init drive, and the provider would add one',
        )
    config.skip(...WORDS, ...config.numbered('ipconfig').map(({ key }) => key))
    return undefined
  }
  const custom = config.properties('cicustom')
  return hclBlock(
    'initialization',
    {
      datastore_id: drive.storage,
      interface: drive.interface,
      type: limits.taken('citype', config.text('citype'), CLOUD_INIT_TYPES, 'initialization[0].type'),
      upgrade: config.flag('ciupgrade'),
      user_data_file_id: custom?.text('user'),
      network_data_file_id: custom?.text('network'),
      meta_data_file_id: custom?.text('meta'),
      vendor_data_file_id: custom?.text('vendor'),
    },
    [dnsBlock(config), ...ipConfigs(config, lose), accountBlock(config, lose)],
  )
}
