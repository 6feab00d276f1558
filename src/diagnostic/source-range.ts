/** A place in a file. `line` and `column` count from 1 (columns in Unicode code points), `byte` from 0, as Terraform's JSON does. */
export interface SourcePosition {
  readonly line: number
  readonly column: number
  readonly byte: number
}

/** Half-open: `end` is the first position after the text. `filename` is relative to the workspace where it lies inside it. */
export interface SourceRange {
  readonly filename: string
  readonly start: SourcePosition
  readonly end: SourcePosition
}
