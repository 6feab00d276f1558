import type { DiagnosticCode } from '../../diagnostic/codes.ts'
import { MAX_NESTING, MAX_SIZE, MAX_TEXT } from '../syntax/limits.ts'
import type { Located } from '../syntax/source.ts'
import type { Expression } from '../syntax/tree.ts'
import type { Type } from './type.ts'
import { FAILED, type Failure, sizeOf, type UnknownValue, type Value } from './value.ts'

export interface Problem {
  readonly code: DiagnosticCode
  readonly detail: string
  readonly at: Located
}

/** Names bound by `for`, innermost first. */
export interface Bindings {
  readonly name: string
  readonly value: Value
  readonly outer: Bindings | undefined
}

/** The value a path of names begins with, and how many of the names it covers. */
export interface Resolved {
  readonly value: Value
  readonly used: number
}

/** How much more one evaluation may do; `spend` counts it down. */
export interface Work {
  left: number
}

/** Thrown where an evaluation does more than its share: nothing can be evaluated after it, so it is not a value like other problems. */
export class TooMuchWork extends Error {
  readonly at: Located

  constructor(at: Located) {
    super('evaluation exceeds its work limit')
    this.at = at
  }
}

/** What an expression is evaluated in. */
export interface Evaluation {
  readonly work: Work
  readonly report: (problem: Problem) => void
  /** Values of the module by name: `['var', 'x', …]`. Reports what is unknown itself, to the evaluation given. */
  readonly resolve: (names: readonly string[], at: Located, evaluation: Evaluation) => Resolved
  readonly functions: FunctionTable
  readonly bindings: Bindings | undefined
  readonly splatItem: Value | undefined
  /** Evaluates an inner expression; here so that the parts of the evaluator need not import one another. */
  readonly evaluate: (expression: Expression, evaluation: Evaluation) => Value
}

export interface Parameter {
  readonly name: string
  /** Arguments are converted to it. */
  readonly type: Type
  /** Null is passed on instead of refused. */
  readonly nullable?: true
  /** Unknown values are passed on instead of making the result unknown. */
  readonly unknowns?: true
  /** The function needs every element known; else the result is unknown. */
  readonly whole?: true
  /** Sensitive marks, its own and those of elements, are passed on; the function puts them on its result. */
  readonly marks?: true
  /** Marks of elements are passed on; only the argument's own mark goes to the result. */
  readonly innerMarks?: true
}

/** A function of the language. `call` gets arguments that are converted, not null, known and unmarked as its parameters ask. */
export interface FunctionSpec {
  readonly parameters: readonly Parameter[]
  /** Any number of further arguments. */
  readonly variadic?: Parameter
  /** Type of the result where it is unknown; missing: not known either. */
  readonly returns?: Type
  /** `evaluation` and `at`, the call, are for those that evaluate or count work themselves. */
  readonly call: (args: readonly Value[], evaluation: Evaluation, at: Located) => Value | Failure
  /** Units of work of one call; missing: everything in the arguments and in the result is looked at. */
  readonly effort?: (args: readonly Value[]) => number
  /** Instead of `call`: gets the expressions, for functions that look at whether evaluating fails. */
  readonly lazy?: (args: readonly Expression[], evaluation: Evaluation) => Value | Failure
}

export interface FunctionTable {
  readonly find: (name: string) => FunctionSpec | undefined
  readonly names: () => Iterable<string>
}

/** Counts work that is about to be done at a place; throws `TooMuchWork` when it is more than is left. */
export const spend = ({ work }: Evaluation, units: number, at: Located): void => {
  work.left -= units
  if (work.left < 0) throw new TooMuchWork(at)
}

/** Work that a problem makes, with its words. */
const PROBLEM = 20

/** Reports and gives the value that keeps what depends on it quiet. */
export const fail = (evaluation: Evaluation, at: Located, detail: string, code?: DiagnosticCode): UnknownValue => {
  spend(evaluation, PROBLEM, at)
  evaluation.report({ code: code ?? 'declaration.invalid-expression', detail, at })
  return FAILED
}

/** Reports a text that is longer than any is meant to be. */
export const tooLong = (evaluation: Evaluation, length: number, at: Located): UnknownValue =>
  fail(
    evaluation,
    at,
    `This text would be ${length} characters long; at most ${MAX_TEXT} are allowed. Keep large data in a file, and name the file.`,
    'declaration.too-large',
  )

/** Reports a value, or several together, that hold more than anything is meant to. */
export const tooMuch = (evaluation: Evaluation, what: string, at: Located): UnknownValue =>
  fail(
    evaluation,
    at,
    `${what} would hold more than ${MAX_SIZE} elements and pieces of text, each counted as often as it occurs. Look for locals that double one another, or for lists that are multiplied.`,
    'declaration.too-large',
  )

/** The value, unless it is out of all proportion, which is reported. */
export const bounded = (evaluation: Evaluation, value: Value, at: Located): Value => {
  if (value.kind === 'string' && value.value.length > MAX_TEXT) return tooLong(evaluation, value.value.length, at)
  if ('depth' in value && value.depth > MAX_NESTING)
    return fail(
      evaluation,
      at,
      `Lists and maps would be nested more than ${MAX_NESTING} deep here. Look for locals that wrap one another again and again.`,
      'declaration.too-deep',
    )
  return sizeOf(value) > MAX_SIZE ? tooMuch(evaluation, 'This value', at) : value
}

export const bind = (evaluation: Evaluation, name: string, value: Value): Evaluation => ({
  ...evaluation,
  bindings: { name, value, outer: evaluation.bindings },
})

export const boundValue = ({ bindings }: Evaluation, name: string): Value | undefined => {
  for (let at = bindings; at; at = at.outer) if (at.name === name) return at.value
  return undefined
}
