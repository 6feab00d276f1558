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

const bridgeLines = (iface: Interface): readonly string[] => [
  `bridge-ports ${String(iface['bridge_ports'] || 'none')}`,
  `bridge-stp ${String(iface['bridge_stp'] ?? 'off')}`,
  `bridge-fd ${String(iface['bridge_fd'] ?? '0')}`,
  ...(iface['bridge_vlan_aware'] === 1
    ? ['bridge-vlan-aware yes', `bridge-vids ${String(iface['bridge_vids'] ?? '2-4094')}`]
    : []),
]

const bondLines = (iface: Interface): readonly string[] => [
  `bond-slaves ${String(iface['slaves'] || 'none')}`,
  `bond-miimon ${String(iface['bond_miimon'] ?? '100')}`,
  `bond-mode ${String(iface['bond_mode'] ?? 'balance-rr')}`,
]

const ofType = (name: string, iface: Interface): readonly string[] => {
  if (iface['type'] === 'bridge') return bridgeLines(iface)
  if (iface['type'] === 'bond') return bondLines(iface)
  const raw = iface['type'] === 'vlan' && !/\.\d+$/.test(name) ? iface['vlan-raw-device'] : undefined
  return raw === undefined ? [] : [`vlan-raw-device ${String(raw)}`]
}

const block = (name: string, iface: Interface, suffix: '' | '6', first: boolean): string => {
  const of = (key: string): unknown => iface[`${key}${suffix}`]
  const lines = [
    ...(of('cidr') === undefined ? [] : [`address ${String(of('cidr'))}`]),
    ...(of('gateway') === undefined ? [] : [`gateway ${String(of('gateway'))}`]),
    ...(first ? ofType(name, iface) : []),
    ...(first && iface['mtu'] !== undefined ? [`mtu ${String(iface['mtu'])}`] : []),
  ]
  const comments = first && iface['comments'] !== undefined ? String(iface['comments']).trimEnd().split('\n') : []
  const body = [...lines.map((line) => `\t${line}\n`), ...comments.map((line) => `#${line}\n`)].join('')
  return `iface ${name} inet${suffix} ${String(of('method') ?? 'manual')}\n${body}\n`
}

const stanza = ([name, iface]: readonly [string, Interface]): string => {
  const families = (iface['families'] as readonly string[] | undefined) ?? ['inet']
  const blocks = families.map((each, index) => block(name, iface, each === 'inet6' ? '6' : '', index === 0))
  return `${iface['autostart'] === 1 ? `auto ${name}\n` : ''}${blocks.join('')}`
}

/** The text of /etc/network/interfaces. */
export const interfacesText = (interfaces: Interfaces): string => [...interfaces].map(stanza).join('')
