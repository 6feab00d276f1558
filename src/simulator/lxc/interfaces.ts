import type { Call } from '../api/call.ts'
import type { Guest } from '../state/guest.ts'
import type { World } from '../state/world.ts'
import { containerOf } from './config.ts'
import { parseNetwork } from './network.ts'
import { reacts } from './runtime.ts'

type Address = { readonly 'ip-address': string; readonly prefix: string; readonly 'ip-address-type': 'inet' | 'inet6' }

const split = (text: string, type: Address['ip-address-type']): Address => {
  const [address = '', prefix = ''] = text.split('/')
  return { 'ip-address': address, prefix, 'ip-address-type': type }
}

const entry = (name: string, mac: string, inet: string | undefined, inet6: string | undefined) => ({
  name,
  hwaddr: mac,
  'hardware-address': mac,
  'ip-addresses': [
    ...(inet === undefined ? [] : [split(inet, 'inet')]),
    ...(inet6 === undefined ? [] : [split(inet6, 'inet6')]),
  ],
  ...(inet === undefined ? {} : { inet }),
  ...(inet6 === undefined ? {} : { inet6 }),
})

const linkLocal = (mac: string): string => {
  const [a = '0', b = '0', c = '0', d = '0', e = '0', f = '0'] = mac.split(':')
  const first = (Number.parseInt(a, 16) ^ 2).toString(16)
  const word = (high: string, low: string): string => Number.parseInt(high + low, 16).toString(16)
  return `fe80::${word(first, b)}:${word(c, 'ff')}:${word('fe', d)}:${word(e, f)}/64`
}

const leased = (world: World, guest: Guest, index: number): string => {
  const prefix = (world.nodes.get(guest.node)?.ip ?? '10.0.0.1').split('.').slice(0, 3).join('.')
  return `${prefix}.${100 + ((guest.vmid + index) % 150)}/24`
}

/** The addresses a container that has booted carries: those of its configuration, and what DHCP would give. */
const addressOf = (world: World, guest: Guest, index: number, ip: string | undefined): string | undefined => {
  if (ip === undefined || ip === 'manual') return undefined
  return ip === 'dhcp' ? leased(world, guest, index) : ip
}

/** GET interfaces: nothing for a stopped container. Seen on PVE 9.2: one whose init does not run has devices without addresses. */
export const readInterfaces = (call: Call): unknown => {
  const guest = containerOf(call)
  const { world } = call
  if (!guest.running) return null
  const booted = reacts(world, guest)
  const devices = Object.keys(guest.config)
    .filter((key) => /^net\d+$/.test(key))
    .sort()
    .map((key, index) => {
      const parts = parseNetwork(guest.config[key] as string)
      const mac = (parts['hwaddr'] ?? '').toLowerCase()
      const inet = booted ? addressOf(world, guest, index, parts['ip']) : undefined
      return entry(parts['name'] ?? key, mac, inet, booted && mac !== '' ? linkLocal(mac) : undefined)
    })
  const loopback = booted ? entry('lo', '00:00:00:00:00:00', '127.0.0.1/8', '::1/128') : undefined
  return [loopback ?? entry('lo', '00:00:00:00:00:00', undefined, undefined), ...devices]
}
