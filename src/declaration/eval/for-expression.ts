import type { Expression, ForExpression, Name } from '../syntax/tree.ts'
import { convert } from './convert.ts'
import { bind, type Evaluation, fail, spend } from './evaluation.ts'
import { type Entry, entriesOf } from './iterate.ts'
import { BOOL, DYNAMIC, friendlyType, STRING } from './type.ts'
import { FAILED, hasFailed, markSensitive, object, tuple, typeOf, unknownFrom, type Value } from './value.ts'

export const bindEntry = (evaluation: Evaluation, key: Name | undefined, value: Name, entry: Entry): Evaluation => {
  const inner = key ? bind(evaluation, key.text, entry.key) : evaluation
  return bind(inner, value.text, entry.value)
}

/** What a `for` goes through. */
export interface Collection {
  readonly entries: readonly Entry[]
  readonly sensitive: boolean
}

/** The collection, or the value that stands for the whole result. */
export const collectionOf = (expression: Expression, evaluation: Evaluation): Collection | Value => {
  const collection = evaluation.evaluate(expression, evaluation)
  if (collection.kind === 'unknown') return unknownFrom(DYNAMIC, collection)
  if (collection.kind === 'null')
    return fail(evaluation, expression, 'A for expression cannot go through null. Use an empty list or map instead.')
  const entries = entriesOf(collection)
  if (entries) {
    spend(evaluation, entries.length, expression)
    return { entries, sensitive: collection.sensitive === true }
  }
  return fail(
    evaluation,
    expression,
    `A for expression goes through lists, sets, maps and objects, not through a ${friendlyType(typeOf(collection))}.`,
  )
}

interface Run {
  readonly evaluation: Evaluation
  sensitive: boolean
  unknown: Value | undefined
}

/** Whether the element is taken; undefined: not known, or reported. */
const passes = (run: Run, condition: Expression | undefined, inner: Evaluation): boolean | undefined => {
  if (!condition) return true
  const given = inner.evaluate(condition, inner)
  if (given.kind === 'null') {
    run.unknown = fail(inner, condition, 'The condition after "if" is null. It must be true or false.')
    return undefined
  }
  const converted = convert(given, BOOL)
  if (converted.kind === 'failure') {
    run.unknown = fail(inner, condition, `The condition after "if" is unsuitable: ${converted.reason}.`)
    return undefined
  }
  if (converted.sensitive) run.sensitive = true
  if (converted.kind === 'bool') return converted.value
  run.unknown ??= unknownFrom(DYNAMIC, converted)
  return undefined
}

const keyOf = (run: Run, expression: Expression, inner: Evaluation): string | undefined => {
  const given = inner.evaluate(expression, inner)
  if (given.kind === 'null') {
    run.unknown = fail(inner, expression, 'The key of an entry is null. It must be a string.')
    return undefined
  }
  const converted = convert(given, STRING)
  if (converted.kind === 'failure') {
    run.unknown = fail(inner, expression, `The key of an entry is unsuitable: ${converted.reason}.`)
    return undefined
  }
  if (converted.sensitive) run.sensitive = true
  if (converted.kind === 'string') return converted.value
  run.unknown ??= unknownFrom(DYNAMIC, converted)
  return undefined
}

const forTuple = (expression: ForExpression, entries: readonly Entry[], run: Run): Value => {
  const items: Value[] = []
  for (const entry of entries) {
    const inner = bindEntry(run.evaluation, expression.key, expression.value, entry)
    const taken = passes(run, expression.condition, inner)
    if (taken === undefined && run.unknown && hasFailed(run.unknown)) return FAILED
    if (taken) items.push(inner.evaluate(expression.result, inner))
  }
  return run.unknown ?? tuple(items)
}

const forObject = (expression: ForExpression, resultKey: Expression, entries: readonly Entry[], run: Run): Value => {
  const found = new Map<string, Value[]>()
  for (const entry of entries) {
    const inner = bindEntry(run.evaluation, expression.key, expression.value, entry)
    const taken = passes(run, expression.condition, inner)
    const key = taken ? keyOf(run, resultKey, inner) : undefined
    if (run.unknown && hasFailed(run.unknown)) return FAILED
    if (key === undefined) continue
    const value = inner.evaluate(expression.result, inner)
    const group = found.get(key)
    if (!group) found.set(key, [value])
    else if (expression.group) group.push(value)
    else
      return fail(
        run.evaluation,
        resultKey,
        `Two entries have the key ${JSON.stringify(key)}. Make the keys distinct, or write "..." after the value to group the values of one key.`,
      )
  }
  if (run.unknown) return run.unknown
  return object(
    Array.from(found, ([key, group]) => [key, expression.group ? tuple(group) : (group[0] ?? FAILED)] as const),
  )
}

/** `[for …]` and `{for …}` */
export const evaluateFor = (expression: ForExpression, evaluation: Evaluation): Value => {
  const collection = collectionOf(expression.collection, evaluation)
  if ('kind' in collection) return collection
  const { entries, sensitive } = collection
  const run: Run = { evaluation, sensitive, unknown: undefined }
  const result = expression.resultKey
    ? forObject(expression, expression.resultKey, entries, run)
    : forTuple(expression, entries, run)
  return run.sensitive ? markSensitive(result) : result
}
