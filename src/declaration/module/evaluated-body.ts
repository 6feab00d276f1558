import type { Value } from '../eval/value.ts'
import type { Located } from '../syntax/source.ts'
import type { Expression } from '../syntax/tree.ts'

export interface EvaluatedAttribute {
  readonly name: string
  readonly value: Value
  /** The name as written. */
  readonly at: Located
  readonly expression: Expression
}

export interface EvaluatedBlock {
  readonly name: string
  readonly labels: readonly string[]
  readonly body: EvaluatedBody
  /** From the name to the last label. */
  readonly at: Located
}

/** A block's body with every expression evaluated and every `dynamic` block spread out. */
export interface EvaluatedBody {
  readonly attributes: ReadonlyMap<string, EvaluatedAttribute>
  readonly blocks: readonly EvaluatedBlock[]
  readonly at: Located
}
