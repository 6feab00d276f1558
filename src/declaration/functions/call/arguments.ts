import type { FunctionSpec, Parameter } from '../../eval/evaluation.ts'
import { toDouble } from '../../eval/number.ts'
import { NUMBER, STRING, type Type } from '../../eval/type.ts'
import { type Failure, failure, type StringValue, string, type Value } from '../../eval/value.ts'
import { MAX_TEXT } from '../../syntax/limits.ts'
import { parameter } from './parameter.ts'

/** Text of an argument that was converted to string. */
export const text = (value: Value | undefined): string => {
  if (value?.kind !== 'string') throw new Error(`expected a string argument, got ${value?.kind}`)
  return value.value
}

/** Double of an argument that was converted to number. */
export const double = (value: Value | undefined): number => {
  if (value?.kind !== 'number') throw new Error(`expected a number argument, got ${value?.kind}`)
  return toDouble(value.value)
}

/** A whole number that a position or count can be. */
export const whole = (value: Value | undefined, argument: number): number | Failure => {
  const found = double(value)
  return Number.isSafeInteger(found) ? found : failure('a whole number is required', argument)
}

export const isFailure = (value: unknown): value is Failure =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'failure'

/** A function of one string that gives a string. */
export const onText = (name: string, change: (given: string) => string): FunctionSpec => ({
  parameters: [parameter(name, STRING)],
  returns: STRING,
  call: ([given]): StringValue => string(change(text(given))),
})

export const strings = (...names: readonly string[]): readonly Parameter[] =>
  names.map((name) => parameter(name, STRING))

export const numbers = (...names: readonly string[]): readonly Parameter[] =>
  names.map((name) => parameter(name, NUMBER))

export const spec = (
  parameters: readonly Parameter[],
  returns: Type | undefined,
  call: FunctionSpec['call'],
  variadic?: Parameter,
): FunctionSpec => ({ parameters, call, ...(returns && { returns }), ...(variadic && { variadic }) })

/** The function, whose work is counted another way than by all that its arguments hold. */
export const withEffort = (effort: NonNullable<FunctionSpec['effort']>, given: FunctionSpec): FunctionSpec => ({
  ...given,
  effort,
})

/** Refuses to make a text of so many characters; undefined where that many are fine. */
export const tooLongText = (length: number): Failure | undefined =>
  length > MAX_TEXT ? { ...failure(`the text would have more than ${MAX_TEXT} characters`), tooLarge: true } : undefined
