import { raise } from '../api/error.ts'
import { parsePropertyString } from '../schema/check.ts'
import { printPropertyString } from '../schema/property-string.ts'
import { namedFormat } from '../schema/verify.ts'
import type { World } from '../state/world.ts'
import { formatOf } from './option.ts'

/** The parts of a container's network device. */
export const parseNetwork = (text: string): Record<string, string> =>
  parsePropertyString(formatOf('net0'), text, '', namedFormat)

/** A network device as PVE writes it back: with its type and a MAC address, a new one unless it has one (and never with `renew`). */
export const completeNetwork = (world: World, text: string, renew = false): string => {
  const parts = parseNetwork(text)
  const mac = renew ? undefined : parts['hwaddr']
  return printPropertyString(formatOf('net0'), {
    ...parts,
    type: 'veth',
    hwaddr: mac ?? world.random.mac(world.options['mac_prefix']),
  })
}

/** Ends the request when a device wants a larger MTU than its bridge has. */
export const checkMtu = (world: World, node: string, key: string, text: string): void => {
  const { mtu, bridge } = parseNetwork(text)
  if (mtu === undefined || bridge === undefined) return
  const found = world.nodes.get(node)?.network.get(bridge)
  if (found === undefined) raise(`bridge '${bridge}' does not exist`)
  const limit = Number(found?.['mtu'] ?? 1500)
  if (Number(mtu) > limit) raise(`${key}: MTU size '${mtu}' is bigger than bridge MTU '${limit}'`)
}

/** The bridge of a device when its node does not have it. A node of which no network is known has every bridge. */
export const missingBridge = (world: World, node: string, text: string): string | undefined => {
  const known = world.nodes.get(node)?.network
  const { bridge } = parseNetwork(text)
  return bridge === undefined || known === undefined || known.size === 0 || known.has(bridge) ? undefined : bridge
}
