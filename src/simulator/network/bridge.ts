import type { World } from '../state/world.ts'
import { nodeNetwork } from './interface-state.ts'
import { sdnState } from './sdn-state.ts'

const DEFAULT_MTU = 1500

/** A bridge of a node, or a virtual network of the cluster that has been applied; nothing when the node does not have it. */
export const findBridge = (world: World, node: string, name: string): { readonly mtu: number } | undefined => {
  const known = world.nodes.get(node)
  const own = known === undefined ? undefined : nodeNetwork(world, known).running.get(name)
  if (own !== undefined) return { mtu: Number(own['mtu'] ?? DEFAULT_MTU) }
  return Object.hasOwn(sdnState(world).running.vnets, name) ? { mtu: DEFAULT_MTU } : undefined
}
