import { formatNumber } from '../../eval/number.ts'
import { elementsOf, precisionOf, type Value } from '../../eval/value.ts'

/** Characters that Terraform's JSON writes as escapes so that it can stand in HTML and JavaScript. */
const ESCAPED: { readonly [character: string]: string } = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

export const jsonString = (text: string): string =>
  JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => ESCAPED[character] ?? character)

/** JSON of a known value, without blanks, keys sorted. */
export const jsonText = (value: Value): string => {
  switch (value.kind) {
    case 'null':
    case 'unknown':
      return 'null'
    case 'string':
      return jsonString(value.value)
    case 'number':
      return formatNumber(value.value, precisionOf(value))
    case 'bool':
      return String(value.value)
    case 'list':
    case 'set':
    case 'tuple':
      return `[${value.items.map(jsonText).join(',')}]`
    case 'map':
    case 'object':
      return `{${Array.from(value.entries, ([key, inner]) => `${jsonString(key)}:${jsonText(inner)}`).join(',')}}`
  }
}

/** A number in it is infinite, which JSON has no way to write. */
export const hasInfinity = (value: Value): boolean =>
  value.kind === 'number'
    ? typeof value.value === 'number' && !Number.isFinite(value.value)
    : (elementsOf(value)?.some(hasInfinity) ?? false)
