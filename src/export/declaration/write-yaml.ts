import { Document, isScalar, isMap as isYamlMap, type Scalar, visit } from 'yaml'
import { isExpression, isMap, type WrittenBlock, type WrittenValue } from './written-block.ts'

/** What would begin an expression stands for itself. */
const literal = (text: string): string => text.replaceAll(/[$%]\{/g, (opening) => `${opening[0]}${opening}`)

const plainOf = (value: WrittenValue): unknown => {
  if (typeof value === 'string') return literal(value)
  if (typeof value !== 'object') return value
  if (isExpression(value)) return `\${${value.expression}}`
  if (!isMap(value)) return (value as readonly string[]).map(literal)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainOf(inner)]))
}

const bodyOf = ({ attributes, slots, lifecycle }: WrittenBlock): Record<string, unknown> => {
  const groups: Record<string, Record<string, unknown>> = {}
  for (const { block, slot, properties } of slots) groups[block] = { ...groups[block], [slot]: plainOf(properties) }
  return {
    ...Object.fromEntries(attributes.map(({ name, value }) => [name, plainOf(value)])),
    ...groups,
    ...(lifecycle && { lifecycle }),
  }
}

/** Characters of a map that still stands on one line, about. */
const WIDE = 110

/** Maps of plain values stand on one line, as do lists: `net0: { bridge: vmbr0, tag: 20 }`. */
const layOut = (document: Document): void => {
  visit(document, {
    Map: (_key, node, path) => {
      const depth = path.filter(isYamlMap).length
      const isFlat = node.items.length > 0 && node.items.every(({ value }) => !isYamlMap(value))
      if (depth >= 3 && isFlat && JSON.stringify(node).length <= WIDE) node.flow = true
      if (depth === 1) for (const { key } of node.items.slice(1)) if (isScalar(key)) key.spaceBefore = true
    },
    Seq: (_key, node) => {
      node.flow = node.items.every((item) => String((item as Scalar).value).length < 40)
    },
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && /\S\n/.test(node.value)) node.type = 'BLOCK_LITERAL'
    },
  })
}

/** Blocks of one kind by label, as lines of YAML without the kind's own key. */
export const yamlBlocks = (blocks: readonly WrittenBlock[]): string => {
  const document = new Document({ kind: Object.fromEntries(blocks.map((block) => [block.label, bodyOf(block)])) })
  layOut(document)
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: true })
  return text.slice(text.indexOf('\n') + 1)
}
