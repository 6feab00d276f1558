import type { DependencyGraph, GraphNode } from './dependency-graph.ts'
import { type ModuleTree, moduleTree } from './module-tree.ts'

const SHAPES: Readonly<Record<GraphNode['kind'], string>> = { vm: 'box', container: 'component', pool: 'folder' }

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

const treeLines = ({ module, nodes, modules }: ModuleTree, indent: string): readonly string[] => {
  const inside = module === '' ? indent : `${indent}  `
  const lines = [
    ...nodes.map(({ address, kind }) => `${inside}${quoted(address)} [shape=${SHAPES[kind]}];`),
    ...modules.flatMap((inner) => treeLines(inner, inside)),
  ]
  if (module === '') return lines
  return [
    `${indent}subgraph ${quoted(`cluster ${module}`)} {`,
    `${inside}label=${quoted(module)};`,
    ...lines,
    `${indent}}`,
  ]
}

/** The graph in Graphviz's language; an arrow leads from what needs to what is needed. */
export const dotText = (graph: DependencyGraph): string =>
  [
    'digraph mpc {',
    '  rankdir=RL;',
    '  node [fontname="sans-serif"];',
    ...treeLines(moduleTree(graph), '  '),
    ...graph.edges.map(({ from, to }) => `  ${quoted(from)} -> ${quoted(to)};`),
    '}',
    '',
  ].join('\n')
