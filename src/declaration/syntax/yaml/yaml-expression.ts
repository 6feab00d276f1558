import type { Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { diagnose } from '../../../diagnostic/diagnostic.ts'
import { parseExpressionWith, parseTemplateWith } from '../hcl/parse-hcl.ts'
import { MAX_NESTING, MAX_VALUES } from '../limits.ts'
import type { Located } from '../source.ts'
import type { Expression, ObjectItem } from '../tree.ts'
import { pairsOf } from './yaml-pairs.ts'
import { nameOf, place, type Reading, resolved, syntax, take } from './yaml-reading.ts'
import { yamlText } from './yaml-text.ts'

const stringExpression = (reading: Reading, node: Scalar, at: Located, asExpression: boolean): Expression => {
  const value = String(node.value)
  const text = yamlText(reading.source, node, at.start, at.end)
  if (value.includes('${') || value.includes('%{'))
    return { ...take(reading, parseTemplateWith(reading.grammar, text)) }
  if (asExpression) return take(reading, parseExpressionWith(reading.grammar, text))
  return { type: 'literal', value: value.normalize('NFC'), ...at }
}

const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

const numberExpression = (reading: Reading, node: Scalar, at: Located): Expression => {
  const written = reading.source.text.slice(at.start, at.end)
  const number = DECIMAL.test(written) ? written : String(node.value)
  if (DECIMAL.test(number) && !number.startsWith('-')) return { type: 'literal', value: { number }, ...at }
  if (DECIMAL.test(number)) {
    const operand: Expression = {
      type: 'literal',
      value: { number: number.slice(1) },
      ...at,
    }
    return { type: 'unary', operator: '-', operand, ...at }
  }
  syntax(reading, at, `${written} is not a number mpc can use. Write a decimal number such as 12 or 1.5.`)
  return { type: 'invalid', ...at }
}

const scalarExpression = (reading: Reading, node: Scalar, at: Located, asExpression: boolean): Expression => {
  if (typeof node.value === 'string') return stringExpression(reading, node, at, asExpression)
  if (typeof node.value === 'boolean' || node.value === null) return { type: 'literal', value: node.value, ...at }
  if (typeof node.value === 'number' || typeof node.value === 'bigint') return numberExpression(reading, node, at)
  syntax(
    reading,
    at,
    'This kind of YAML value means nothing in a declaration. Use a string, a number, true, false or null.',
  )
  return { type: 'invalid', ...at }
}

const mapItem = (reading: Reading, pair: Pair, outer: Located, asExpression: boolean): ObjectItem | undefined => {
  const name = nameOf(reading, pair.key, outer)
  if (!name) return undefined
  const templated = name.text.includes('${')
  const node = resolved(reading, pair.key)
  const key: Expression =
    templated && reading.yaml.isScalar(node)
      ? stringExpression(reading, node, name, false)
      : {
          type: 'literal',
          value: name.text,
          source: name.source,
          start: name.start,
          end: name.end,
        }
  return {
    key,
    ...(!templated && { bare: true as const }),
    value: expressionOf(reading, pair.value, name, { asExpression }),
  }
}

/** True when aliases have multiplied out of proportion, or stand for themselves; told once. */
const isTooMuch = (reading: Reading, at: Located): boolean => {
  const { count, depth, source } = reading
  if (count <= MAX_VALUES && depth <= MAX_NESTING) return false
  if (count === MAX_VALUES + 1 || (count <= MAX_VALUES && depth === MAX_NESTING + 1)) {
    const detail = `Aliases make more than ${MAX_VALUES} values of this file, or one stands for itself. Use locals instead.`
    reading.report(diagnose('declaration.too-large', { detail, range: source.rangeAt(at.start, at.end) }))
    reading.count = MAX_VALUES + 2
  }
  return true
}

/** A value as an expression; `asExpression`: its text is one even without `${…}`. */
export const expressionOf = (
  reading: Reading,
  given: unknown,
  fallback: Located,
  { asExpression }: { readonly asExpression: boolean },
): Expression => {
  reading.count++
  if (isTooMuch(reading, fallback))
    return { type: 'invalid', source: fallback.source, start: fallback.start, end: fallback.end }
  reading.depth++
  try {
    return expressionWithin(reading, given, fallback, asExpression)
  } finally {
    reading.depth--
  }
}

const expressionWithin = (reading: Reading, given: unknown, fallback: Located, asExpression: boolean): Expression => {
  const node = resolved(reading, given)
  const at = place(reading, node, fallback)
  const { yaml } = reading
  if (node === null || node === undefined) return { type: 'literal', value: null, ...at }
  if (yaml.isScalar(node)) return scalarExpression(reading, node, at, asExpression)
  if (yaml.isSeq(node)) {
    const items = (node as YAMLSeq).items.map((item) => expressionOf(reading, item, at, { asExpression }))
    return { type: 'tuple', items, ...at }
  }
  if (yaml.isMap(node)) {
    const items = pairsOf(reading, node as YAMLMap).map((pair) => mapItem(reading, pair, at, asExpression))
    return {
      type: 'object',
      items: items.filter((item) => item !== undefined),
      ...at,
    }
  }
  syntax(reading, at, 'This kind of YAML value means nothing in a declaration.')
  return { type: 'invalid', ...at }
}
