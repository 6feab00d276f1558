import { evaluate } from '../eval/evaluate.ts'
import { type Evaluation, fail } from '../eval/evaluation.ts'
import type { World } from './world.ts'

/** Where no other value can be named: defaults and types of variables, files of values. Functions of constants are fine. */
export const constantEvaluation = (world: World): Evaluation => ({
  work: world.work,
  report: (problem) => world.problem(problem),
  resolve: (names, at, evaluation) => ({
    value: fail(
      evaluation,
      at,
      `A constant must stand here, so "${names.join('.')}" cannot be named. If its text is meant, put it in double quotes.`,
      'declaration.unknown-reference',
    ),
    used: names.length,
  }),
  functions: world.functions,
  bindings: undefined,
  splatItem: undefined,
  evaluate,
})
