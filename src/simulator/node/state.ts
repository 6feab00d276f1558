import { type ClusterNode, defineSlot, type World } from '../state/world.ts'

/** What clients can set on a node: its configuration, name servers, hosts file, time zone. */
export type NodeState = {
  config: Record<string, string>
  dns: Record<string, string>
  hosts: string
  timezone: string
}

const states = defineSlot(() => new Map<string, NodeState>())

const asTexts = (value: unknown): Record<string, string> =>
  value === null || typeof value !== 'object'
    ? {}
    : Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]))

const fresh = ({ name, ip, facts }: ClusterNode): NodeState => {
  const hosts = facts['hosts'] as { readonly data?: string } | undefined
  return {
    config: {},
    dns: facts['dns'] === undefined ? { dns1: ip.replace(/\d+$/, '1'), search: 'local' } : asTexts(facts['dns']),
    hosts: hosts?.data ?? `127.0.0.1 localhost.localdomain localhost\n${ip} ${name}.local ${name}\n`,
    timezone: 'Etc/UTC',
  }
}

/** A node's settings; they start from its facts. */
export const nodeState = (world: World, node: ClusterNode): NodeState => {
  const known = states(world).get(node.name)
  if (known !== undefined) return known
  const made = fresh(node)
  states(world).set(node.name, made)
  return made
}
