import { convert } from '../eval/convert.ts'
import { areEqual } from '../eval/equality.ts'
import { valueKey } from '../eval/set.ts'
import { BOOL, compareStrings, DYNAMIC, listOf, NUMBER, STRING, type Type } from '../eval/type.ts'
import { unify } from '../eval/unify.ts'
import {
  bool,
  FAILED,
  type Failure,
  failure,
  integer,
  isWhollyKnown,
  list,
  NULL,
  nullOf,
  sizeOf,
  tuple,
  typeOf,
  unknownFrom,
  type Value,
  withMarksOf,
} from '../eval/value.ts'
import { isFailure, spec, text, whole, withEffort } from './call/arguments.ts'
import { aGlance, comparing, eachElement, times } from './call/effort.ts'
import { ANY_LIST, elementOf, inner, items, sequence, unified } from './call/elements.ts'
import type { FunctionGroup } from './call/function-world.ts'
import { parameter } from './call/parameter.ts'
import { graphemesOf, SEGMENTING } from './text/graphemes.ts'

const truths = (value: Value | undefined, all: boolean): Value => {
  let open: Value | undefined
  for (const item of items(value)) {
    if (item.kind === 'unknown') open = item
    else if (item.kind === 'null' ? all : item.kind === 'bool' && item.value !== all) return bool(!all)
  }
  return open ? unknownFrom(BOOL, open) : bool(all)
}

const chunklist = ([given, size]: readonly Value[]): Value | Failure => {
  const count = whole(size, 1)
  if (isFailure(count)) return count
  if (count < 0) return failure('the size must be 0 or more', 1)
  const all = items(given)
  const element = elementOf(given)
  const step = count === 0 ? Math.max(all.length, 1) : count
  const chunks: Value[] = []
  for (let at = 0; at < all.length; at += step) chunks.push(list(element, all.slice(at, at + step)))
  return list(listOf(element), chunks)
}

const isEmptyText = (value: Value): boolean => value.kind === 'string' && value.value === ''

const coalesce = (args: readonly Value[]): Value | Failure => {
  const type = unify(args.map(typeOf))
  if (!type) return failure('all arguments must have the same type')
  for (const arg of args) {
    if (arg.kind === 'unknown') return unknownFrom(type, arg)
    const converted = convert(arg, type)
    if (converted.kind === 'failure') return failure('all arguments must have the same type')
    if (converted.kind !== 'null' && !isEmptyText(converted)) return converted
  }
  return failure('no non-null, non-empty-string arguments')
}

const coalescelist = (args: readonly Value[]): Value | Failure => {
  if (args.length === 0) return failure('at least one argument is needed')
  for (const [index, arg] of args.entries()) {
    if (arg.kind === 'unknown') return unknownFrom(DYNAMIC, arg)
    if (arg.kind === 'null' && arg.type.kind !== 'dynamic') continue
    const found = arg.kind === 'list' || arg.kind === 'tuple' ? arg.items : undefined
    if (!found) return failure('it must be a list or tuple', index)
    if (found.length > 0) return arg
  }
  return failure('no non-null, non-empty lists')
}

const concat = (args: readonly Value[]): Value | Failure => {
  if (args.length === 0) return failure('at least one argument is needed')
  for (const [index, arg] of args.entries())
    if (arg.kind !== 'list' && arg.kind !== 'tuple') return failure('it must be a list or tuple', index)
  const all = args.flatMap((arg) => items(arg))
  const element = args.every(({ kind }) => kind === 'list') ? unify(args.map(elementOf)) : undefined
  if (!element) return tuple(all)
  const converted = unified(all.length > 0 ? all : [], 'the lists have different element types')
  return isFailure(converted) ? tuple(all) : list(all.length > 0 ? typeOfAll(converted, element) : element, converted)
}

const typeOfAll = (values: readonly Value[], otherwise: Type): Type => (values[0] ? typeOf(values[0]) : otherwise)

const positionOf = (all: readonly Value[], wanted: Value): number =>
  wanted.kind === 'string'
    ? all.findIndex((item) => item.kind === 'string' && item.value === wanted.value)
    : all.findIndex((item) => areEqual(item, wanted))

const contains = ([given, wanted]: readonly Value[]): Value | Failure => {
  const all = sequence(given)
  if (!all || !wanted) return failure('it must be a list, tuple or set', 0)
  if (positionOf(all, wanted) >= 0) return bool(true)
  const open = [...all, wanted].find((item) => !isWhollyKnown(item))
  return open ? unknownFrom(BOOL, open) : bool(false)
}

const distinct = ([given]: readonly Value[]): Value => {
  const seen = new Set<string>()
  const kept = items(given).filter((item) => {
    const key = valueKey(item)
    return seen.has(key) ? false : seen.add(key)
  })
  return list(elementOf(given), kept)
}

const element = ([given, index]: readonly Value[]): Value | Failure => {
  if (given?.kind !== 'list' && given?.kind !== 'tuple') return failure('it must be a list or tuple', 0)
  const at = whole(index, 1)
  if (isFailure(at)) return at
  const count = given.items.length
  if (count === 0) return failure('the list is empty, so it has no elements', 0)
  if (at < 0) return failure('it must be 0 or more', 1)
  return given.items[at % count] ?? FAILED
}

const flattenInto = (values: readonly Value[], into: Value[]): Value | undefined => {
  for (const value of values) {
    if (value.kind === 'unknown' && value.type.kind === 'dynamic') return value
    const inner = sequence(value)
    const open = inner
      ? flattenInto(
          inner.map((item) => withMarksOf(item, value)),
          into,
        )
      : undefined
    if (open) return open
    if (!inner) into.push(value)
  }
  return undefined
}

const flatten = ([given]: readonly Value[]): Value | Failure => {
  const all = sequence(given)
  if (!all || !given) return failure('it must be a list, set or tuple', 0)
  const flat: Value[] = []
  const open = flattenInto(all, flat)
  return open ? unknownFrom(DYNAMIC, open) : tuple(flat)
}

const index = ([given, wanted]: readonly Value[]): Value | Failure => {
  if ((given?.kind !== 'list' && given?.kind !== 'tuple') || !wanted) return failure('it must be a list or tuple', 0)
  if (given.items.length === 0) return failure('an empty list has no such element', 0)
  const at = positionOf(given.items, wanted)
  if (at >= 0) return integer(at)
  const open = [...given.items, wanted].find((item) => !isWhollyKnown(item))
  return open ? unknownFrom(NUMBER, open) : failure('the value is not in the list', 1)
}

const countOf = (value: Value): number | undefined =>
  'items' in value ? value.items.length : 'entries' in value ? value.entries.size : undefined

const lengthOf = ([given]: readonly Value[]): Value | Failure => {
  if (given?.kind === 'string') return integer(graphemesOf(given.value).length)
  const count = given && countOf(given)
  return count !== undefined ? integer(count) : failure('it must be a string, a collection, an object or a tuple', 0)
}

const matchkeys = ([all, names, wanted]: readonly Value[]): Value | Failure => {
  const [found, by, search] = [items(all), items(names), items(wanted)]
  if (found.length !== by.length) return failure('the lists of values and of keys must have the same length')
  const kept = found.filter((_, at) => search.some((item) => by[at] !== undefined && areEqual(by[at], item)))
  return list(elementOf(all), kept)
}

const one = ([given]: readonly Value[]): Value | Failure => {
  const all = sequence(given)
  if (!all) return failure('it must be a list, set or tuple', 0)
  if (all.length > 1) return failure('it must have zero or one element', 0)
  return all[0] ?? (given?.kind === 'tuple' ? NULL : nullOf(elementOf(given)))
}

const reverse = ([given]: readonly Value[]): Value | Failure => {
  const all = sequence(given)
  if (!all || !given) return failure('it must be a list, set or tuple', 0)
  const turned = [...all].reverse()
  return given.kind === 'tuple' ? tuple(turned) : list(elementOf(given), turned)
}

const slice = ([given, from, to]: readonly Value[]): Value | Failure => {
  if (given?.kind === 'set') return failure('a set has no order; use tolist() first', 0)
  if (given?.kind !== 'list' && given?.kind !== 'tuple') return failure('it must be a list or tuple', 0)
  const [start, end] = [whole(from, 1), whole(to, 2)]
  if (isFailure(start)) return start
  if (isFailure(end)) return end
  if (start < 0) return failure('the start index must not be less than zero', 1)
  if (end > given.items.length)
    return failure(`the end index must not be greater than the length of the list, ${given.items.length}`, 2)
  if (start > end) return failure('the start index must not be greater than the end index', 1)
  const kept = given.items.slice(start, end)
  return given.kind === 'tuple' ? tuple(kept) : list(given.element, kept)
}

const sort = ([given]: readonly Value[]): Value | Failure => {
  const all = items(given)
  if (all.some(({ kind }) => kind === 'null')) return failure('a list with null values cannot be sorted', 0)
  return list(
    STRING,
    [...all].sort((a, b) => compareStrings(text(a), text(b))),
  )
}

const compact = ([given]: readonly Value[]): Value =>
  list(
    STRING,
    items(given).filter((item) => item.kind !== 'null' && !isEmptyText(item)),
  )

/** Functions of lists, tuples and collections of any kind. */
export const collectionFunctions: FunctionGroup = {
  alltrue: spec([parameter('list', listOf(BOOL))], BOOL, ([given]) => truths(given, true)),
  anytrue: spec([parameter('list', listOf(BOOL))], BOOL, ([given]) => truths(given, false)),
  chunklist: spec([parameter('list', ANY_LIST), parameter('size', NUMBER)], undefined, chunklist),
  coalesce: spec([], undefined, coalesce, parameter('vals', DYNAMIC, { nullable: true, unknowns: true })),
  coalescelist: withEffort(
    eachElement,
    spec([], undefined, coalescelist, parameter('vals', DYNAMIC, { nullable: true, unknowns: true })),
  ),
  compact: spec([parameter('list', listOf(STRING), { whole: true })], listOf(STRING), compact),
  concat: spec([], undefined, concat, parameter('seqs', DYNAMIC, inner)),
  contains: withEffort(comparing, spec([parameter('list'), parameter('value')], BOOL, contains)),
  distinct: spec([parameter('list', ANY_LIST, { whole: true })], undefined, distinct),
  element: withEffort(
    aGlance,
    spec([parameter('list', DYNAMIC, inner), parameter('index', NUMBER)], undefined, element),
  ),
  flatten: spec([parameter('list', DYNAMIC, inner)], undefined, flatten),
  index: withEffort(comparing, spec([parameter('list'), parameter('value')], NUMBER, index)),
  length: withEffort(
    (args) => (args[0]?.kind === 'string' ? times(SEGMENTING)(args) : aGlance(args)),
    spec([parameter('value', DYNAMIC, inner)], NUMBER, lengthOf),
  ),
  matchkeys: withEffort(
    ([, names, wanted]) => 1 + eachElement(names ? [names] : []) * (wanted ? sizeOf(wanted) : 1),
    spec(
      [
        parameter('values', ANY_LIST),
        parameter('keys', ANY_LIST, { whole: true }),
        parameter('searchset', ANY_LIST, { whole: true }),
      ],
      undefined,
      matchkeys,
    ),
  ),
  one: withEffort(aGlance, spec([parameter('list')], undefined, one)),
  reverse: withEffort(eachElement, spec([parameter('list', DYNAMIC, inner)], undefined, reverse)),
  slice: withEffort(
    eachElement,
    spec(
      [parameter('list', DYNAMIC, inner), parameter('start_index', NUMBER), parameter('end_index', NUMBER)],
      undefined,
      slice,
    ),
  ),
  sort: spec([parameter('list', listOf(STRING), { whole: true })], listOf(STRING), sort),
}
