import type { Evaluation } from '../../eval/evaluation.ts'
import { DYNAMIC, type Type } from '../../eval/type.ts'
import type { Failure, Value } from '../../eval/value.ts'
import type { Located } from '../../syntax/source.ts'
import type { Expression } from '../../syntax/tree.ts'

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

/** A parameter that takes anything but null. */
export const parameter = (
  name: string,
  type: Type = DYNAMIC,
  options: Omit<Parameter, 'name' | 'type'> = {},
): Parameter => ({
  name,
  type,
  ...options,
})
