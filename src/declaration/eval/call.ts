import type { DiagnosticCode } from '../../diagnostic/codes.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import { refusedFunction } from '../functions/refused-functions.ts'
import { MAX_SIZE } from '../syntax/limits.ts'
import type { Call, Expression } from '../syntax/tree.ts'
import { convert } from './convert.ts'
import type { FunctionSpec, Parameter } from './evaluation.ts'
import { bounded, type Evaluation, fail, spend, tooMuch } from './evaluation.ts'
import { DYNAMIC } from './type.ts'
import {
  deepUnmarked,
  FAILED,
  type Failure,
  hasFailed,
  hasSensitive,
  isSensitive,
  isWhollyKnown,
  markSensitive,
  sizeOf,
  unknownFrom,
  unmarked,
  type Value,
} from './value.ts'

interface Argument {
  readonly value: Value
  readonly expression: Expression
}

const amount = (count: number): string =>
  count === 0 ? 'no arguments' : count === 1 ? 'one argument' : `${count} arguments`

/** Evaluates the arguments; the last one is spread where the call says so. Undefined: reported, or not known how many there are. */
const argumentsOf = (call: Call, evaluation: Evaluation): readonly Argument[] | Value => {
  const args = call.args.map((expression) => ({ expression, value: evaluation.evaluate(expression, evaluation) }))
  const last = args.at(-1)
  if (!call.expand || !last) return args
  const { value, expression } = last
  if (value.kind === 'unknown') return unknownFrom(DYNAMIC, value)
  if (value.kind === 'null')
    return fail(evaluation, expression, 'Null cannot be spread into arguments with "...". Use a list.')
  if (value.kind !== 'list' && value.kind !== 'tuple' && value.kind !== 'set')
    return fail(evaluation, expression, 'Only a list, set or tuple can be spread into arguments with "...".')
  const spread = value.items.map((item) => ({
    expression,
    value: value.sensitive ? markSensitive(item) : item,
  }))
  return [...args.slice(0, -1), ...spread]
}

const countProblem = (name: string, { parameters, variadic }: FunctionSpec, count: number): string | undefined => {
  const usage = [...parameters.map((one) => one.name), ...(variadic ? [`${variadic.name}...`] : [])].join(', ')
  if (count < parameters.length)
    return `${name}(${usage}) needs ${variadic ? 'at least ' : ''}${amount(parameters.length)}, but got ${count}: "${parameters[count]?.name}" is missing.`
  if (count > parameters.length && !variadic)
    return `${name}(${usage}) takes ${amount(parameters.length)}, but got ${count}. Remove the others.`
  return undefined
}

interface Prepared {
  readonly values: readonly Value[]
  readonly sensitive: boolean
  /** The result cannot be known; of these values. */
  readonly unknown: readonly Value[]
}

const refuse = (name: string, parameter: Parameter, reason: string): string =>
  `${name}() got an unsuitable value for its argument "${parameter.name}": ${reason}.`

/** Checks and converts the arguments as the parameters ask; undefined when one was refused. */
const prepare = (
  name: string,
  spec: FunctionSpec,
  args: readonly Argument[],
  evaluation: Evaluation,
): Prepared | undefined => {
  const values: Value[] = []
  const unknown: Value[] = []
  let sensitive = false
  let refused = false
  for (const [index, { value, expression }] of args.entries()) {
    const parameter = spec.parameters[index] ?? spec.variadic
    if (!parameter) continue
    if (value.kind === 'null' && !parameter.nullable) {
      fail(evaluation, expression, refuse(name, parameter, 'it must not be null'), 'declaration.function-call')
      refused = true
      continue
    }
    const converted = convert(value, parameter.type)
    if (converted.kind === 'failure') {
      fail(evaluation, expression, refuse(name, parameter, converted.reason), 'declaration.function-call')
      refused = true
      continue
    }
    if (converted.kind === 'unknown' ? !parameter.unknowns : parameter.whole && !isWhollyKnown(converted))
      unknown.push(converted)
    const marked = !parameter.marks && (parameter.innerMarks ? isSensitive(converted) : hasSensitive(converted))
    sensitive ||= marked
    values.push(marked ? (parameter.innerMarks ? unmarked(converted) : deepUnmarked(converted)) : converted)
  }
  return refused ? undefined : { values, sensitive, unknown }
}

const codeOf = ({ tooLarge }: Failure): DiagnosticCode =>
  tooLarge ? 'declaration.too-large' : 'declaration.function-call'

const finish = (name: string, spec: FunctionSpec, prepared: Prepared, call: Call, evaluation: Evaluation): Value => {
  const { values, sensitive, unknown } = prepared
  if (unknown.length > 0) {
    if (unknown.some(hasFailed)) return FAILED
    const result = unknownFrom(spec.returns ?? DYNAMIC, ...unknown.map((value) => unmarked(value)))
    return sensitive ? markSensitive(result) : result
  }
  const result = spec.call(values, evaluation, call)
  if (result.kind !== 'failure') {
    if (!spec.effort) spend(evaluation, sizeOf(result), call)
    return bounded(evaluation, sensitive ? markSensitive(result) : result, call)
  }
  const parameter = result.argument === undefined ? undefined : (spec.parameters[result.argument] ?? spec.variadic)
  const at = result.argument === undefined ? call : (call.args[Math.min(result.argument, call.args.length - 1)] ?? call)
  const detail = parameter ? refuse(name, parameter, result.reason) : `${name}() failed: ${result.reason}.`
  return fail(evaluation, at, detail, codeOf(result))
}

const unknownFunction = (written: string, name: string, { functions }: Evaluation): string => {
  if (name.startsWith('provider::'))
    return `${written}() belongs to a Terraform provider, and mpc has none. Use a function of the language, or put its result into a variable.`
  return refusedFunction(name) ?? `There is no function named "${written}".${suggestion(name, functions.names())}`
}

/** Calls a function by name. */
export const evaluateCall = (call: Call, evaluation: Evaluation): Value => {
  const written = call.name.text
  const name = written.startsWith('core::') ? written.slice('core::'.length) : written
  const spec = evaluation.functions.find(name)
  if (!spec) {
    return fail(evaluation, call.name, unknownFunction(written, name, evaluation), 'declaration.unknown-function')
  }
  if (spec.lazy) {
    const result = spec.lazy(call.args, evaluation)
    if (result.kind !== 'failure') return result
    return fail(evaluation, call, `${name}() failed: ${result.reason}.`, codeOf(result))
  }
  const args = argumentsOf(call, evaluation)
  if ('kind' in args) return args
  const problem = countProblem(name, spec, args.length)
  if (problem) return fail(evaluation, call, problem, 'declaration.function-call')
  const given = args.map(({ value }) => value)
  const size = given.reduce((sum, value) => sum + sizeOf(value), 0)
  spend(evaluation, spec.effort ? spec.effort(given) : size, call)
  if (size > MAX_SIZE) return tooMuch(evaluation, `The arguments of ${name}()`, call)
  const prepared = prepare(name, spec, args, evaluation)
  return prepared ? finish(name, spec, prepared, call, evaluation) : FAILED
}
