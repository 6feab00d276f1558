import { formatNumber, toDouble } from './number.ts'
import { precisionOf, type Value } from './value.ts'

/** Plain JavaScript data, for outputs and schema checks; unknown values are undefined. Numbers too long for a double become text. */
export const toPlain = (value: Value): unknown => {
  switch (value.kind) {
    case 'null':
      return null
    case 'unknown':
      return undefined
    case 'string':
    case 'bool':
      return value.value
    case 'number':
      return typeof value.value === 'number' ||
        Number(formatNumber(value.value, precisionOf(value))) === toDouble(value.value)
        ? toDouble(value.value)
        : formatNumber(value.value, precisionOf(value))
    case 'list':
    case 'set':
    case 'tuple':
      return value.items.map(toPlain)
    case 'map':
    case 'object':
      return Object.fromEntries(Array.from(value.entries, ([key, inner]) => [key, toPlain(inner)]))
  }
}
