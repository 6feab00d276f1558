import type { DependencyGraph, GraphNode } from './dependency-graph.ts'
import { type ModuleTree, moduleTree } from './module-tree.ts'

const SHAPES: Readonly<Record<GraphNode['kind'], readonly [string, string]>> = {
  vm: ['["', '"]'],
  container: ['(["', '"])'],
  pool: ['[/"', '"/]'],
}

/** Mermaid reads entities in labels; a plain double quote would end one. */
const label = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')

/** The graph in Mermaid's language, as Markdown files show it; an arrow leads from what needs to what is needed. */
export const mermaidText = (graph: DependencyGraph): string => {
  const ids = new Map<string, string>(graph.nodes.map(({ address }, index) => [address, `n${index}`]))
  const treeLines = ({ module, nodes, modules }: ModuleTree, indent: string): readonly string[] => {
    const inside = module === '' ? indent : `${indent}  `
    const lines = [
      ...nodes.map(({ address, kind }) => {
        const [open, close] = SHAPES[kind]
        return `${inside}${ids.get(address)}${open}${label(address)}${close}`
      }),
      ...modules.flatMap((inner) => treeLines(inner, inside)),
    ]
    if (module === '') return lines
    const [first] = [...ids.entries()].filter(([address]) => address.startsWith(`${module}.`))
    return [
      `${indent}subgraph m${first?.[1] ?? ''}_${module.split('.').length}["${label(module)}"]`,
      ...lines,
      `${indent}end`,
    ]
  }
  const edges = graph.edges.map(({ from, to }) => `  ${ids.get(from)} --> ${ids.get(to)}`)
  return ['graph RL', ...treeLines(moduleTree(graph), '  '), ...edges, ''].join('\n')
}
