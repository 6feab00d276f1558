import type { Call } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import type { Interface, Interfaces } from './interface-state.ts'

const NUMBERS = new Set(['autostart', 'bridge_vlan_aware'])
const NOT_KEPT = new Set([
  'node',
  'iface',
  'delete',
  'digest',
  'bridge-access',
  'skip_frr',
  'regenerate-frr',
  'cidr',
  'cidr6',
])

const words = (text: unknown): readonly string[] =>
  String(text ?? '')
    .split(/[\s,;]+/)
    .filter((word) => word !== '')

/** Bits of a netmask: `255.255.255.0` is 24. */
const bitsOf = (mask: string): string =>
  mask.includes('.')
    ? String(mask.split('.').reduce((sum, part) => sum + Number(part).toString(2).replaceAll('0', '').length, 0))
    : mask

const keptValue = (key: string, text: string): unknown => {
  if (NUMBERS.has(key)) return Number(text)
  if (key === 'netmask') return bitsOf(text)
  if (key === 'comments') return text === '' ? undefined : `${text.replace(/\n+$/, '')}\n`
  return key === 'bridge_vids' ? words(text).join(' ') : text
}

const addressOf = (call: Call, suffix: '' | '6'): Interface => {
  const cidr = call.params[`cidr${suffix}`]
  if (cidr === undefined) return {}
  for (const key of ['address', 'netmask'])
    if (call.has(`${key}${suffix}`)) raiseParam({ [`${key}${suffix}`]: `${key}${suffix} conflicts with cidr${suffix}` })
  const [address, netmask] = cidr.split('/')
  return { [`address${suffix}`]: address, [`netmask${suffix}`]: netmask }
}

/** What a request says of an interface, in the form in which it is kept. */
export const givenInterface = (call: Call): Interface => {
  if (call.has('bridge_vids') && words(call.text('bridge_vids')).length === 0)
    raiseParam({ bridge_vids: 'VLAN list items are empty' })
  const set = Object.entries(call.params).filter(([key]) => !NOT_KEPT.has(key))
  const params = Object.fromEntries(set.map(([key, value]) => [key, keptValue(key, value)]))
  return { ...params, ...addressOf(call, ''), ...addressOf(call, '6') }
}

/** An interface without the keys of a `delete` list: `cidr` stands for address and netmask. */
export const withoutKeys = (iface: Interface, keys: readonly string[]): Interface => {
  const gone = keys.flatMap((key) => {
    const suffix = /^cidr(6?)$/.exec(key)?.[1]
    return suffix === undefined ? [key] : [key, `address${suffix}`, `netmask${suffix}`]
  })
  return Object.fromEntries(Object.entries(iface).filter(([key]) => !gone.includes(key)))
}

const vlanParts = (name: string, iface: Interface): Interface => {
  const [, device, id] = /^(\S+)\.(\d+)$/.exec(name) ?? []
  if (device !== undefined) return { type: 'vlan', 'vlan-raw-device': device, 'vlan-id': id }
  const own = /^vlan(\d+)$/.exec(name)?.[1]
  return own !== undefined && iface['vlan-raw-device'] !== undefined ? { 'vlan-id': own } : {}
}

const usual: Readonly<Record<string, Interface>> = {
  bridge: { bridge_ports: '', bridge_stp: 'off', bridge_fd: '0' },
  bond: { bond_miimon: '100', bond_mode: 'balance-rr' },
}

const family = (iface: Interface, suffix: '' | '6'): Interface => {
  const [address, netmask] = [iface[`address${suffix}`], iface[`netmask${suffix}`]]
  if (address === undefined) return { [`method${suffix}`]: 'manual' }
  const whole = suffix === '' ? '32' : '128'
  return { [`method${suffix}`]: 'static', [`cidr${suffix}`]: `${String(address)}/${String(netmask ?? whole)}` }
}

/** An interface with everything that follows from what is told of it. */
export const completeInterface = (name: string, told: Interface): Interface => {
  const { cidr: _, cidr6: __, ...iface } = told
  const families = [
    ...(iface['address'] === undefined ? [] : ['inet']),
    ...(iface['address6'] === undefined ? [] : ['inet6']),
  ]
  return {
    ...usual[String(iface['type'])],
    ...(iface['bridge_vlan_aware'] === 1 ? { bridge_vids: '2-4094' } : {}),
    ...Object.fromEntries(Object.entries(iface).filter(([, value]) => value !== undefined)),
    ...vlanParts(name, iface),
    ...family(iface, ''),
    ...family(iface, '6'),
    families: families.length === 0 ? ['inet'] : families,
  }
}

const checkVlan = (interfaces: Interfaces, name: string, iface: Interface): void => {
  const parent = iface['vlan-raw-device']
  if (parent === undefined)
    raise('missing vlan-raw-device option at /usr/share/perl5/PVE/Network/Interfaces.pm line 954.')
  if (iface['vlan-id'] === undefined)
    raise('missing vlan-id option at /usr/share/perl5/PVE/Network/Interfaces.pm line 962.')
  if (Number(iface['vlan-id']) > 4094) raise(`vlan '${name}' - vlan-id ${String(iface['vlan-id'])} should be <= 4094`)
  const type = String(
    interfaces.get(String(parent))?.['type'] ?? raise(`vlan '${name}' - unable to find parent '${String(parent)}'`),
  )
  if (!/^(?:eth|bridge|bond|vlan)$/.test(type))
    raise(`vlan '${name}' - wrong interface type on parent '${String(parent)}' ('${type}' != 'eth|bond|bridge|vlan' )`)
}

/** Ends the request where the file could not be written with these interfaces. PVE source: __write_etc_network_interfaces. */
export const checkInterfaces = (interfaces: Interfaces): void => {
  for (const [name, iface] of interfaces) {
    if (iface['type'] === 'vlan') checkVlan(interfaces, name, iface)
    for (const slave of iface['type'] === 'bond' ? words(iface['slaves']) : [])
      if (!interfaces.has(slave)) raise(`bond '${name}' - unable to find slave '${slave}'`)
    for (const port of iface['type'] === 'bridge' ? words(iface['bridge_ports']) : [])
      if (!interfaces.has(port) && !/\.\d+$/.test(port))
        raise(`bridge '${name}' - unable to find bridge port '${port}'`)
  }
}

/** What a request may not say beside the other interfaces: a second gateway, a port that is taken, what is not installed. */
export const checkAgainst = (interfaces: Interfaces, name: string, given: Interface): void => {
  const others = [...interfaces].filter(([other]) => other !== name)
  for (const [key, text] of [
    ['gateway', 'Default gateway'],
    ['gateway6', 'Default ipv6 gateway'],
  ] as const) {
    const other = given[key] === undefined ? undefined : others.find(([, iface]) => iface[key] !== undefined)
    if (other !== undefined) raiseParam({ [key]: `${text} already exists on interface '${other[0]}'.` })
  }
  for (const key of ['bridge_ports', 'slaves'])
    for (const port of words(given[key])) {
      const other = others.find(([, iface]) =>
        [...words(iface['bridge_ports']), ...words(iface['slaves'])].includes(port),
      )
      if (other !== undefined) raiseParam({ [key]: `${port} is already used on interface '${other[0]}'.` })
    }
  if (String(given['type']).startsWith('OVS'))
    raise("Open VSwitch is not installed (need package 'openvswitch-switch')")
}
