import { defineSlot } from '../state/world.ts'
import { emptyFirewall, type FirewallConfig } from './config.ts'

/** The firewall files of a cluster: `cluster`, `host/<node>`, `guest/<vmid>`, `vnet/<name>`; absent ones are empty. */
const files = defineSlot(() => new Map<string, FirewallConfig>())

type World = Parameters<typeof files>[0]

/** The firewall file of that name. */
export const firewallOf = (world: World, file: string): FirewallConfig => files(world).get(file) ?? emptyFirewall

export const saveFirewall = (world: World, file: string, config: FirewallConfig): void => {
  files(world).set(file, config)
}

export const removeFirewall = (world: World, file: string): void => {
  files(world).delete(file)
}
