import { compareNumbers, formatNumber } from './number.ts'
import { compareStrings, compareText, type Type } from './type.ts'
import { deepUnmarked, extentOf, hasSensitive, markSensitive, precisionOf, type SetValue, type Value } from './value.ts'

/** Text that is equal for equal values of one type; compound values are ordered by it. */
export const valueKey = (value: Value): string => {
  switch (value.kind) {
    case 'unknown':
      return '?'
    case 'null':
      return 'null'
    case 'string':
      return JSON.stringify(value.value)
    case 'number':
      return formatNumber(value.value, precisionOf(value))
    case 'bool':
      return value.value ? 'T' : 'F'
    case 'list':
    case 'set':
      return `[${value.items.map((item) => `${valueKey(item)};`).join('')}]`
    case 'tuple':
      return `<${value.items.map((item) => `${valueKey(item)};`).join('')}>`
    case 'map':
      return `{${Array.from(value.entries, ([key, item]) => `${JSON.stringify(key)}:${valueKey(item)};`).join('')}}`
    case 'object':
      return `<${Array.from(value.entries, ([key, item]) => `${value.open ? key : ''}${valueKey(item)};`).join('')}>`
  }
}

interface Keyed {
  readonly key: string
  readonly value: Value
}

/** Null first, then by value where values have an order, else by key; unknown values last. */
const compareItems = (a: Keyed, b: Keyed): number => {
  const rank = ({ value }: Keyed): number => (value.kind === 'null' ? 0 : value.kind === 'unknown' ? 2 : 1)
  const ranks = rank(a) - rank(b)
  if (ranks !== 0) return ranks
  if (a.value.kind === 'number' && b.value.kind === 'number') return compareNumbers(a.value.value, b.value.value)
  if (a.value.kind === 'string' && b.value.kind === 'string') return compareStrings(a.value.value, b.value.value)
  if (a.value.kind === 'bool' && b.value.kind === 'bool') return Number(a.value.value) - Number(b.value.value)
  return compareText(a.key, b.key)
}

/** A set of values that already have the element type. Marks on elements become the set's. */
export const setValue = (element: Type, items: readonly Value[]): SetValue => {
  const sensitive = items.some(hasSensitive)
  const distinct = new Map<string, Value>()
  let unknowns = 0
  for (const item of items) {
    const plain = sensitive ? deepUnmarked(item) : item
    const key = plain.kind === 'unknown' ? `?${unknowns++}` : valueKey(plain)
    if (!distinct.has(key)) distinct.set(key, plain)
  }
  const keyed = Array.from(distinct, ([key, value]) => ({ key, value })).sort(compareItems)
  const all = keyed.map(({ value }) => value)
  const set: SetValue = { kind: 'set', element, items: all, ...extentOf(all) }
  return sensitive ? markSensitive(set) : set
}
