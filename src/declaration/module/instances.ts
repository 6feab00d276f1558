import type { InstanceKey } from '../../resource/address.ts'
import { convert } from '../eval/convert.ts'
import { type Evaluation, fail, spend } from '../eval/evaluation.ts'
import { entriesOf } from '../eval/iterate.ts'
import { isWhole } from '../eval/number.ts'
import { NUMBER } from '../eval/type.ts'
import { unknownReason } from '../eval/unknown-reason.ts'
import { hasFailed, object, string, tuple, type Value } from '../eval/value.ts'
import type { Attribute, Block } from '../syntax/tree.ts'
import { attributeNamed } from './block/gather.ts'
import type { InstanceNames } from './scope.ts'

export interface Instance {
  /** Missing: the block has neither count nor for_each. */
  readonly key?: InstanceKey
  readonly names: InstanceNames
}

/** How often a block is made. `failed`: not known, and reported. */
export type Expansion =
  | { readonly by: 'none' | 'count' | 'for_each'; readonly instances: readonly Instance[] }
  | { readonly by: 'failed'; readonly instances: readonly [] }

/** A block without count and for_each. */
export const ONCE: Expansion = { by: 'none', instances: [{ names: {} }] }

export const isRepeated = ({ body }: Block): boolean =>
  attributeNamed(body, 'count') !== undefined || attributeNamed(body, 'for_each') !== undefined

const FAILED_EXPANSION: Expansion = { by: 'failed', instances: [] }

/** More of one block than this is a mistake. */
const MAX_INSTANCES = 100_000

/** Work of making an instance, besides that of its expressions. */
export const INSTANCE = 200

const refuse = (evaluation: Evaluation, attribute: Attribute, detail: string): Expansion => {
  fail(evaluation, attribute.expression, detail, 'declaration.invalid-count')
  return FAILED_EXPANSION
}

const notUsable = (evaluation: Evaluation, { name, expression }: Attribute, value: Value): Expansion | undefined => {
  const what = name.text
  if (value.kind === 'unknown') {
    if (!value.failed)
      fail(
        evaluation,
        expression,
        `${what} must be known before apply.${unknownReason(value)} Use values that stand in the declarations.`,
        'declaration.value-not-known',
      )
    return FAILED_EXPANSION
  }
  if (!value.sensitive) return undefined
  const detail = `${what} cannot be a sensitive value, because it shows in addresses and plans. Use nonsensitive() if it is no secret.`
  fail(evaluation, expression, detail, 'declaration.sensitive-value')
  return FAILED_EXPANSION
}

const byCount = (attribute: Attribute, evaluation: Evaluation): Expansion => {
  const given = evaluation.evaluate(attribute.expression, evaluation)
  const stop = notUsable(evaluation, attribute, given)
  if (stop) return stop
  if (given.kind === 'null')
    return refuse(evaluation, attribute, 'count is null. It must be a whole number, 0 or more.')
  const value = convert(given, NUMBER)
  if (value.kind !== 'number')
    return refuse(
      evaluation,
      attribute,
      `count is unsuitable: ${value.kind === 'failure' ? value.reason : 'a number is required'}.`,
    )
  const count = value.value
  if (typeof count !== 'number' || !isWhole(count) || count < 0)
    return refuse(evaluation, attribute, 'count must be a whole number, 0 or more.')
  if (count > MAX_INSTANCES)
    return refuse(evaluation, attribute, `count is ${count}; mpc makes up to ${MAX_INSTANCES} of one block.`)
  spend(evaluation, INSTANCE * count, attribute.expression)
  return {
    by: 'count',
    instances: Array.from({ length: count }, (_, index) => ({ key: index, names: { count: index } })),
  }
}

const keyOf = (key: Value): string => (key.kind === 'string' ? key.value : '')

const byForEach = (attribute: Attribute, evaluation: Evaluation): Expansion => {
  const value = evaluation.evaluate(attribute.expression, evaluation)
  const stop = notUsable(evaluation, attribute, value)
  if (stop) return stop
  if (value.kind === 'null')
    return refuse(evaluation, attribute, 'for_each is null. Use an empty map or set for no instances.')
  if (value.kind === 'list' || value.kind === 'tuple')
    return refuse(
      evaluation,
      attribute,
      'for_each takes a map, an object or a set of strings, not a list. Use toset([…]) for a list of strings.',
    )
  if (value.kind !== 'map' && value.kind !== 'object' && value.kind !== 'set')
    return refuse(evaluation, attribute, `for_each takes a map, an object or a set of strings, not a ${value.kind}.`)
  const count = value.kind === 'set' ? value.items.length : value.entries.size
  if (count > MAX_INSTANCES)
    return refuse(
      evaluation,
      attribute,
      `for_each has ${count} elements; mpc makes up to ${MAX_INSTANCES} of one block.`,
    )
  spend(evaluation, INSTANCE * count, attribute.expression)
  if (value.kind === 'set' && value.items.some(hasFailed)) return FAILED_EXPANSION
  if (value.kind === 'set' && value.items.some((item) => item.kind === 'unknown'))
    return refuse(
      evaluation,
      attribute,
      'for_each holds keys the server chooses. Every key must be known before apply.',
    )
  if (value.kind === 'set' && value.items.some(({ kind }) => kind !== 'string'))
    return refuse(evaluation, attribute, 'A set for for_each holds strings only. Use a map for other values.')
  const entries = entriesOf(value) ?? []
  return { by: 'for_each', instances: entries.map((each) => ({ key: keyOf(each.key), names: { each } })) }
}

/** Evaluates `count` or `for_each` of a block, once. */
export const expand = (block: Block, evaluation: Evaluation): Expansion => {
  const count = attributeNamed(block.body, 'count')
  const forEach = attributeNamed(block.body, 'for_each')
  if (count && forEach) {
    fail(
      evaluation,
      forEach.name,
      'A block has either count or for_each, not both. Remove one of them.',
      'declaration.conflict',
    )
    return FAILED_EXPANSION
  }
  if (count) return byCount(count, evaluation)
  if (forEach) return byForEach(forEach, evaluation)
  return ONCE
}

/** What a reference to the whole block gives: one value, a tuple by count, or an object by key. */
export const combine = (expansion: Expansion, values: readonly Value[]): Value | undefined => {
  switch (expansion.by) {
    case 'none':
      return values[0]
    case 'count':
      return tuple(values)
    case 'for_each':
      return object(expansion.instances.map(({ key }, index) => [String(key), values[index] ?? string('')] as const))
    default:
      return undefined
  }
}
