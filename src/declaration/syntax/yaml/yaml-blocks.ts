import type { Node, YAMLMap, YAMLSeq } from 'yaml'
import type { Located } from '../source.ts'
import type { Attribute, Block, Body, Name } from '../tree.ts'
import type { BlockShape, BodyShape } from './block-shape.ts'
import { expressionOf } from './yaml-expression.ts'
import { pairsOf } from './yaml-pairs.ts'
import { nameOf, place, type Reading, resolved, syntax } from './yaml-reading.ts'

const isEmpty = (reading: Reading, node: Node | null): boolean =>
  node === null || (reading.yaml.isScalar(node) && node.value === null)

/** Blocks under one key: one per label, and a list gives several without labels. */
const blocksOf = (
  reading: Reading,
  name: Name,
  labels: readonly Name[],
  given: unknown,
  shape: BlockShape,
): readonly Block[] => {
  const node = resolved(reading, given)
  const at = place(reading, node, name)
  const { yaml } = reading
  if (labels.length < shape.labels) {
    if (isEmpty(reading, node)) return []
    if (yaml.isMap(node))
      return pairsOf(reading, node as YAMLMap).flatMap((pair) => {
        const label = nameOf(reading, pair.key, at)
        return label ? blocksOf(reading, name, [...labels, label], pair.value, shape) : []
      })
    syntax(
      reading,
      at,
      `Under "${labels.at(-1)?.text ?? name.text}" come names, each with its own settings indented below it.`,
    )
    return []
  }
  if (yaml.isSeq(node)) return (node as YAMLSeq).items.flatMap((item) => blocksOf(reading, name, labels, item, shape))
  if (!isEmpty(reading, node) && !yaml.isMap(node)) {
    syntax(
      reading,
      at,
      `"${labels.at(-1)?.text ?? name.text}" is a block: its settings are indented below it, each as "name: value".`,
    )
    return []
  }
  const body: Body = yaml.isMap(node) ? bodyOf(reading, node as YAMLMap, shape.body, at) : { items: [], ...at }
  const header = labels.at(-1) ?? name
  const whole = {
    source: reading.source,
    start: Math.min(header.start, at.start),
    end: Math.max(header.end, at.end),
  }
  return [
    {
      type: 'block',
      name,
      labels,
      body,
      header: { source: reading.source, start: header.start, end: header.end },
      ...whole,
    },
  ]
}

/** The entries of a map as attributes and blocks. */
export const bodyOf = (reading: Reading, node: YAMLMap, shape: BodyShape, at: Located): Body => {
  const items: (Attribute | Block)[] = []
  for (const pair of pairsOf(reading, node)) {
    const name = nameOf(reading, pair.key, at)
    if (!name) continue
    const block = Object.hasOwn(shape.blocks, name.text) ? shape.blocks[name.text] : undefined
    if (block) for (const one of blocksOf(reading, name, [], pair.value, block)) items.push(one)
    else {
      const expression = expressionOf(reading, pair.value, name, {
        asExpression: shape.expressions.includes(name.text),
      })
      items.push({
        type: 'attribute',
        name,
        expression,
        source: reading.source,
        start: name.start,
        end: Math.max(name.end, expression.end),
      })
    }
  }
  return { items, source: at.source, start: at.start, end: at.end }
}
