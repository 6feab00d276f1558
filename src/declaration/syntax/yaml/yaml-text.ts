import type { Scalar } from 'yaml'
import { embeddedSource, type Source } from '../source.ts'

const isBlank = (character: string | undefined): boolean => /^\s$/.test(character ?? '')

const ESCAPES: { readonly [letter: string]: number } = { x: 4, u: 6, U: 10 }

/** Length of the escape sequence that stands at a place of a double-quoted string. */
const escapeLength = (raw: string, at: number): number => ESCAPES[raw[at + 1] ?? ''] ?? 2

/**
 * Where each character of a string's value is written: blanks and line breaks, which YAML folds, are passed over, so that the others are met in
 * order.
 */
const placesIn = (raw: string, from: number, value: string, type: Scalar['type']): Int32Array => {
  const places = new Int32Array(value.length + 1)
  let at = from
  const pass = (): void => {
    while (at < raw.length && (isBlank(raw[at]) || (type === 'QUOTE_DOUBLE' && /^\\\r?\n/.test(raw.slice(at, at + 3)))))
      at++
  }
  for (let index = 0; index < value.length; index++) {
    const isEscape = type === 'QUOTE_DOUBLE' && raw[at] === '\\'
    if (!isBlank(value[index]) && !isEscape) pass()
    places[index] = Math.min(at, raw.length)
    const isEscaped = type === 'QUOTE_DOUBLE' && raw[at] === '\\'
    if (isEscaped) at += escapeLength(raw, at)
    else if (!isBlank(value[index])) at += type === 'QUOTE_SINGLE' && raw[at] === "'" ? 2 : 1
    else if (raw[at] === value[index]) at++
  }
  places[value.length] = Math.min(at, raw.length)
  return places
}

/** The text of a string in a YAML file, with the way back to where it is written. */
export const yamlText = (source: Source, node: Scalar, start: number, end: number): Source => {
  const value = String(node.value)
  const raw = source.text.slice(start, end)
  if (raw === value) return embeddedSource(source, value, (offset) => start + offset)
  if (raw.slice(1, -1) === value) return embeddedSource(source, value, (offset) => start + 1 + offset)
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
  const from = isBlock ? raw.indexOf('\n') + 1 : node.type === 'PLAIN' ? 0 : 1
  let places: Int32Array | undefined
  return embeddedSource(source, value, (offset) => {
    places ??= placesIn(raw, from, value, node.type)
    return start + (places[Math.min(Math.max(offset, 0), value.length)] ?? 0)
  })
}
