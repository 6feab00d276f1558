import type { Problem } from '../eval/evaluation.ts'
import type { Located } from '../syntax/source.ts'

/** Takes the problems of one resource. */
export interface Reporter {
  readonly address: string
  readonly problem: (problem: Problem) => void
  /** An attribute or block nobody knows. */
  readonly unknownName: (name: string, at: Located) => void
}
