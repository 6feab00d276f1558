import { assertNever } from '../../util/assert-never.ts'
import type { AttributeAccess, Expression, Index, Literal, ObjectExpression, Splat } from '../syntax/tree.ts'
import { attributeOf, indexOf } from './access.ts'
import { evaluateCall } from './call.ts'
import { evaluateConditional } from './conditional.ts'
import { convert } from './convert.ts'
import { bounded, boundValue, type Evaluation, fail, spend } from './evaluation.ts'
import { evaluateFor } from './for-expression.ts'
import { likeSequence } from './iterate.ts'
import { parseNumber } from './number.ts'
import { evaluateBinary, evaluateUnary } from './operators.ts'
import { evaluateTemplate } from './template.ts'
import { DYNAMIC, STRING } from './type.ts'
import { unify } from './unify.ts'
import {
  bool,
  FAILED,
  markSensitive,
  NULL,
  number,
  object,
  sizeOf,
  string,
  tuple,
  typeOf,
  unknownFrom,
  unmarked,
  type Value,
  withMarksOf,
} from './value.ts'

/** Characters of a constant that are looked at in the time one expression takes. */
const LITERAL_BITS = 8

const literal = ({ value }: Literal, expression: Literal, evaluation: Evaluation): Value => {
  if (value === null) return NULL
  if (typeof value === 'string') {
    spend(evaluation, value.length >> LITERAL_BITS, expression)
    return string(value)
  }
  if (typeof value === 'boolean') return bool(value)
  const parsed = parseNumber(value.number)
  if (parsed === undefined)
    return fail(evaluation, expression, `The number ${value.number.slice(0, 40)} is too large or too small.`)
  const result = number(parsed)
  spend(evaluation, sizeOf(result), expression)
  return result
}

const keyValue = (key: Expression, evaluation: Evaluation): Value => {
  if (key.type !== 'attribute' && key.type !== 'index') return evaluation.evaluate(key, evaluation)
  const text = key.source.text.slice(key.start, key.end)
  return fail(
    evaluation,
    key,
    `${text} as a key is ambiguous. Put it in parentheses to use its value, or in quotes to use its text.`,
  )
}

/** Work that an object makes besides its entries. */
const OBJECT = 8

const evaluateObject = (expression: ObjectExpression, evaluation: Evaluation): Value => {
  spend(evaluation, OBJECT, expression)
  const entries = new Map<string, Value>()
  let sensitive = false
  let unknown: Value | undefined
  for (const item of expression.items) {
    const given = keyValue(item.key, evaluation)
    const value = evaluation.evaluate(item.value, evaluation)
    const key = given.kind === 'null' ? given : convert(given, STRING)
    if (key.kind === 'null') unknown = fail(evaluation, item.key, 'A key of an object cannot be null.')
    else if (key.kind === 'failure')
      unknown = fail(evaluation, item.key, `A key of an object must be a string: ${key.reason}.`)
    else if (key.kind === 'string') entries.set(key.value, value)
    else unknown ??= unknownFrom(DYNAMIC, key)
    if (key.kind !== 'failure' && key.sensitive) sensitive = true
  }
  const result = unknown ?? object(entries)
  return sensitive ? markSensitive(result) : result
}

/** The attribute accesses that follow one another, outermost last: for `var.a.b` those to a and to b. */
const chainOf = (expression: AttributeAccess): readonly AttributeAccess[] => {
  const chain: AttributeAccess[] = []
  for (let at: Expression = expression; at.type === 'attribute'; at = at.object) chain.push(at)
  return chain.reverse()
}

const evaluateAttribute = (expression: AttributeAccess, evaluation: Evaluation): Value => {
  const chain = chainOf(expression)
  const root = chain[0]?.object
  if (root?.type !== 'variable' || boundValue(evaluation, root.name)) {
    const owner = evaluation.evaluate(expression.object, evaluation)
    return attributeOf(evaluation, owner, expression.name.text, expression.name)
  }
  const names = [root.name, ...chain.map(({ name }) => name.text)]
  const { value, used } = evaluation.resolve(names, expression, evaluation)
  let result = value
  for (let index = used - 1; index < chain.length; index++) {
    const name = chain[index]?.name
    if (name) result = attributeOf(evaluation, result, name.text, name)
  }
  return result
}

const evaluateIndex = (expression: Index, evaluation: Evaluation): Value => {
  const owner = evaluation.evaluate(expression.object, evaluation)
  const key = evaluation.evaluate(expression.key, evaluation)
  return indexOf(evaluation, owner, key, expression.key)
}

const evaluateSplat = (expression: Splat, evaluation: Evaluation): Value => {
  const source = evaluation.evaluate(expression.object, evaluation)
  if (source.kind === 'null') return withMarksOf(tuple([]), source)
  if (source.kind === 'unknown' && (source.type.kind === 'dynamic' || /list|set|tuple/.test(source.type.kind)))
    return unknownFrom(DYNAMIC, source)
  const isSequence = source.kind === 'list' || source.kind === 'set' || source.kind === 'tuple'
  const items = isSequence ? source.items : [unmarked(source)]
  const results = items.map((splatItem) => evaluation.evaluate(expression.each, { ...evaluation, splatItem }))
  if (source.kind !== 'list' && source.kind !== 'set') return likeSequence(source, results, DYNAMIC)
  if (results.length === 0) return likeSequence(source, results, source.element)
  for (const result of results) spend(evaluation, sizeOf(result), expression)
  return likeSequence(source, results, unify(results.map(typeOf)) ?? DYNAMIC)
}

/** Evaluates an expression. Problems go to `evaluation.report`; what could not be evaluated is an unknown value that stays quiet. */
export const evaluate = (expression: Expression, evaluation: Evaluation): Value => {
  spend(evaluation, 1, expression)
  switch (expression.type) {
    case 'literal':
      return literal(expression, expression, evaluation)
    case 'template':
      return evaluateTemplate(expression, evaluation)
    case 'wrap':
    case 'parentheses':
      return evaluate(expression.expression, evaluation)
    case 'tuple':
      return bounded(evaluation, tuple(expression.items.map((item) => evaluate(item, evaluation))), expression)
    case 'object':
      return bounded(evaluation, evaluateObject(expression, evaluation), expression)
    case 'variable':
      return (
        boundValue(evaluation, expression.name) ?? evaluation.resolve([expression.name], expression, evaluation).value
      )
    case 'call':
      return evaluateCall(expression, evaluation)
    case 'attribute':
      return evaluateAttribute(expression, evaluation)
    case 'index':
      return evaluateIndex(expression, evaluation)
    case 'splat':
      return bounded(evaluation, evaluateSplat(expression, evaluation), expression)
    case 'splat-item':
      return evaluation.splatItem ?? FAILED
    case 'for':
      return bounded(evaluation, evaluateFor(expression, evaluation), expression)
    case 'unary':
      return evaluateUnary(expression, evaluation)
    case 'binary':
      return evaluateBinary(expression, evaluation)
    case 'conditional':
      return evaluateConditional(expression, evaluation)
    case 'invalid':
      return FAILED
    default:
      return assertNever(expression)
  }
}
