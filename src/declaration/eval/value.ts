import { FULL_PRECISION, fromDouble, type Num } from './number.ts'
import {
  BOOL,
  compareStrings,
  DYNAMIC,
  listOf,
  mapOf,
  NUMBER,
  objectOf,
  STRING,
  setOf,
  type Type,
  tupleOf,
} from './type.ts'

/** Set on a value that must not be shown; every operation hands it on to its result. */
interface Marked {
  readonly sensitive?: true
}

/**
 * What a collection comes to when each part is counted wherever it occurs, known from when it is made: parts may be shared, so that walking a
 * small value can take for ever.
 */
export interface Extent {
  /** See `sizeOf`. */
  readonly size: number
  /** Collections within one another. */
  readonly depth: number
  /** Bits that tell what is inside, at any depth: `Holds`. */
  readonly holds: number
}

export interface StringValue extends Marked {
  readonly kind: 'string'
  /** In Unicode normal form C. */
  readonly value: string
}

export interface NumberValue extends Marked {
  readonly kind: 'number'
  readonly value: Num
  /** Bits; missing: 512. */
  readonly precision?: number
}

export interface BoolValue extends Marked {
  readonly kind: 'bool'
  readonly value: boolean
}

export interface ListValue extends Marked, Extent {
  readonly kind: 'list'
  readonly element: Type
  readonly items: readonly Value[]
}

/** Items are distinct and in the set's order. Made by `setValue` only. */
export interface SetValue extends Marked, Extent {
  readonly kind: 'set'
  readonly element: Type
  readonly items: readonly Value[]
}

/** Entries are sorted by key. */
export interface MapValue extends Marked, Extent {
  readonly kind: 'map'
  readonly element: Type
  readonly entries: ReadonlyMap<string, Value>
}

export interface TupleValue extends Marked, Extent {
  readonly kind: 'tuple'
  readonly items: readonly Value[]
}

/** Entries are sorted by name. */
export interface ObjectValue extends Marked, Extent {
  readonly kind: 'object'
  readonly entries: ReadonlyMap<string, Value>
  /** Resources: attributes that exist but are not declared, whose value the server chooses. */
  readonly open?: OpenAttributes
}

export interface OpenAttributes {
  /** The resource, for messages: `vm.web`. */
  readonly owner: string
  readonly has: (name: string) => boolean
  readonly names: () => Iterable<string>
  /** What a name that another tool has for it is called here. */
  readonly hint?: (name: string) => string | undefined
  /** What stands for an attribute that `has` knows. */
  readonly value: (name: string) => Value
}

export interface NullValue extends Marked {
  readonly kind: 'null'
  readonly type: Type
}

/** A value the server chooses, or one that could not be evaluated (`failed`: its problem is already reported). */
export interface UnknownValue extends Marked {
  readonly kind: 'unknown'
  readonly type: Type
  readonly failed?: true
  /** What it stands for, for messages: `vm.web.vmid`. */
  readonly origin?: string
}

export type Value =
  | StringValue
  | NumberValue
  | BoolValue
  | ListValue
  | SetValue
  | MapValue
  | TupleValue
  | ObjectValue
  | NullValue
  | UnknownValue

/** What a conversion or a function gives when it cannot give a value. */
export interface Failure {
  readonly kind: 'failure'
  readonly reason: string
  /** The argument it is about, from 0. */
  readonly argument?: number
  /** The result would be out of all proportion. */
  readonly tooLarge?: true
}

export const failure = (reason: string, argument?: number): Failure =>
  argument === undefined ? { kind: 'failure', reason } : { kind: 'failure', reason, argument }

export const TRUE: BoolValue = { kind: 'bool', value: true }
const FALSE: BoolValue = { kind: 'bool', value: false }
export const NULL: NullValue = { kind: 'null', type: DYNAMIC }
export const FAILED: UnknownValue = { kind: 'unknown', type: DYNAMIC, failed: true }

export const bool = (value: boolean): BoolValue => (value ? TRUE : FALSE)
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/
export const string = (value: string): StringValue => ({
  kind: 'string',
  value: ASCII.test(value) ? value : value.normalize('NFC'),
})
export const number = (value: Num, precision = FULL_PRECISION): NumberValue =>
  precision === FULL_PRECISION ? { kind: 'number', value } : { kind: 'number', value, precision }
/** A whole number that a function counted; Terraform keeps 64 bits of those. */
export const integer = (value: number): NumberValue => number(value, 64)
/** Result of mathematics in doubles. */
export const double = (value: number): NumberValue => number(fromDouble(value), 53)
export const nullOf = (type: Type): NullValue => ({ kind: 'null', type })
export const unknown = (type: Type, origin?: string): UnknownValue =>
  origin === undefined ? { kind: 'unknown', type } : { kind: 'unknown', type, origin }

const [SENSITIVE, UNKNOWN, FAILED_INSIDE] = [1, 2, 4]

/** Whether a value is, or holds anywhere, something sensitive, unknown or failed. */
const bitsOf = (value: Value): number => {
  const own = value.sensitive ? SENSITIVE : 0
  if ('holds' in value) return own | value.holds
  return value.kind === 'unknown' ? own | UNKNOWN | (value.failed ? FAILED_INSIDE : 0) : own
}

/** Characters that count as much as one element. */
const PIECE_BITS = 4

/** Units for some text: memory and work go with it. */
export const textSize = (length: number): number => 1 + (length >> PIECE_BITS)

/** A number that no double holds is slow to read, to calculate with and to write, the more so the longer its digits are. */
const numberSize = (value: Num): number => (typeof value === 'number' ? 1 : 16 + (Math.abs(value.exponent) >> 4))

/** Elements, entries and pieces of text in a value, shared ones each time they occur. */
export const sizeOf = (value: Value): number => {
  if ('size' in value) return value.size
  if (value.kind === 'string') return textSize(value.value.length)
  return value.kind === 'number' ? numberSize(value.value) : 1
}

/** Units that a map or an object takes besides its values, for each entry and for itself. */
const [ENTRY, ENTRIES] = [3, 8]

/** The extent of a collection of these values. */
export const extentOf = (values: Iterable<Value>, base = 1): Extent => {
  let [size, depth, holds] = [base, 0, 0]
  for (const value of values) {
    size += sizeOf(value)
    holds |= bitsOf(value)
    if ('depth' in value && value.depth > depth) depth = value.depth
  }
  return { size, depth: depth + 1, holds }
}

const extentOfEntries = (entries: ReadonlyMap<string, Value>): Extent => {
  const { size, depth, holds } = extentOf(entries.values(), ENTRIES)
  return { size: size + ENTRY * entries.size, depth, holds }
}

export const tuple = (items: readonly Value[]): TupleValue => {
  const { size, depth, holds } = extentOf(items)
  return { kind: 'tuple', items, size, depth, holds }
}

export const list = (element: Type, items: readonly Value[]): ListValue => {
  const { size, depth, holds } = extentOf(items)
  return { kind: 'list', element, items, size, depth, holds }
}

const sortEntries = (entries: Iterable<readonly [string, Value]>): ReadonlyMap<string, Value> => {
  const all = [...entries]
  let sorted = true
  for (let i = 1; i < all.length && sorted; i++) {
    const [before, after] = [all[i - 1], all[i]]
    if (before && after && compareStrings(before[0], after[0]) >= 0) sorted = false
  }
  return new Map(sorted ? all : all.sort(([a], [b]) => compareStrings(a, b)))
}

export const object = (given: Iterable<readonly [string, Value]>): ObjectValue => {
  const entries = sortEntries(given)
  const { size, depth, holds } = extentOfEntries(entries)
  return { kind: 'object', entries, size, depth, holds }
}

export const map = (element: Type, given: Iterable<readonly [string, Value]>): MapValue => {
  const entries = sortEntries(given)
  const { size, depth, holds } = extentOfEntries(entries)
  return { kind: 'map', element, entries, size, depth, holds }
}

export const precisionOf = ({ precision }: NumberValue): number => precision ?? FULL_PRECISION

export const typeOf = (value: Value): Type => {
  switch (value.kind) {
    case 'string':
      return STRING
    case 'number':
      return NUMBER
    case 'bool':
      return BOOL
    case 'list':
      return listOf(value.element)
    case 'set':
      return setOf(value.element)
    case 'map':
      return mapOf(value.element)
    case 'tuple':
      return tupleOf(value.items.map(typeOf))
    case 'object':
      return objectOf(Array.from(value.entries, ([name, inner]) => [name, typeOf(inner)] as const))
    default:
      return value.type
  }
}

export const isSensitive = ({ sensitive }: Value): boolean => sensitive === true

export const markSensitive = <V extends Value>(value: V): V =>
  value.sensitive ? value : { ...value, sensitive: true as const }

/** Hands the mark on: the result is sensitive when any of the values it was made from is. */
export const withMarksOf = <V extends Value>(value: V, ...sources: readonly Value[]): V =>
  sources.some(isSensitive) ? markSensitive(value) : value

export const unmarked = <V extends Value>(value: V): V => {
  if (!value.sensitive) return value
  const { sensitive: _, ...rest } = value
  return rest as V
}

/** Elements of a list, set, tuple, map or object; undefined for anything else. */
export const elementsOf = (value: Value): readonly Value[] | undefined => {
  switch (value.kind) {
    case 'list':
    case 'set':
    case 'tuple':
      return value.items
    case 'map':
    case 'object':
      return [...value.entries.values()]
    default:
      return undefined
  }
}

/** No unknown value anywhere inside. */
export const isWhollyKnown = (value: Value): boolean => (bitsOf(value) & UNKNOWN) === 0

export const hasSensitive = (value: Value): boolean => (bitsOf(value) & SENSITIVE) !== 0

export const hasFailed = (value: Value): boolean => (bitsOf(value) & FAILED_INSIDE) !== 0

const mapElements = (value: Value, change: (inner: Value) => Value): Value => {
  switch (value.kind) {
    case 'list':
    case 'set':
    case 'tuple': {
      const items = value.items.map(change)
      return { ...value, items, ...extentOf(items) }
    }
    case 'map':
    case 'object': {
      const entries = new Map(Array.from(value.entries, ([key, inner]) => [key, change(inner)]))
      return { ...value, entries, ...extentOfEntries(entries) }
    }
    default:
      return value
  }
}

/** Without any mark, at any depth. */
export const deepUnmarked = (value: Value): Value =>
  hasSensitive(value) ? mapElements(unmarked(value), deepUnmarked) : value

/** An unknown value with the type of something that depends on these; reports nothing more when one of them failed. */
export const unknownFrom = (type: Type, ...sources: readonly Value[]): UnknownValue => {
  if (sources.some((source) => source.kind === 'unknown' && source.failed)) return withMarksOf(FAILED, ...sources)
  const origin = sources.find((source): source is UnknownValue => source.kind === 'unknown' && !!source.origin)?.origin
  return withMarksOf(unknown(type, origin), ...sources)
}
