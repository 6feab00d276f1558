import { raise } from '../api/error.ts'
import { findBridge } from '../network/bridge.ts'
import { parsePropertyString } from '../schema/check.ts'
import { printPropertyString } from '../schema/property-string.ts'
import { namedFormat } from '../schema/verify.ts'
import type { World } from '../state/world.ts'
import { formatOf } from './option.ts'

/** The parts of a container's network device. */
export const parseNetwork = (text: string): Record<string, string> =>
  parsePropertyString(formatOf('net0'), text, '', namedFormat)

/** A network device as PVE writes it back: with its type and a MAC address, a new one unless it has one (and never with `renew`). */
export const completeNetwork = (
  world: World,
  text: string,
  { renew = false }: { readonly renew?: boolean } = {},
): string => {
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
  const limit = findBridge(world, node, bridge)?.mtu ?? raise(`bridge '${bridge}' does not exist`)
  if (Number(mtu) > limit) raise(`${key}: MTU size '${mtu}' is bigger than bridge MTU '${limit}'`)
}

/** Ends the request unless the node has the bridge of a device, with room for its MTU. */
export const checkBridge = (world: World, node: string, key: string, text: string): void => {
  const { bridge } = parseNetwork(text)
  if (bridge !== undefined && findBridge(world, node, bridge) === undefined) raise(`bridge '${bridge}' does not exist`)
  checkMtu(world, node, key, text)
}
