import type { Scalar } from '../../resource/config-value.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import type { ValueFacts } from '../facts/attribute.ts'
import { canonicalSize, parseSize } from './size.ts'
import { canonicalText } from './spelling.ts'
import { formatProblem } from './value-format.ts'

/** A normalised value, or what it must be instead. */
export type CheckedValue = { readonly value: Scalar } | { readonly problem: string }

const TRUE = new Set(['1', 'true', 'on', 'yes'])
const FALSE = new Set(['0', 'false', 'off', 'no'])

/** True, false, or undefined when the text is neither. */
const parseBoolean = (text: string): boolean | undefined => {
  const lower = text.toLowerCase()
  if (TRUE.has(lower)) return true
  return FALSE.has(lower) ? false : undefined
}

const quote = (value: Scalar): string => (typeof value === 'string' ? JSON.stringify(value) : String(value))

const range = ({ minimum, maximum }: ValueFacts): string => {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  return maximum === undefined ? '' : ` of at most ${maximum}`
}

const checkNumber = (facts: ValueFacts, given: Scalar): CheckedValue => {
  const what = facts.type === 'integer' ? 'a whole number' : 'a number'
  const must = { problem: `must be ${what}${range(facts)}, not ${quote(given)}` }
  const text = String(given).trim()
  if (typeof given === 'boolean' || !/^-?\d+(?:\.\d+)?$/.test(text)) return must
  const value = Number(text)
  if (facts.type === 'integer' && !Number.isInteger(value)) return must
  if (facts.minimum !== undefined && value < facts.minimum) return must
  return facts.maximum !== undefined && value > facts.maximum ? must : { value }
}

const checkEnum = (allowed: readonly (string | number)[], given: Scalar): CheckedValue => {
  const names = allowed.map(String)
  const word = given === true ? 'on' : given === false ? (names.includes('off') ? 'off' : 'ignore') : String(given)
  if (names.includes(word)) return { value: word }
  const same = names.find((name) => name.toLowerCase() === word.toLowerCase())
  return {
    problem: `must be one of ${names.map((name) => JSON.stringify(name)).join(', ')}, not ${quote(given)}.${
      same === undefined ? suggestion(word, names) : ` Did you mean "${same}"?`
    }`.replace(/\.$/, ''),
  }
}

const checkSize = (given: Scalar): CheckedValue => {
  const text = String(given).trim()
  if (/^\d+(?:\.\d+)?$/.test(text) && Number(text) < 1024 ** 2)
    return { problem: `must be a size with its unit; ${quote(given)} would be bytes. Write "${text}G" for ${text} GiB` }
  if (typeof given === 'boolean' || parseSize(text) === undefined || /b$/i.test(text))
    return { problem: `must be a size such as "32G" or "512M", not ${quote(given)}` }
  return { value: canonicalSize(text.toUpperCase()) }
}

const checkText = (facts: ValueFacts, given: Scalar): CheckedValue => {
  const value = typeof given === 'boolean' ? (given ? '1' : '0') : String(given)
  const { pattern, minLength, maxLength, format } = facts
  if (minLength !== undefined && value.length < minLength)
    return { problem: `must have at least ${minLength} characters` }
  if (maxLength !== undefined && value.length > maxLength)
    return { problem: `must have at most ${maxLength} characters, not ${value.length}` }
  if (pattern !== undefined && !new RegExp(pattern).test(value))
    return { problem: `must match ${pattern}, which ${quote(given)} does not` }
  const expected = format === undefined ? undefined : formatProblem(format, value)
  if (expected !== undefined) return { problem: `must be ${expected}, not ${quote(given)}` }
  return { value: canonicalText(facts.spelling, value) }
}

/** Brings a declared value to canonical form and checks it as PVE would. */
export const checkValue = (facts: ValueFacts, given: Scalar): CheckedValue => {
  if (facts.type === 'boolean') {
    const value = parseBoolean(String(given))
    return value === undefined ? { problem: `must be true or false, not ${quote(given)}` } : { value }
  }
  if (facts.type === 'integer' || facts.type === 'number') return checkNumber(facts, given)
  if (facts.enum) return checkEnum(facts.enum, given)
  return facts.format === 'disk-size' ? checkSize(given) : checkText(facts, given)
}

/** A value the server sent in canonical form; text that does not fit its type stays text. */
export const readValue = (facts: ValueFacts | undefined, text: string): Scalar => {
  if (facts === undefined) return text
  if (facts.type === 'boolean') return parseBoolean(text) ?? text
  if (facts.type === 'integer' || facts.type === 'number')
    return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
  return canonicalText(facts.spelling, text)
}

/** PVE's spelling of a canonical value: booleans are 1 and 0. */
export const writeValue = (value: Scalar): string => (typeof value === 'boolean' ? (value ? '1' : '0') : String(value))
