import { formatNumber, parseNumber } from './number.ts'
import { setValue } from './set.ts'
import { DYNAMIC, friendlyType, hasDynamic, type ObjectType, sameType, type Type } from './type.ts'
import { unify } from './unify.ts'
import {
  bool,
  type Failure,
  failure,
  list,
  map,
  nullOf,
  number,
  object,
  precisionOf,
  string,
  tuple,
  typeOf,
  unknownFrom,
  type Value,
  withMarksOf,
} from './value.ts'

const required = (type: Type): string => {
  const article = /^[aeiou]/.test(friendlyType(type)) ? 'an' : 'a'
  return type.kind === 'dynamic' ? 'a value is required' : `${article} ${friendlyType(type)} is required`
}

const toBool = (text: string): Value | Failure => {
  if (text === 'true' || text === '1') return bool(true)
  if (text === 'false' || text === '0') return bool(false)
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 'false')
    return failure(`a bool is required; to convert from string, use lowercase "${lower}"`)
  return failure('a bool is required')
}

const parseInfinity = (text: string): number | undefined => {
  const match = /^([+-]?)[Ii]nf$/.exec(text)
  return match ? (match[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : undefined
}

const convertPrimitive = (value: Value, type: Type): Value | Failure => {
  if (type.kind === 'string') {
    if (value.kind === 'number') return string(formatNumber(value.value, precisionOf(value)))
    if (value.kind === 'bool') return string(String(value.value))
    return failure('a string is required')
  }
  if (value.kind !== 'string') return failure(required(type))
  if (type.kind === 'bool') return toBool(value.value)
  const parsed = parseInfinity(value.value) ?? parseNumber(value.value)
  return parsed === undefined ? failure('a number is required') : number(parsed)
}

/** Converts every element; the first one that cannot be converted decides, named by its key. */
const convertAll = (
  entries: Iterable<readonly [string | number, Value]>,
  type: Type,
): readonly (readonly [string, Value])[] | Failure => {
  const converted: (readonly [string, Value])[] = []
  for (const [key, value] of entries) {
    const result = convert(value, type)
    if (result.kind === 'failure') {
      const place = typeof key === 'number' ? `element ${key}` : `element ${JSON.stringify(key)}`
      return failure(`${place}: ${result.reason}`)
    }
    converted.push([String(key), result])
  }
  return converted
}

/** With "any" as element type, the one type that all elements can have. */
const elementType = (type: Type, values: readonly Value[]): Type | Failure => {
  if (!hasDynamic(type)) return type
  const types: Type[] = []
  for (const value of values) {
    const result = convert(value, type)
    if (result.kind === 'failure') return result
    types.push(typeOf(result))
  }
  const known = types.filter((_, index) => !(values[index]?.kind === 'null' && values[index]?.type.kind === 'dynamic'))
  return unify(known.length > 0 ? known : types) ?? failure('all elements must have the same type')
}

const toCollection = (
  entries: readonly (readonly [string | number, Value])[],
  constraint: Type,
  build: (element: Type, entries: readonly (readonly [string, Value])[]) => Value,
): Value | Failure => {
  const element = elementType(
    constraint,
    entries.map(([, value]) => value),
  )
  if (element.kind === 'failure') return element
  const converted = convertAll(entries, element)
  return 'kind' in converted ? converted : build(element, converted)
}

const valuesOf = (entries: readonly (readonly [string, Value])[]): readonly Value[] => entries.map(([, value]) => value)

const toSequence = (value: Value, type: Type, element: Type): Value | Failure => {
  if (value.kind !== 'list' && value.kind !== 'set' && value.kind !== 'tuple') return failure(required(type))
  const entries = value.items.map((item, index) => [index, item] as const)
  return toCollection(entries, element, (found, converted) =>
    type.kind === 'set' ? setValue(found, valuesOf(converted)) : list(found, valuesOf(converted)),
  )
}

const toMap = (value: Value, type: Type, element: Type): Value | Failure => {
  if (value.kind !== 'map' && value.kind !== 'object') return failure(required(type))
  return toCollection([...value.entries], element, map)
}

const toTuple = (value: Value, type: Type & { readonly kind: 'tuple' }): Value | Failure => {
  if (value.kind !== 'tuple') return failure(required(type))
  const difference = value.items.length - type.elements.length
  if (difference !== 0) return failure(`tuple required: ${difference > 0 ? 'too many' : 'not enough'} elements`)
  const items: Value[] = []
  for (const [index, item] of value.items.entries()) {
    const result = convert(item, type.elements[index] ?? DYNAMIC)
    if (result.kind === 'failure') return failure(`element ${index}: ${result.reason}`)
    items.push(result)
  }
  return tuple(items)
}

const missingAttributes = (type: ObjectType, has: (name: string) => boolean): Failure | undefined => {
  const missing = [...type.attributes.keys()].filter((name) => !type.optional?.has(name) && !has(name))
  if (missing.length === 0) return undefined
  const names = missing.map((name) => JSON.stringify(name))
  return failure(
    names.length === 1
      ? `attribute ${names[0]} is required`
      : `attributes ${names.slice(0, -1).join(', ')} and ${names.at(-1)} are required`,
  )
}

const toObject = (value: Value, type: ObjectType): Value | Failure => {
  if (value.kind !== 'map' && value.kind !== 'object') return failure(required(type))
  const missing = missingAttributes(type, (name) => value.entries.has(name))
  if (missing) return missing
  const entries: [string, Value][] = []
  for (const [name, inner] of type.attributes) {
    const given = value.entries.get(name)
    const result = given ? convert(given, inner) : nullOf(withoutOptional(inner))
    if (result.kind === 'failure') return failure(`attribute ${JSON.stringify(name)}: ${result.reason}`)
    entries.push([name, result])
  }
  return object(entries)
}

/** The type of values that satisfy a constraint: nothing is optional any more. */
const withoutOptional = (type: Type): Type => {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return { ...type, element: withoutOptional(type.element) }
    case 'tuple':
      return { ...type, elements: type.elements.map(withoutOptional) }
    case 'object':
      return {
        kind: 'object',
        attributes: new Map(Array.from(type.attributes, ([name, inner]) => [name, withoutOptional(inner)])),
      }
    default:
      return type
  }
}

const convertKnown = (value: Value, type: Type): Value | Failure => {
  switch (type.kind) {
    case 'string':
    case 'number':
    case 'bool':
      return convertPrimitive(value, type)
    case 'list':
    case 'set':
      return toSequence(value, type, type.element)
    case 'map':
      return toMap(value, type, type.element)
    case 'tuple':
      return toTuple(value, type)
    case 'object':
      return toObject(value, type)
    default:
      return value
  }
}

const canConvertType = (from: Type, to: Type): boolean => {
  if (from.kind === 'dynamic' || to.kind === 'dynamic' || from.kind === to.kind) return true
  if (to.kind === 'string') return from.kind === 'number' || from.kind === 'bool'
  if (to.kind === 'number' || to.kind === 'bool') return from.kind === 'string'
  const sequences: readonly Type['kind'][] = ['list', 'set', 'tuple']
  if (to.kind === 'list' || to.kind === 'set') return sequences.includes(from.kind)
  if (to.kind === 'map' || to.kind === 'object') return from.kind === 'map' || from.kind === 'object'
  return false
}

/** Brings a value to a type by Terraform's rules, or says why that cannot be. Marks are kept. */
export const convert = (value: Value, type: Type): Value | Failure => {
  if (type.kind === 'dynamic' || value.kind === type.kind) {
    if (type.kind === 'dynamic' || type.kind === 'string' || type.kind === 'number' || type.kind === 'bool')
      return value
  }
  if (value.kind === 'null') {
    if (!canConvertType(value.type, type)) return failure(required(type))
    const keeps = hasDynamic(type) && value.type.kind !== 'dynamic'
    return withMarksOf(nullOf(keeps ? value.type : withoutOptional(type)), value)
  }
  if (value.kind === 'unknown') {
    if (value.failed) return value
    if (!canConvertType(value.type, type)) return failure(required(type))
    return unknownFrom(hasDynamic(type) ? value.type : withoutOptional(type), value)
  }
  const own = value.kind === 'list' || value.kind === 'set' || value.kind === 'map'
  if (own && (type.kind === 'list' || type.kind === 'set' || type.kind === 'map') && value.kind === type.kind)
    if (sameType(value.element, type.element)) return value
  const result = convertKnown(value, type)
  return result.kind === 'failure' ? result : withMarksOf(result, value)
}
