import type { Call } from '../api/call.ts'
import type { Scopes } from './address.ts'
import type { FirewallConfig } from './config.ts'
import type { RuleSpace } from './rule.ts'
import { firewallOf, saveFirewall } from './state.ts'

/** One place in the API that has a firewall: where its methods are, which file they read, and what its rules may say. */
export type Scope = {
  /** Path of api.json, `/firewall` included. */
  readonly base: string
  readonly space: RuleSpace
  readonly file: (call: Call) => string
  readonly has: { readonly rules: boolean; readonly sets: boolean; readonly refs: boolean }
}

const everything = { rules: true, sets: true, refs: true }
const rulesOnly = { rules: true, sets: false, refs: false }

const guestFile = (call: Call): string => `guest/${call.vmid()}`

/** All of them. */
export const scopes: readonly Scope[] = [
  { base: '/cluster/firewall', space: 'cluster', file: () => 'cluster', has: everything },
  { base: '/nodes/{node}/firewall', space: 'host', file: (call) => `host/${call.node().name}`, has: rulesOnly },
  { base: '/nodes/{node}/qemu/{vmid}/firewall', space: 'vm', file: guestFile, has: everything },
  { base: '/nodes/{node}/lxc/{vmid}/firewall', space: 'ct', file: guestFile, has: everything },
  {
    base: '/cluster/sdn/vnets/{vnet}/firewall',
    space: 'vnet',
    file: (call) => `vnet/${call.text('vnet')}`,
    has: rulesOnly,
  },
]

/** The firewall file a request is about. */
export const configOf = (scope: Scope, call: Call): FirewallConfig => firewallOf(call.world, scope.file(call))

/** Writes the firewall file a request is about, with some of it changed. */
export const change = (scope: Scope, call: Call, changed: Partial<FirewallConfig>): null => {
  saveFirewall(call.world, scope.file(call), { ...configOf(scope, call), ...changed })
  return null
}

/** Where a rule's names are looked up: the file itself and the cluster's. */
export const lookIn = (scope: Scope, call: Call): Scopes => ({
  cluster: firewallOf(call.world, 'cluster'),
  own: scope.space === 'cluster' ? undefined : configOf(scope, call),
})
