import { type ClusterNode, defineSlot, type World } from '../state/world.ts'

/** A network interface as GET /nodes/{node}/network shows it, without what the place in the list gives it. */
export type Interface = Readonly<Record<string, unknown>>
export type Interfaces = ReadonlyMap<string, Interface>

type NodeNetwork = { running: Interfaces; pending: Interfaces | undefined }

const networks = defineSlot(() => new Map<string, NodeNetwork>())

/** The interfaces of a node of which none are told. */
export const usualInterfaces = ({ ip }: ClusterNode): Interfaces =>
  new Map<string, Interface>([
    ['eno1', { type: 'eth', method: 'manual', method6: 'manual', families: ['inet'], active: 1 }],
    [
      'vmbr0',
      {
        type: 'bridge',
        method: 'static',
        method6: 'manual',
        families: ['inet'],
        active: 1,
        autostart: 1,
        address: ip,
        netmask: '24',
        cidr: `${ip}/24`,
        gateway: ip.replace(/\d+$/, '1'),
        bridge_ports: 'eno1',
        bridge_stp: 'off',
        bridge_fd: '0',
      },
    ],
  ])

const fresh = (node: ClusterNode): NodeNetwork => {
  const listed = [...node.network].map(([name, { iface: _, priority: __, ...rest }]) => [name, rest] as const)
  return { running: listed.length > 0 ? new Map(listed) : usualInterfaces(node), pending: undefined }
}

/** A node's interfaces: those that run, and those that wait to be applied. A node without any has one port and one bridge on it. */
export const nodeNetwork = (world: World, node: ClusterNode): NodeNetwork => {
  const known = networks(world).get(node.name)
  if (known !== undefined) return known
  const made = fresh(node)
  networks(world).set(node.name, made)
  return made
}

const line = (key: string, value: unknown): string => `\t${key.replaceAll('_', '-')} ${String(value)}\n`

const stanza = ([name, iface]: readonly [string, Interface]): string => {
  const method = String(iface['method'] ?? 'manual')
  const keys = ['cidr', 'gateway', 'bridge_ports', 'bridge_stp', 'bridge_fd', 'bridge_vlan_aware', 'mtu']
  const body = keys
    .filter((key) => iface[key] !== undefined)
    .map((key) => line(key === 'cidr' ? 'address' : key, iface[key]))
  return `${iface['autostart'] === 1 ? `auto ${name}\n` : ''}iface ${name} inet ${method}\n${body.join('')}\n`
}

/** The text of /etc/network/interfaces. */
export const interfacesText = (interfaces: Interfaces): string => [...interfaces].map(stanza).join('')
