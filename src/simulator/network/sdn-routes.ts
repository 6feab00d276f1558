import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import type { FileSection } from '../state/section-text.ts'
import { type SdnFamily, sdnObjectRoutes } from './sdn-objects.ts'
import { applySdn, sdnState } from './sdn-state.ts'

const NEEDS: Readonly<Record<string, readonly string[]>> = {
  vlan: ['bridge'],
  qinq: ['bridge', 'tag'],
  evpn: ['controller', 'vrf-vxlan'],
}

const refuseZone = (_: Call, section: FileSection): void => {
  const missing = (NEEDS[section['type'] ?? ''] ?? []).find((key) => section[key] === undefined)
  if (missing !== undefined) raise(`missing value for required option '${missing}'`)
}

const zones: SdnFamily = {
  kind: 'zones',
  path: '/cluster/sdn/zones',
  idName: 'zone',
  noun: 'zone',
  ofList: (call, section) => !call.has('type') || section['type'] === call.text('type'),
  refuseDelete: (call, id) => {
    const user = Object.entries(sdnState(call.world).config.vnets).find(([, { zone }]) => zone === id)
    if (user !== undefined)
      raise(`zone ${id} is used by vnet ${user[0]} at /usr/share/perl5/PVE/Network/SDN/Zones/Plugin.pm line 149.`)
  },
}

const vnets: SdnFamily = {
  kind: 'vnets',
  path: '/cluster/sdn/vnets',
  idName: 'vnet',
  noun: 'vnet',
  refuseChange: (call, section) => {
    const zone = sdnState(call.world).config.zones[section['zone'] ?? '']
    if (zone === undefined)
      return raise('cannot lookup undefined type! at /usr/share/perl5/PVE/API2/Network/SDN/Vnets.pm line 326.')
    if (zone['type'] === 'simple' && section['tag'] !== undefined)
      raiseParam({ tag: 'vlan tag is not allowed on simple zone' })
    if (zone['type'] !== 'simple' && section['tag'] === undefined) raiseParam({ tag: 'missing vlan tag' })
  },
  refuseDelete: (call, id) => {
    if (Object.values(sdnState(call.world).config.subnets).some(({ vnet }) => vnet === id))
      raiseParam({ vnet: "Can't delete vnet if subnets exists" })
  },
}

const zoneOfVnet = (call: Call, vnet: string): string => {
  const { config, running } = sdnState(call.world)
  return (config.vnets[vnet] ?? running.vnets[vnet])?.['zone'] ?? ''
}

const subnets: SdnFamily = {
  kind: 'subnets',
  path: '/cluster/sdn/vnets/{vnet}/subnets',
  idName: 'subnet',
  noun: 'subnet',
  idOf: (call) => `${zoneOfVnet(call, call.text('vnet'))}-${call.text('subnet').replace('/', '-')}`,
  ofList: (call, section) => section['vnet'] === call.text('vnet'),
  more: (call, id, section) => {
    const zone = zoneOfVnet(call, section['vnet'] ?? '')
    const [network = '', mask = ''] = id.slice(zone.length + 1).split(/-(?=\d+$)/)
    return { id, zone, network, mask, cidr: `${network}/${mask}`, 'dhcp-range': [] }
  },
}

const plain = (kind: 'controllers' | 'ipams' | 'dns', idName: string): SdnFamily => ({
  kind,
  path: `/cluster/sdn/${kind}`,
  idName,
  noun: idName,
})

const apply = (call: Call): string =>
  call.task('reloadnetworkall', '', async (worker) => {
    for (const { name, online } of call.world.nodes.values()) {
      if (!online) continue
      worker.log(`${name}: reloading network config`)
      await worker.work(1)
    }
    applySdn(call.world)
  })

const rollback = (call: Call): null => {
  const state = sdnState(call.world)
  state.config = { ...state.running }
  return null
}

const onNode = (call: Call): readonly unknown[] =>
  Object.keys(sdnState(call.world).running.zones).map((zone) => ({
    zone,
    status: call.node().online ? 'available' : 'unknown',
  }))

const content = (call: Call): readonly unknown[] =>
  Object.entries(sdnState(call.world).running.vnets)
    .filter(([, { zone }]) => zone === call.text('zone'))
    .map(([vnet]) => ({ vnet, status: 'available', statusmsg: null }))

const zoneRoutes = sdnObjectRoutes(zones)

/** PVE API: /cluster/sdn and /nodes/{node}/sdn/zones. */
export const sdnRoutes: RouteTable = {
  ...zoneRoutes,
  ...sdnObjectRoutes(vnets),
  ...sdnObjectRoutes(subnets),
  ...sdnObjectRoutes(plain('controllers', 'controller')),
  ...sdnObjectRoutes(plain('ipams', 'ipam')),
  ...sdnObjectRoutes(plain('dns', 'dns')),
  'POST /cluster/sdn/zones': (call) => {
    refuseZone(call, call.params)
    return zoneRoutes['POST /cluster/sdn/zones']?.(call)
  },
  'PUT /cluster/sdn': apply,
  'POST /cluster/sdn/rollback': rollback,
  'GET /cluster/sdn/ipams/{ipam}/status': () => [],
  'GET /nodes/{node}/sdn/zones': onNode,
  'GET /nodes/{node}/sdn/zones/{zone}/content': content,
}
