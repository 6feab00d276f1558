import { type Address, parseAddressParts } from '../../resource/address.ts'
import type { DesiredResource } from '../../resource/desired.ts'
import { compareNaturally } from '../../util/natural-order.ts'

export interface GraphNode {
  readonly address: Address
  readonly kind: DesiredResource['kind']
  /** The module it stands in, as `module.site["a"].module.net`; empty for the root. */
  readonly module: string
}

export interface GraphEdge {
  readonly from: Address
  /** What `from` needs. */
  readonly to: Address
}

/** What needs what, sorted by address. */
export interface DependencyGraph {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

const moduleOf = (address: Address): string => {
  const parts = parseAddressParts(address)
  if (!parts || parts.modules.length === 0) return ''
  const rest = `${parts.type}.${parts.name}${parts.key === undefined ? '' : `[${JSON.stringify(parts.key)}]`}`
  return address.slice(0, -rest.length - 1)
}

/** The graph of declared resources. Needs that are no resource of `resources` are left out. */
export const dependencyGraph = (resources: readonly DesiredResource[]): DependencyGraph => {
  const known = new Set(resources.map(({ address }) => address))
  const nodes = resources.map(({ address, kind }) => ({ address, kind, module: moduleOf(address) }))
  const edges = resources.flatMap(({ address, dependsOn }) =>
    [...new Set(dependsOn)].filter((to) => known.has(to)).map((to) => ({ from: address, to })),
  )
  return {
    nodes: nodes.sort((a, b) => compareNaturally(a.address, b.address)),
    edges: edges.sort((a, b) => compareNaturally(a.from, b.from) || compareNaturally(a.to, b.to)),
  }
}
