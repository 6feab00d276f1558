import { convert } from '../eval/convert.ts'
import { bind, type Evaluation, fail, spend } from '../eval/evaluation.ts'
import { collectionOf } from '../eval/for-expression.ts'
import type { Entry } from '../eval/iterate.ts'
import { STRING } from '../eval/type.ts'
import { FAILED, object, sizeOf, type Value } from '../eval/value.ts'
import { type Block, type Body, blocksOf } from '../syntax/tree.ts'
import { attributeNamed } from './block/gather.ts'
import type { EvaluatedAttribute, EvaluatedBlock, EvaluatedBody } from './evaluated-body.ts'

/** Names in a body that mpc itself reads and that are no part of the resource. */
export interface Skipped {
  readonly attributes: ReadonlySet<string>
  readonly blocks: ReadonlySet<string>
}

const NOTHING_SKIPPED: Skipped = { attributes: new Set(), blocks: new Set() }

const iteratorName = (block: Block, evaluation: Evaluation): string => {
  const [label] = block.labels
  const given = attributeNamed(block.body, 'iterator')?.expression
  if (!given) return label?.text ?? ''
  if (given.type === 'variable') return given.name
  if (given.type === 'literal' && typeof given.value === 'string') return given.value
  fail(evaluation, given, 'The iterator of a dynamic block is a bare word: the name for the current element.')
  return label?.text ?? ''
}

const labelsOf = (block: Block, evaluation: Evaluation): readonly string[] => {
  const given = attributeNamed(block.body, 'labels')?.expression
  if (!given) return []
  const value = evaluation.evaluate(given, evaluation)
  if (value.kind !== 'list' && value.kind !== 'tuple') {
    if (value !== FAILED) fail(evaluation, given, 'The labels of a dynamic block are a list of strings.')
    return []
  }
  return value.items.flatMap((item) => {
    const text = convert(item, STRING)
    if (text.kind === 'string') return [text.value]
    fail(evaluation, given, 'A label of a dynamic block must be a known string.')
    return []
  })
}

const entryObject = ({ key, value }: Entry): Value =>
  object([
    ['key', key],
    ['value', value],
  ])

/** Blocks that are read before anything is evaluated. */
const META: readonly string[] = ['lifecycle', 'dynamic', 'provisioner', 'connection']

/** No guest has as many disks or networks by far. */
const MAX_BLOCKS = 1_000

const spread = (block: Block, evaluation: Evaluation): readonly EvaluatedBlock[] => {
  const [label] = block.labels
  const forEach = attributeNamed(block.body, 'for_each')
  const content = blocksOf(block.body).find(({ name }) => name.text === 'content')
  if (label && META.includes(label.text)) {
    const detail = `A dynamic block makes parts of a guest, such as disk and network, and no ${label.text} block. Write that one out.`
    fail(evaluation, label, detail, 'declaration.unknown-block')
    return []
  }
  // What is missing has been reported as the block was read.
  if (!label || !content || !forEach) return []
  const collection = collectionOf(forEach.expression, evaluation)
  if ('kind' in collection) {
    if (collection !== FAILED)
      fail(
        evaluation,
        forEach.expression,
        'What a dynamic block is made from must be known before apply.',
        'declaration.value-not-known',
      )
    return []
  }
  if (collection.sensitive)
    fail(
      evaluation,
      forEach.expression,
      'A dynamic block cannot be made from a sensitive value: how many blocks there are would show.',
      'declaration.sensitive-value',
    )
  if (collection.entries.length > MAX_BLOCKS) {
    const detail = `for_each has ${collection.entries.length} elements; mpc makes up to ${MAX_BLOCKS} blocks of one dynamic block.`
    fail(evaluation, forEach.expression, detail, 'declaration.invalid-count')
    return []
  }
  const iterator = iteratorName(block, evaluation)
  return collection.entries.map((entry) => {
    const inner = bind(evaluation, iterator, entryObject(entry))
    return {
      name: label.text,
      labels: labelsOf(block, inner),
      body: evaluateBody(content.body, inner),
      at: block.header,
    }
  })
}

const evaluateBlock = (block: Block, evaluation: Evaluation): readonly EvaluatedBlock[] => {
  if (block.name.text === 'dynamic' && block.labels.length === 1) return spread(block, evaluation)
  const labels = block.labels.map(({ text }) => text)
  return [{ name: block.name.text, labels, body: evaluateBody(block.body, evaluation), at: block.header }]
}

/** Work of checking an attribute, besides what is in its value. */
const ATTRIBUTE = 10

/** Evaluates all of a body but what is skipped. */
export const evaluateBody = (body: Body, evaluation: Evaluation, skipped: Skipped = NOTHING_SKIPPED): EvaluatedBody => {
  const attributes = new Map<string, EvaluatedAttribute>()
  const blocks: EvaluatedBlock[] = []
  for (const item of body.items) {
    if (item.type === 'block') {
      if (!skipped.blocks.has(item.name.text)) for (const block of evaluateBlock(item, evaluation)) blocks.push(block)
    } else if (!skipped.attributes.has(item.name.text) && !attributes.has(item.name.text)) {
      const value = evaluation.evaluate(item.expression, evaluation)
      spend(evaluation, ATTRIBUTE + sizeOf(value), item.expression)
      attributes.set(item.name.text, { name: item.name.text, value, at: item.name, expression: item.expression })
    }
  }
  return { attributes, blocks, at: body }
}

/** The value a reference to a body gives: blocks are objects under their name and labels. */
export const bodyValue = (body: EvaluatedBody): readonly (readonly [string, Value])[] => {
  const entries = new Map<string, Value>(Array.from(body.attributes, ([name, { value }]) => [name, value]))
  const labelled = new Map<string, Map<string, Value>>()
  for (const { name, labels, body: inner } of body.blocks) {
    const value = object(bodyValue(inner))
    const [label] = labels
    const known = entries.get(name)
    if (label === undefined) {
      entries.set(name, value)
      labelled.delete(name)
      continue
    }
    const group = labelled.get(name) ?? new Map(known?.kind === 'object' ? known.entries : [])
    labelled.set(name, group.set(label, value))
  }
  for (const [name, group] of labelled) entries.set(name, object(group))
  return [...entries]
}
