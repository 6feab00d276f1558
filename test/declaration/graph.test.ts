import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dependencyGraph } from '../../src/declaration/graph/dependency-graph.ts'
import { dotText } from '../../src/declaration/graph/dot-text.ts'
import { mermaidText } from '../../src/declaration/graph/mermaid-text.ts'
import type { Address } from '../../src/resource/address.ts'
import { DEFAULT_LIFECYCLE, type DesiredResource } from '../../src/resource/desired.ts'

const pool = (address: string, ...dependsOn: readonly string[]): DesiredResource => ({
  kind: 'pool',
  address: address as Address,
  poolid: 'x',
  lifecycle: DEFAULT_LIFECYCLE,
  dependsOn: dependsOn as readonly Address[],
})

const graph = dependencyGraph([
  pool('vm.web[10]', 'vm.db', 'vm.db', 'vm.gone'),
  pool('vm.web[2]'),
  pool('vm.db'),
  pool('module.a["x"].module.b.vm.c', 'vm.db'),
  pool('module.a["x"].vm.d'),
])

test('nodes and edges are sorted as people count, each edge once, and lead only to what is there', () => {
  assert.equal(
    graph.nodes.map(({ address }) => address),
    ['module.a["x"].module.b.vm.c', 'module.a["x"].vm.d', 'vm.db', 'vm.web[2]', 'vm.web[10]'],
  )
  assert.equal(graph.edges, [
    { from: 'module.a["x"].module.b.vm.c', to: 'vm.db' },
    { from: 'vm.web[10]', to: 'vm.db' },
  ])
})

test('a node knows its module', () => {
  assert.equal(
    graph.nodes.map(({ module }) => module),
    ['module.a["x"].module.b', 'module.a["x"]', '', '', ''],
  )
})

test('modules are boxes within boxes', () => {
  const lines = dotText(graph).split('\n')
  assert.ok(lines.includes('  subgraph "cluster module.a[\\"x\\"]" {'))
  assert.ok(lines.includes('    subgraph "cluster module.a[\\"x\\"].module.b" {'))
  assert.is(mermaidText(graph).match(/^ *subgraph /gm)?.length, 2)
  assert.is(mermaidText(graph).match(/^ *end$/gm)?.length, 2)
})

test('no two boxes of a Mermaid graph have one id', () => {
  const ids = [...mermaidText(graph).matchAll(/^ *(?:subgraph )?(\w+)[[(]/gm)].map(([, id]) => id)
  assert.is(new Set(ids).size, ids.length)
})

test.run()
