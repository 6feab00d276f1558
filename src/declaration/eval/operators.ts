import type { Binary, BinaryOperator, Unary } from '../syntax/tree.ts'
import { convert } from './convert.ts'
import { equalValues } from './equality.ts'
import { type Evaluation, fail, spend } from './evaluation.ts'
import {
  add,
  compareNumbers,
  divide,
  isDisproportionate,
  modulo,
  multiply,
  type Num,
  neededBits,
  negate,
  subtract,
} from './number.ts'
import { BOOL, NUMBER, type Type } from './type.ts'
import {
  type BoolValue,
  bool,
  FAILED,
  type NumberValue,
  number,
  precisionOf,
  sizeOf,
  unknownFrom,
  type Value,
  withMarksOf,
} from './value.ts'

type Arithmetic = (a: Num, b: Num, precision: number) => Num

const ARITHMETIC: Partial<Record<BinaryOperator, Arithmetic>> = {
  '+': add,
  '-': subtract,
  '/': divide,
  '%': modulo,
}

const COMPARISON: Partial<Record<BinaryOperator, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

/** The operand as the operator needs it; failing is reported. */
const operand = (evaluation: Evaluation, given: Value, type: Type, expression: Binary | Unary, side: string): Value => {
  const at = expression.type === 'unary' ? expression.operand : side === 'left' ? expression.left : expression.right
  const which = expression.type === 'unary' ? 'operand' : `${side} operand`
  if (given.kind === 'null')
    return fail(
      evaluation,
      at,
      `The ${which} of "${expression.operator}" is null, but ${type.kind === 'bool' ? 'a bool' : 'a number'} is needed.`,
    )
  const converted = convert(given, type)
  if (converted.kind !== 'failure') return converted
  return fail(evaluation, at, `The ${which} of "${expression.operator}" is unsuitable: ${converted.reason}.`)
}

const calculate = (expression: Binary, a: NumberValue, b: NumberValue, evaluation: Evaluation): Value => {
  const { operator } = expression
  const comparison = COMPARISON[operator]
  if (comparison) return bool(comparison(compareNumbers(a.value, b.value)))
  const precision = Math.max(precisionOf(a), precisionOf(b))
  // Products keep all their bits, whatever the precision of the factors.
  const result =
    operator === '*' ? multiply(a.value, b.value) : (ARITHMETIC[operator]?.(a.value, b.value, precision) ?? Number.NaN)
  if (Number.isNaN(result)) return fail(evaluation, expression, `"${operator}" has no result for these numbers.`)
  if (isDisproportionate(result))
    return fail(evaluation, expression, `The result of "${operator}" is too large or too small.`)
  return number(result, operator === '*' ? Math.max(precision, neededBits(result)) : precision)
}

const evaluateLogic = (expression: Binary, left: Value, right: Value, evaluation: Evaluation): Value => {
  const a = operand(evaluation, left, BOOL, expression, 'left')
  const b = operand(evaluation, right, BOOL, expression, 'right')
  if (a.kind !== 'bool' || b.kind !== 'bool') return unknownFrom(BOOL, a, b)
  return withMarksOf(bool(expression.operator === '&&' ? a.value && b.value : a.value || b.value), a, b)
}

export const evaluateBinary = (expression: Binary, evaluation: Evaluation): Value => {
  const left = evaluation.evaluate(expression.left, evaluation)
  const right = evaluation.evaluate(expression.right, evaluation)
  const { operator } = expression
  if (operator === '==' || operator === '!=') spend(evaluation, Math.min(sizeOf(left), sizeOf(right)), expression)
  if (operator === '==') return equalValues(left, right)
  if (operator === '!=') {
    const equal = equalValues(left, right)
    return equal.kind === 'bool' ? withMarksOf(bool(!equal.value), equal) : equal
  }
  if (operator === '&&' || operator === '||') return evaluateLogic(expression, left, right, evaluation)
  const a = operand(evaluation, left, NUMBER, expression, 'left')
  const b = operand(evaluation, right, NUMBER, expression, 'right')
  if (a.kind !== 'number' || b.kind !== 'number') return unknownFrom(COMPARISON[operator] ? BOOL : NUMBER, a, b)
  spend(evaluation, sizeOf(a) + sizeOf(b), expression)
  const result = calculate(expression, a, b, evaluation)
  return result === FAILED ? result : withMarksOf(result, a, b)
}

export const evaluateUnary = (expression: Unary, evaluation: Evaluation): Value => {
  const given = evaluation.evaluate(expression.operand, evaluation)
  const type = expression.operator === '!' ? BOOL : NUMBER
  const value = operand(evaluation, given, type, expression, 'only')
  if (value.kind === 'number') return withMarksOf(number(negate(value.value), precisionOf(value)), value)
  if (value.kind === 'bool') return withMarksOf(bool(!value.value) satisfies BoolValue, value)
  return unknownFrom(type, value)
}
