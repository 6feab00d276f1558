import type { Problem } from '../eval/evaluation.ts'
import type { Located } from '../syntax/source.ts'

/** Takes the problems of one resource. */
export interface Reporter {
  readonly address: string
  readonly problem: (problem: Problem) => void
  /** There is an attribute, or a group of them, of that name. */
  readonly knows: (name: string) => boolean
  /** An attribute or block nobody knows. */
  readonly unknownName: (name: string, at: Located) => void
}
