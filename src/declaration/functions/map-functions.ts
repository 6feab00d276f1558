import { convert } from '../eval/convert.ts'
import { compareStrings, DYNAMIC, listOf, mapOf, STRING, sameType } from '../eval/type.ts'
import {
  type Failure,
  failure,
  isSensitive,
  list,
  map,
  markSensitive,
  NULL,
  nullOf,
  object,
  string,
  tuple,
  typeOf,
  unknownFrom,
  type Value,
} from '../eval/value.ts'
import { spec, text, withEffort } from './call/arguments.ts'
import { aGlance, eachElement } from './call/effort.ts'
import { elementOf, entries, inner, items, sequence } from './call/elements.ts'
import type { FunctionGroup } from './call/function-world.ts'
import { parameter } from './call/parameter.ts'

/** Keys of one map are asked for again and again, as in `index(keys(local.guests), each.key)`. */
const KEYS = new WeakMap<ReadonlyMap<string, Value>, Value>()

const keys = ([given]: readonly Value[]): Value | Failure => {
  const found = entries(given)
  if (!found || !given) return failure('it must be a map or object', 0)
  const known = KEYS.get(found)
  if (known) return known
  const names = Array.from(found.keys(), string)
  const value = given.kind === 'map' ? list(STRING, names) : tuple(names)
  KEYS.set(found, value)
  return value
}

const values = ([given]: readonly Value[]): Value | Failure => {
  const found = entries(given)
  if (!found || !given) return failure('it must be a map or object', 0)
  return given.kind === 'map' ? list(given.element, [...found.values()]) : tuple([...found.values()])
}

const lookup = (args: readonly Value[]): Value | Failure => {
  const [given, key, otherwise, ...others] = args
  const found = entries(given)
  if (!found || !given) return failure('it must be a map or object', 0)
  if (others.length > 0) return failure('it takes two or three arguments')
  const value = found.get(text(key))
  if (given.kind === 'map' && otherwise) {
    const converted = convert(otherwise, given.element)
    if (converted.kind === 'failure')
      return failure(`the default must have the type of the map's elements: ${converted.reason}`, 2)
    return value ?? converted
  }
  if (value) return value
  return otherwise ?? failure(`there is no element with the key ${JSON.stringify(text(key))}, and no default`, 1)
}

const merge = (args: readonly Value[]): Value | Failure => {
  const merged = new Map<string, Value>()
  const given = args.filter(({ kind }) => kind !== 'null')
  const open = given.find(({ kind }) => kind === 'unknown')
  if (open) return unknownFrom(DYNAMIC, open)
  for (const [at, arg] of args.entries()) {
    if (arg.kind === 'null') continue
    const found = entries(arg)
    if (!found) return failure('arguments must be maps or objects', at)
    for (const [key, value] of found) merged.set(key, value)
  }
  if (args.length === 0) return object([])
  const [first] = given
  if (!first) return nullOrEmpty(args)
  const element = given.every((arg) => arg.kind === 'map' && sameType(arg.element, elementOf(first)))
    ? elementOf(first)
    : undefined
  const result = element ? map(element, merged) : object(merged)
  return args.some(isSensitive) ? markSensitive(result) : result
}

const nullOrEmpty = (args: readonly Value[]): Value => {
  const [first] = args
  const type = first ? typeOf(first) : DYNAMIC
  return type.kind === 'map' ? nullOf(type) : object([])
}

const transpose = ([given]: readonly Value[]): Value | Failure => {
  const turned = new Map<string, string[]>()
  for (const [key, inner] of entries(given) ?? [])
    for (const item of items(inner)) {
      if (item.kind !== 'string') return failure('it must hold no null', 0)
      const group = turned.get(item.value)
      if (group) group.push(key)
      else turned.set(item.value, [key])
    }
  const lists = Array.from(
    turned,
    ([key, names]) => [key, list(STRING, names.sort(compareStrings).map(string))] as const,
  )
  return map(listOf(STRING), lists)
}

const zipmap = ([names, given]: readonly Value[]): Value | Failure => {
  const all = sequence(given)
  if (!all || given?.kind === 'set') return failure('it must be a list or tuple', 1)
  const found = items(names)
  if (found.length !== all.length) return failure(`there are ${found.length} keys, but ${all.length} values`)
  if (found.some(({ kind }) => kind !== 'string')) return failure('no key may be null', 0)
  const pairs = found.map((name, at) => [text(name), all[at] ?? NULL] as const)
  return given?.kind === 'list' ? map(given.element, pairs) : object(pairs)
}

/** Functions of maps and objects. */
export const mapFunctions: FunctionGroup = {
  keys: withEffort(aGlance, spec([parameter('inputMap', DYNAMIC, inner)], undefined, keys)),
  lookup: withEffort(
    aGlance,
    spec(
      [parameter('inputMap', DYNAMIC, inner), parameter('key', STRING)],
      undefined,
      lookup,
      parameter('default', DYNAMIC, { nullable: true }),
    ),
  ),
  merge: withEffort(
    (args) => 3 * eachElement(args),
    spec([], undefined, merge, parameter('maps', DYNAMIC, { nullable: true, unknowns: true, innerMarks: true })),
  ),
  transpose: spec([parameter('values', mapOf(listOf(STRING)), { whole: true })], mapOf(listOf(STRING)), transpose),
  values: withEffort(eachElement, spec([parameter('mapping', DYNAMIC, inner)], undefined, values)),
  zipmap: spec(
    [parameter('keys', listOf(STRING), { whole: true }), parameter('values', DYNAMIC, inner)],
    undefined,
    zipmap,
  ),
}
