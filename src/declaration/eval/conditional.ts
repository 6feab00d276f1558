import type { Conditional, Expression } from '../syntax/tree.ts'
import { convert } from './convert.ts'
import { type Evaluation, fail, type Problem, spend } from './evaluation.ts'
import { BOOL, DYNAMIC, friendlyType, sameType, type Type } from './type.ts'
import { unify } from './unify.ts'
import { FAILED, sizeOf, typeOf, unknownFrom, type Value, withMarksOf } from './value.ts'

interface Branch {
  readonly value: Value
  readonly problems: readonly Problem[]
}

const branch = (expression: Expression, evaluation: Evaluation): Branch => {
  const problems: Problem[] = []
  const value = evaluation.evaluate(expression, { ...evaluation, report: (problem) => problems.push(problem) })
  return { value, problems }
}

const isBareNull = (value: Value): boolean => value.kind === 'null' && value.type.kind === 'dynamic'

/** The type both branches are brought to; undefined when there is none. */
const commonType = (a: Value, b: Value): Type | undefined => {
  if (isBareNull(a)) return typeOf(b)
  if (isBareNull(b)) return typeOf(a)
  const [left, right] = [typeOf(a), typeOf(b)]
  return sameType(left, right) ? DYNAMIC : unify([left, right])
}

/** `condition ? then : otherwise`. Both are evaluated for their types; only the chosen one's problems are reported. */
export const evaluateConditional = (expression: Conditional, evaluation: Evaluation): Value => {
  const then = branch(expression.whenTrue, evaluation)
  const otherwise = branch(expression.whenFalse, evaluation)
  const given = evaluation.evaluate(expression.condition, evaluation)
  if (given.kind === 'null')
    return fail(evaluation, expression.condition, 'The condition is null. It must be true or false.')
  const condition = convert(given, BOOL)
  if (condition.kind === 'failure')
    return fail(evaluation, expression.condition, `The condition is unsuitable: ${condition.reason}.`)
  spend(evaluation, sizeOf(then.value) + sizeOf(otherwise.value), expression)
  const type = commonType(then.value, otherwise.value)
  if (!type) {
    const [a, b] = [friendlyType(typeOf(then.value)), friendlyType(typeOf(otherwise.value))]
    return fail(
      evaluation,
      expression,
      `Both results of a condition must have one type, but the first is ${a} and the second ${b}. Convert one of them.`,
    )
  }
  if (condition.kind !== 'bool') return unknownFrom(type, condition)
  const chosen = condition.value ? then : otherwise
  for (const problem of chosen.problems) evaluation.report(problem)
  const converted = convert(chosen.value, type)
  if (converted.kind === 'failure')
    return fail(evaluation, expression, `The result of the condition is unsuitable: ${converted.reason}.`)
  return converted === FAILED ? FAILED : withMarksOf(converted, condition)
}
