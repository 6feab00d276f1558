import { facts, type Schema } from '../api/facts.ts'
import { printPropertyString, splitPropertyString } from '../schema/property-string.ts'
import type { Guest } from '../state/guest.ts'
import type { World } from '../state/world.ts'

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

/** The bridge of a network line when the guest's node does not have it. */
export const missingBridge = (world: World, guest: Guest, line: string): string | undefined => {
  const { bridge } = parseNet(line)
  return bridge === undefined || world.nodes.get(guest.node)?.network.has(bridge) ? undefined : bridge
}
