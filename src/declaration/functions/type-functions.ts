import { convert } from '../eval/convert.ts'
import type { Evaluation, FunctionSpec, Problem } from '../eval/evaluation.ts'
import { BOOL, DYNAMIC, listOf, mapOf, NUMBER, STRING, setOf, type Type } from '../eval/type.ts'
import {
  bool,
  deepUnmarked,
  type Failure,
  failure,
  hasFailed,
  isWhollyKnown,
  markSensitive,
  string,
  typeOf,
  unknown,
  unmarked,
  type Value,
} from '../eval/value.ts'
import type { Expression } from '../syntax/tree.ts'
import type { FunctionGroup } from './call/function-world.ts'
import { parameter } from './call/parameter.ts'

/** Bare null has no type to be refused by. */
const conversion = (type: Type): FunctionSpec => ({
  parameters: [parameter('v', DYNAMIC, { nullable: true, unknowns: true, marks: true })],
  call: ([value]) => {
    if (!value) throw new Error('conversion without a value')
    const converted = convert(value, type)
    return converted.kind === 'failure'
      ? failure(`cannot be converted to ${type.kind}: ${converted.reason}`, 0)
      : converted
  },
})

interface Attempt {
  readonly value: Value
  readonly problems: readonly Problem[]
}

const attempt = (expression: Expression, evaluation: Evaluation): Attempt => {
  const problems: Problem[] = []
  const value = evaluation.evaluate(expression, { ...evaluation, report: (problem) => problems.push(problem) })
  return { value, problems }
}

/** Gives the first expression that can be evaluated. What only the server knows leaves it open. */
const tryFirst = (expressions: readonly Expression[], evaluation: Evaluation): Value | Failure => {
  if (expressions.length === 0) return failure('at least one expression is needed')
  const reasons: string[] = []
  for (const expression of expressions) {
    const { value, problems } = attempt(expression, evaluation)
    if (problems.length === 0) return isWhollyKnown(value) || hasFailed(value) ? value : unknown(DYNAMIC)
    reasons.push(problems[0]?.detail ?? '')
  }
  return failure(`none of its expressions can be evaluated: ${reasons.join(' ')}`.replace(/\.$/, ''))
}

const can = (expressions: readonly Expression[], evaluation: Evaluation): Value | Failure => {
  const [expression, ...others] = expressions
  if (!expression || others.length > 0) return failure('it takes exactly one expression')
  const { value, problems } = attempt(expression, evaluation)
  if (problems.length > 0) return bool(false)
  return isWhollyKnown(value) || hasFailed(value) ? bool(true) : unknown(BOOL)
}

const indented = (type: Type, depth: number): string => {
  const pad = '    '.repeat(depth + 1)
  const end = '    '.repeat(depth)
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return type.element.kind === 'tuple' || type.element.kind === 'object'
        ? `${type.kind}(\n${pad}${indented(type.element, depth + 1)},\n${end})`
        : `${type.kind}(${indented(type.element, depth)})`
    case 'tuple':
      if (type.elements.length === 0) return 'tuple([])'
      return `tuple([\n${type.elements.map((element) => `${pad}${indented(element, depth + 1)},\n`).join('')}${end}])`
    case 'object': {
      if (type.attributes.size === 0) return 'object({})'
      const lines = Array.from(type.attributes, ([name, inner]) => `${pad}${name}: ${indented(inner, depth + 1)},\n`)
      return `object({\n${lines.join('')}${end}})`
    }
    default:
      return type.kind
  }
}

/** A type over several lines, as `type()` shows it. */
export const typeLayout = (value: Value): string => indented(typeOf(value), 0)

const marked = parameter('value', DYNAMIC, { nullable: true, unknowns: true, marks: true })

const lazily = (name: string, lazy: NonNullable<FunctionSpec['lazy']>): FunctionSpec => ({
  parameters: [],
  variadic: parameter(name),
  call: () => failure('it cannot be called with values'),
  lazy,
})

export const typeFunctions: FunctionGroup = {
  tostring: conversion(STRING),
  tonumber: conversion(NUMBER),
  tobool: conversion(BOOL),
  tolist: conversion(listOf(DYNAMIC)),
  toset: conversion(setOf(DYNAMIC)),
  tomap: conversion(mapOf(DYNAMIC)),
  try: lazily('expressions', tryFirst),
  can: lazily('expression', can),
  sensitive: { parameters: [marked], call: ([value]) => markSensitive(deepUnmarked(value ?? unknown(DYNAMIC))) },
  nonsensitive: { parameters: [marked], call: ([value]) => unmarked(value ?? unknown(DYNAMIC)) },
  issensitive: { parameters: [marked], returns: BOOL, call: ([value]) => bool(value?.sensitive === true) },
  ephemeralasnull: { parameters: [marked], call: ([value]) => value ?? unknown(DYNAMIC) },
  type: {
    parameters: [marked],
    returns: STRING,
    call: ([value]) => string(typeLayout(value ?? unknown(DYNAMIC))),
  },
}
