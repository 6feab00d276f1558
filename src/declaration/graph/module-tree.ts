import type { DependencyGraph, GraphNode } from './dependency-graph.ts'

/** Nodes by the module they stand in, modules within modules. */
export interface ModuleTree {
  /** Full address; empty for the root. */
  readonly module: string
  readonly nodes: readonly GraphNode[]
  readonly modules: readonly ModuleTree[]
}

interface Growing {
  readonly module: string
  readonly nodes: GraphNode[]
  readonly modules: Map<string, Growing>
}

const STEP = /module\.[\w-]+(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?/g

const grow = (module: string): Growing => ({ module, nodes: [], modules: new Map() })

const finished = ({ module, nodes, modules }: Growing): ModuleTree => ({
  module,
  nodes,
  modules: [...modules.values()].map(finished),
})

/** Sorts the nodes of a graph into their modules. */
export const moduleTree = ({ nodes }: DependencyGraph): ModuleTree => {
  const root = grow('')
  for (const node of nodes) {
    let at = root
    for (const step of node.module.match(STEP) ?? []) {
      const module = at.module === '' ? step : `${at.module}.${step}`
      const next = at.modules.get(module) ?? grow(module)
      at.modules.set(module, next)
      at = next
    }
    at.nodes.push(node)
  }
  return finished(root)
}
