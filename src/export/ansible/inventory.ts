import { kindOfType } from '../../kinds/registry.ts'
import type { Address } from '../../resource/address.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { readConfig } from '../config-reader.ts'
import type { ExportedGuest } from '../export.ts'
import type { YamlValue } from './yaml-text.ts'

/** A group's name: Ansible takes letters, digits and underscores. */
const groupName = (prefix: string, text: string): string => `${prefix}_${text.replaceAll(/[^A-Za-z0-9_]+/g, '_')}`

const usable = (address: string | undefined): string | undefined => {
  const host = address?.split('/')[0]
  return host !== undefined && /^[0-9a-f.:]+$/i.test(host) && /[.:]/.test(host) ? host : undefined
}

/** The first fixed address the configuration tells; undefined where addresses come by DHCP. */
export const addressOf = (guest: ObservedGuest): string | undefined => {
  const config = readConfig(guest)
  const slots = config.numbered(kindOfType(guest.type).addresses.configured).map(({ key }) => config.properties(key))
  const first = (name: string) => slots.map((slot) => usable(slot?.text(name))).find((address) => address !== undefined)
  return first('ip') ?? first('ip6')
}

const tagsOf = (guest: ObservedGuest): readonly string[] => readConfig(guest).list('tags') ?? []

const groupsOf = (guest: ObservedGuest): readonly string[] => [
  groupName('kind', kindOfType(guest.type).name),
  groupName('node', guest.node),
  ...(guest.pool === undefined ? [] : [groupName('pool', guest.pool)]),
  ...tagsOf(guest).map((tag) => groupName('tag', tag)),
  ...(guest.template ? ['templates'] : []),
]

const hostOf = ({ guest, address }: ExportedGuest): YamlValue => ({
  ansible_host: addressOf(guest),
  mpc_address: address,
  proxmox_node: guest.node,
  proxmox_vmid: guest.vmid,
})

/** Hosts with their addresses, and groups by kind, node, pool and tag, all sorted. */
export const inventory = (guests: readonly ExportedGuest[], names: ReadonlyMap<Address, string>): YamlValue => {
  const groups = new Map<string, string[]>()
  for (const { address, guest } of guests)
    for (const group of groupsOf(guest)) {
      const hosts = groups.get(group) ?? []
      groups.set(group, [...hosts, names.get(address) ?? address])
    }
  const children = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, hosts]) => [group, { hosts: Object.fromEntries(hosts.map((host) => [host, {}])) }])
  return {
    all: {
      hosts: Object.fromEntries(guests.map((one) => [names.get(one.address) ?? one.address, hostOf(one)])),
      children: Object.fromEntries(children),
    },
  }
}
