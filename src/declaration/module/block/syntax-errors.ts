import type { Diagnostic } from '../../../diagnostic/diagnostic.ts'
import type { SourceRange } from '../../../diagnostic/source-range.ts'
import { type Located, rangeOf } from '../../syntax/source.ts'

/** Where syntax is wrong, so that what is missing there is not reported a second time. */
export interface SyntaxErrors {
  readonly note: (diagnostic: Diagnostic) => void
  /** Something between the ends of a node could not be read. */
  readonly within: (node: Located) => boolean
  readonly of: (filename: string) => readonly SourceRange[]
}

const CODES: readonly string[] = ['declaration.syntax', 'declaration.too-deep', 'declaration.too-large']

export const syntaxErrors = (): SyntaxErrors => {
  const byFile = new Map<string, SourceRange[]>()
  return {
    note: ({ code, range }) => {
      if (!range || !CODES.includes(code)) return
      const known = byFile.get(range.filename)
      if (known) known.push(range)
      else byFile.set(range.filename, [range])
    },
    within: (node) => {
      const errors = byFile.get(node.source.filename)
      if (!errors) return false
      const { start, end } = rangeOf(node)
      return errors.some((error) => error.start.byte >= start.byte && error.start.byte <= end.byte)
    },
    of: (filename) => byFile.get(filename) ?? [],
  }
}
