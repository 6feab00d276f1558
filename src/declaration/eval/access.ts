import { suggestion } from '../../util/did-you-mean.ts'
import type { Located } from '../syntax/source.ts'
import { convert } from './convert.ts'
import { type Evaluation, fail, spend } from './evaluation.ts'
import { formatNumber, isWhole } from './number.ts'
import { DYNAMIC, friendlyType, NUMBER, STRING, type Type } from './type.ts'
import { type ObjectValue, typeOf, unknown, unknownFrom, type Value, withMarksOf } from './value.ts'

const attributeType = (type: Type, name: string): Type => {
  if (type.kind === 'object') return type.attributes.get(name) ?? DYNAMIC
  return type.kind === 'map' ? type.element : DYNAMIC
}

/** As many keys as are worth comparing with a word that none of them is. */
const firstKeys = (evaluation: Evaluation, entries: ReadonlyMap<string, Value>, at: Located): readonly string[] => {
  const names: string[] = []
  for (const name of entries.keys()) if (names.push(name) >= MOST_KEYS) break
  spend(evaluation, names.length >> 3, at)
  return names
}

const MOST_KEYS = 1000

const missing = (evaluation: Evaluation, value: ObjectValue, name: string, at: Located): Value => {
  if (value.open?.has(name)) return withMarksOf(value.open.value(name), value)
  const candidates = [...new Set([...firstKeys(evaluation, value.entries, at), ...(value.open?.names() ?? [])])]
  const meant = value.open?.hint?.(name)
  const hint = meant === undefined ? suggestion(name, candidates) : ` Did you mean "${meant}"?`
  const owner = value.open ? value.open.owner : 'This object'
  const shown = candidates
    .slice(0, 8)
    .map((candidate) => `"${candidate}"`)
    .join(', ')
  const known =
    hint !== '' ? '' : shown === '' ? ' It is empty.' : ` It has ${shown}${candidates.length > 8 ? ' …' : ''}.`
  return fail(evaluation, at, `${owner} has no attribute named "${name}".${hint}${known}`)
}

/** `value.name` */
export const attributeOf = (evaluation: Evaluation, value: Value, name: string, at: Located): Value => {
  switch (value.kind) {
    case 'object': {
      const found = value.entries.get(name)
      return found ? withMarksOf(found, value) : missing(evaluation, value, name, at)
    }
    case 'map': {
      const found = value.entries.get(name)
      if (found) return withMarksOf(found, value)
      return fail(
        evaluation,
        at,
        `This map has no element with the key "${name}".${suggestion(name, firstKeys(evaluation, value.entries, at))}`,
      )
    }
    case 'null':
      return fail(evaluation, at, `This value is null, so it has no attribute "${name}".`)
    case 'unknown': {
      const type = attributeType(value.type, name)
      if (value.failed || !value.origin) return unknownFrom(type, value)
      return withMarksOf(unknown(type, `${value.origin}.${name}`), value)
    }
    case 'list':
    case 'set':
    case 'tuple':
      return fail(
        evaluation,
        at,
        `A ${value.kind} has no attributes. Name one element with [0], or take "${name}" of all of them with [*].${name}.`,
      )
    default:
      return fail(evaluation, at, `A ${value.kind} has no attributes, so "${name}" cannot be taken of it.`)
  }
}

const elementAt = (evaluation: Evaluation, items: readonly Value[], key: Value, at: Located): Value => {
  const index = convert(key, NUMBER)
  if (index.kind === 'failure') return fail(evaluation, at, `The index is unsuitable: ${index.reason}.`)
  if (index.kind !== 'number') return unknownFrom(DYNAMIC, index)
  if (!isWhole(index.value))
    return fail(evaluation, at, `An index must be a whole number, and ${formatNumber(index.value)} is not.`)
  const position = typeof index.value === 'number' ? index.value : Number.NaN
  const found = items[position]
  if (found) return found
  const count =
    items.length === 0
      ? 'it is empty'
      : `it has ${items.length} element${items.length === 1 ? '' : 's'}, counted from 0`
  const negative = position < 0 ? ' Use element(list, -1) to count from the end.' : ''
  return fail(evaluation, at, `There is no element with index ${formatNumber(index.value)}: ${count}.${negative}`)
}

const entryAt = (evaluation: Evaluation, value: Value, key: Value, at: Located): Value => {
  const name = convert(key, STRING)
  if (name.kind === 'failure') return fail(evaluation, at, `The key is unsuitable: ${name.reason}.`)
  if (name.kind !== 'string') return unknownFrom(value.kind === 'map' ? value.element : DYNAMIC, name)
  return attributeOf(evaluation, value, name.value, at)
}

const indexUnknown = (value: Value, key: Value): Value => {
  const type = typeOf(value)
  const element = type.kind === 'list' || type.kind === 'map' ? type.element : DYNAMIC
  return unknownFrom(element, value, key)
}

/** `value[key]` */
export const indexOf = (evaluation: Evaluation, value: Value, key: Value, at: Located): Value => {
  if (value.kind === 'null') return fail(evaluation, at, 'This value is null, so it has no elements.')
  if (key.kind === 'null') return fail(evaluation, at, 'The key is null. Use a number for lists and a string for maps.')
  if (value.kind === 'unknown') return indexUnknown(value, key)
  switch (value.kind) {
    case 'list':
    case 'tuple':
      return withMarksOf(elementAt(evaluation, value.items, key, at), value, key)
    case 'map':
    case 'object':
      return withMarksOf(entryAt(evaluation, value, key, at), value, key)
    case 'set':
      return fail(
        evaluation,
        at,
        'The elements of a set have no order or key. Use tolist() first, or a for expression.',
      )
    default:
      return fail(evaluation, at, `A ${friendlyType(typeOf(value))} has no elements.`)
  }
}
