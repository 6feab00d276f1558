import type { Attribute, Block, Body, Name } from '../tree.ts'
import type { Concrete } from './concrete.ts'
import { lowerConstantItem } from './lower-expression.ts'
import { breaksBetween, type Lowering, located, nameAt, reportError } from './lowering.ts'
import { decodeQuoted } from './string-literal.ts'

const lowerAttribute = (lowering: Lowering, node: Concrete, brace: number): Attribute | undefined => {
  const [name, value] = node.children
  if (!name || !value || node.children.length > 2) {
    reportError(lowering, node.children.find(({ type }) => type === 'ERROR') ?? node)
    return undefined
  }
  if (breaksBetween(lowering, brace, node.start, node.end))
    lowering.report(
      node.start,
      node.end,
      'This value goes over a line break. Put it in parentheses, or use a list, an object or a heredoc, to break its line.',
    )
  return {
    type: 'attribute',
    name: nameAt(lowering, name),
    expression: lowering.expression(value),
    source: lowering.source,
    start: node.start,
    end: node.end,
  }
}

const lowerLabel = (lowering: Lowering, node: Concrete): Name => {
  const name = nameAt(lowering, node)
  const raw = lowering.source.text.slice(node.start, node.end)
  if (!raw.startsWith('"')) return name
  const { value, problems } = decodeQuoted(raw.slice(1, -1), node.start + 1)
  for (const { start, end, detail } of problems) lowering.report(start, end, detail)
  return { ...name, text: value.normalize('NFC') }
}

const checkOneLine = (lowering: Lowering, items: readonly Concrete[], block: Concrete, brace: number): void => {
  const [first, second] = items
  const nested = items.find(({ type }) => type === 'block')
  if (nested) lowering.report(nested.start, nested.end, 'A block inside a block needs a line of its own.')
  else if (second)
    lowering.report(
      second.start,
      second.end,
      'A block on one line holds one attribute. Put each attribute on a line of its own.',
    )
  else if (first && breaksBetween(lowering, brace, first.end, block.end))
    lowering.report(block.end - 1, block.end, 'The brace that closes a block begun on one line must be on that line.')
}

/** Every item ends its line; a block on one line holds at most one attribute. */
const checkLines = (lowering: Lowering, items: readonly Concrete[], brace: number, close: number | undefined): void => {
  for (const [index, item] of items.entries()) {
    const next = items[index + 1]?.start ?? close
    if (next !== undefined && !breaksBetween(lowering, brace, item.end, next))
      lowering.report(
        item.start,
        item.end,
        'Nothing can follow on this line. Put what comes next on a line of its own.',
      )
  }
}

const isOneLine = (lowering: Lowering, brace: number, items: readonly Concrete[], close: number): boolean =>
  !breaksBetween(lowering, brace, brace, items[0]?.start ?? close)

const lowerBlock = (lowering: Lowering, node: Concrete, outer: number): Block | undefined => {
  const at = node.children.findIndex(({ type }) => type === 'block_start')
  const open = node.children[at]
  const [name, ...labels] = node.children.slice(0, Math.max(at, 0))
  const stray = [name, ...labels].find((part) => part?.type === 'ERROR')
  if (!open || !name || stray) {
    reportError(lowering, stray ?? node)
    return undefined
  }
  const brace = open.start
  const items = node.children.slice(at + 1)
  if (breaksBetween(lowering, outer, node.start, brace))
    lowering.report(node.start, brace, 'The opening brace of a block must be on the line of its name and labels.')
  const constants = lowering.view.constants.get(brace) ?? []
  const own = items.filter(({ type }) => type !== 'ERROR')
  if (constants.length === 0 && own.length > 0 && isOneLine(lowering, brace, own, node.end))
    checkOneLine(lowering, own, node, brace)
  else checkLines(lowering, own, brace, node.end)
  const header = located(lowering, node.start, labels.at(-1)?.end ?? name.end)
  return {
    type: 'block',
    name: nameAt(lowering, name),
    labels: labels.map((label) => lowerLabel(lowering, label)),
    body: { items: lowerItems(lowering, items, brace), ...located(lowering, brace, node.end) },
    header,
    ...located(lowering, node.start, node.end),
  }
}

const reportDuplicates = (lowering: Lowering, items: readonly (Attribute | Block)[]): void => {
  const seen = new Map<string, Attribute>()
  for (const item of items) {
    if (item.type !== 'attribute') continue
    const first = seen.get(item.name.text)
    if (first)
      lowering.report(
        item.name.start,
        item.name.end,
        `"${item.name.text}" is already set on line ${first.source.rangeAt(first.start, first.end).start.line}. Keep one of the two.`,
      )
    else seen.set(item.name.text, item)
  }
}

const lowerItems = (lowering: Lowering, nodes: readonly Concrete[], brace: number): readonly (Attribute | Block)[] => {
  const items: (Attribute | Block)[] = []
  for (const node of nodes) {
    if (node.type === 'attribute') {
      const attribute = lowerAttribute(lowering, node, brace)
      if (attribute) items.push(attribute)
    } else if (node.type === 'block') {
      const block = lowerBlock(lowering, node, brace)
      if (block) items.push(block)
    } else reportError(lowering, node)
  }
  for (const constant of lowering.view.constants.get(brace) ?? []) {
    const name = nameAt(lowering, constant.name)
    const expression = lowerConstantItem(lowering, constant)
    const { source } = lowering
    items.push({ type: 'attribute', name, expression, source, start: name.start, end: expression.end })
  }
  items.sort((a, b) => a.start - b.start)
  reportDuplicates(lowering, items)
  return items
}

/** Turns a whole file of the grammar's tree into ours. */
export const lowerFile = (lowering: Lowering, root: Concrete): Body => {
  const { text } = lowering.source
  const stray = root.type === 'config_file' ? [] : [root]
  const nodes = root.type === 'config_file' ? root.children : []
  for (const node of stray) reportError(lowering, node)
  checkLines(
    lowering,
    nodes.filter(({ type }) => type !== 'ERROR'),
    -1,
    undefined,
  )
  return { items: lowerItems(lowering, nodes, -1), ...located(lowering, 0, text.length) }
}
