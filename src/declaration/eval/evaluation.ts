import type { DiagnosticCode } from '../../diagnostic/codes.ts'
import type { FunctionSpec } from '../functions/function-spec.ts'
import type { Located } from '../syntax/source.ts'
import type { Expression } from '../syntax/tree.ts'
import { FAILED, type UnknownValue, type Value } from './value.ts'

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

/** What an expression is evaluated in. */
export interface Evaluation {
  readonly report: (problem: Problem) => void
  /** Values of the module by name: `['var', 'x', …]`. Reports what is unknown itself, to the evaluation given. */
  readonly resolve: (names: readonly string[], at: Located, evaluation: Evaluation) => Resolved
  readonly functions: FunctionTable
  readonly bindings: Bindings | undefined
  readonly splatItem: Value | undefined
  /** Evaluates an inner expression; here so that the parts of the evaluator need not import one another. */
  readonly evaluate: (expression: Expression, evaluation: Evaluation) => Value
}

export interface FunctionTable {
  readonly find: (name: string) => FunctionSpec | undefined
  readonly names: () => Iterable<string>
}

/** Reports and gives the value that keeps what depends on it quiet. */
export const fail = (evaluation: Evaluation, at: Located, detail: string, code?: DiagnosticCode): UnknownValue => {
  evaluation.report({ code: code ?? 'declaration.invalid-expression', detail, at })
  return FAILED
}

export const bind = (evaluation: Evaluation, name: string, value: Value): Evaluation => ({
  ...evaluation,
  bindings: { name, value, outer: evaluation.bindings },
})

export const boundValue = ({ bindings }: Evaluation, name: string): Value | undefined => {
  for (let at = bindings; at; at = at.outer) if (at.name === name) return at.value
  return undefined
}
