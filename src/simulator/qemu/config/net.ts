import { raise } from '../../api/error.ts'
import { facts, type Schema } from '../../api/facts.ts'
import { findBridge } from '../../network/bridge.ts'
import { printPropertyString, splitPropertyString } from '../../schema/property-string.ts'
import type { Guest } from '../../state/guest.ts'
import type { World } from '../../state/world.ts'

const format = facts['PUT /nodes/{node}/qemu/{vmid}/config']?.parameters?.properties?.['net[n]']?.format as Readonly<
  Record<string, Schema>
>

/** A network line taken apart; `virtio=MAC` becomes `model` and `macaddr`. */
export type Net = Record<string, string>

export const isNetName = (key: string): boolean => /^net(?:[12]?\d|3[01])$/.test(key)

export const parseNet = (text: string): Net => splitPropertyString(format, text)

/** Writes a network line as PVE does: `virtio=MAC` first, the rest sorted; a missing MAC address is made up. */
export const completeNet = (world: World, text: string): string => {
  const net = parseNet(text)
  net['macaddr'] ??= world.random.mac(world.options['mac_prefix'])
  const { model = 'virtio', macaddr, ...rest } = net
  return [`${model}=${macaddr}`, printPropertyString(format, rest)].filter((part) => part !== '').join(',')
}

/** Ends a start where a virtio card wants another MTU than its bridge can give; 1 stands for the bridge's own. */
export const checkMtu = (world: World, guest: Guest, key: string, line: string, mtu: number): void => {
  const { bridge } = parseNet(line)
  const limit = bridge === undefined ? undefined : findBridge(world, guest.node, bridge)?.mtu
  if (limit === undefined || mtu === 1) return
  if (mtu < 576) raise(`netdev ${key}: MTU '${mtu}' is smaller than the IP minimum MTU '576'`)
  if (mtu > limit) raise(`netdev ${key}: MTU '${mtu}' is bigger than the bridge MTU '${limit}'`)
}

/** The bridge of a network line when the guest's node does not have it. */
export const missingBridge = (world: World, guest: Guest, line: string): string | undefined => {
  const { bridge } = parseNet(line)
  return bridge === undefined || findBridge(world, guest.node, bridge) !== undefined ? undefined : bridge
}
