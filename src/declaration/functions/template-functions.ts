import { convert } from '../eval/convert.ts'
import { evaluate } from '../eval/evaluate.ts'
import { type Evaluation, type FunctionTable, type Problem, spend, TooMuchWork } from '../eval/evaluation.ts'
import { DYNAMIC, STRING } from '../eval/type.ts'
import {
  FAILED,
  type Failure,
  failure,
  isWhollyKnown,
  textSize,
  unknownFrom,
  type Value,
  withMarksOf,
} from '../eval/value.ts'
import { freeVariables } from '../syntax/free-variables.ts'
import { fileSource, type Located, rangeOf } from '../syntax/source.ts'
import type { Expression } from '../syntax/tree.ts'
import { spec, strings, text } from './call/arguments.ts'
import type { FunctionGroup, FunctionWorld } from './call/function-world.ts'
import { parameter } from './call/parameter.ts'
import { utf8 } from './encoding-functions.ts'
import { bytesOf } from './file-functions.ts'

const RECURSIVE = ['templatefile', 'templatestring']

/** Templates cannot read further templates: that could go on for ever. */
const withoutTemplates = (table: FunctionTable): FunctionTable => ({
  names: table.names,
  find: (name) =>
    RECURSIVE.includes(name)
      ? {
          parameters: [],
          variadic: parameter('args'),
          call: () => failure('a template cannot call templatefile() or templatestring()'),
        }
      : table.find(name),
})

const placeText = ({ at }: Problem): string => {
  const { filename, start } = rangeOf(at)
  return `${filename}:${start.line}:${start.column}`
}

interface Rendering {
  readonly world: FunctionWorld
  readonly table: FunctionTable
  readonly parsed: Map<string, Expression | Failure>
}

const parse = ({ world, parsed }: Rendering, name: string, content: string): Expression | Failure => {
  const key = `${name}\0${content}`
  const known = parsed.get(key)
  if (known) return known
  const { value, diagnostics } = world.parseTemplate(fileSource(name, content))
  const [first] = diagnostics
  const result = first ? failure(`${name}:${first.range?.start.line ?? 1}: ${first.detail}`.replace(/\.$/, '')) : value
  parsed.set(key, result)
  return result
}

const variablesOf = (vars: Value): ReadonlyMap<string, Value> | undefined =>
  vars.kind === 'object' || vars.kind === 'map' ? vars.entries : undefined

/** Evaluates a template; what is out of proportion in it is told of the call, whose place a person finds in the declarations. */
const evaluated = (expression: Expression, evaluation: Evaluation, at: Located): Value => {
  try {
    return evaluate(expression, evaluation)
  } catch (error) {
    throw error instanceof TooMuchWork ? new TooMuchWork(at) : error
  }
}

interface Template {
  readonly name: string
  readonly content: string
  readonly vars: Value
}

const render = (
  rendering: Rendering,
  { name, content, vars }: Template,
  outer: Evaluation,
  at: Located,
): Value | Failure => {
  const entries = variablesOf(vars)
  if (!entries) return failure('it must be a map or object', 1)
  const wrong = [...entries.keys()].find((key) => !/^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(key))
  if (wrong !== undefined) return failure(`${JSON.stringify(wrong)} cannot be the name of a template variable`, 1)
  spend(outer, textSize(content.length), at)
  const expression = parse(rendering, name, content)
  if ('kind' in expression) return expression
  const missing = freeVariables(expression).find((variable) => !entries.has(variable))
  if (missing !== undefined) return failure(`the map of variables has no "${missing}", which ${name} uses`, 1)
  const problems: Problem[] = []
  const evaluation: Evaluation = {
    ...outer,
    report: (problem) => problems.push(problem),
    resolve: ([variable = '']) => ({ value: entries.get(variable) ?? FAILED, used: 1 }),
    functions: withoutTemplates(rendering.table),
    bindings: undefined,
    splatItem: undefined,
  }
  const value = evaluated(expression, evaluation, at)
  const [first] = problems
  if (first) return failure(`${placeText(first)}: ${first.detail}`.replace(/\.$/, ''))
  return withMarksOf(value, vars)
}

const templatefile = (
  rendering: Rendering,
  [path, vars]: readonly Value[],
  evaluation: Evaluation,
  at: Located,
): Value | Failure => {
  const name = text(path)
  const bytes = bytesOf(rendering.world, name)
  if (!bytes || !vars) return FAILED
  if ('kind' in bytes) return bytes
  const content = utf8(bytes)
  return content === undefined
    ? failure(`${name} is not UTF-8 text`, 0)
    : render(rendering, { name, content, vars }, evaluation, at)
}

const isReference = (expression: Expression): boolean => {
  if (expression.type === 'parentheses' || expression.type === 'wrap') return isReference(expression.expression)
  if (expression.type === 'attribute' || expression.type === 'index') return isReference(expression.object)
  return expression.type === 'variable'
}

/** Takes the template from a name only: a template written in place would be filled in before this function sees it. */
const templatestring = (rendering: Rendering, args: readonly Expression[], evaluation: Evaluation): Value | Failure => {
  const [template, vars, ...others] = args
  if (!template || !vars || others.length > 0) return failure('it takes a template and a map of variables')
  const given = evaluation.evaluate(template, evaluation)
  const values = evaluation.evaluate(vars, evaluation)
  if (!isReference(template))
    return failure(
      'its first argument must name a value that holds the template, such as local.greeting; write a template in place as it is',
    )
  const content = given.kind === 'null' ? failure('the template is null') : convert(given, STRING)
  if (content.kind === 'failure') return content
  if (content.kind !== 'string') return unknownFrom(STRING, content)
  if (!isWhollyKnown(values)) return unknownFrom(STRING, values)
  const filled: Template = { name: '<templatestring>', content: content.value, vars: values }
  const result = render(rendering, filled, evaluation, template)
  return result.kind === 'failure' ? result : withMarksOf(result, content)
}

/** Functions that fill in templates; `table` gives them the other functions. */
export const templateFunctions = (world: FunctionWorld, table: FunctionTable): FunctionGroup => {
  const rendering: Rendering = { world, table, parsed: new Map() }
  return {
    templatefile: spec(
      [...strings('path'), parameter('vars', DYNAMIC, { marks: true })],
      undefined,
      (args, evaluation, at) => templatefile(rendering, args, evaluation, at),
    ),
    templatestring: {
      parameters: strings('template'),
      variadic: parameter('vars'),
      call: () => failure('it cannot be called with values'),
      lazy: (args, evaluation) => templatestring(rendering, args, evaluation),
    },
  }
}
