import type { Located, Source } from '../source.ts'
import type { Expression, Invalid, Name } from '../tree.ts'
import type { Concrete } from './concrete.ts'
import type { GrammarView } from './grammar-view.ts'

/** What turning the grammar's tree into ours needs everywhere. */
export interface Lowering {
  readonly source: Source
  readonly view: GrammarView
  readonly report: (start: number, end: number, detail: string) => void
  /** Something wrong has been reported with its exact place; what the grammar stumbled over is that, or a consequence. */
  readonly isExplained: () => boolean
  /** Lowers an expression; here so that templates and expressions, which hold one another, need not import one another. */
  readonly expression: (node: Concrete) => Expression
}

export const located = ({ source }: Lowering, start: number, end: number): Located => ({ source, start, end })

export const nameAt = (
  { source }: Lowering,
  { start, end }: { readonly start: number; readonly end: number },
): Name => ({
  text: source.isAscii ? source.text.slice(start, end) : source.text.slice(start, end).normalize('NFC'),
  source,
  start,
  end,
})

export const invalidAt = ({ source }: Lowering, { start, end }: Concrete): Invalid => ({
  type: 'invalid',
  source,
  start,
  end,
})

const nextWord = (text: string, at: number): string => /^\s*(\S+)/.exec(text.slice(at, at + 60))?.[1] ?? ''

/** Reports what the grammar could not read. */
export const reportError = (lowering: Lowering, { start, end }: Concrete): void => {
  if (lowering.isExplained()) return
  const { text } = lowering.source
  const found = text.slice(start, end).trim().split('\n')[0] ?? ''
  const shown = found === '' ? nextWord(text, start) : found.length > 40 ? `${found.slice(0, 40)}…` : found
  lowering.report(
    start,
    Math.max(end, Math.min(start + 1, text.length)),
    shown === ''
      ? 'The text ends where more was expected. Check that every bracket, quote and block is closed.'
      : `"${shown}" cannot stand here. Expected is "name = value" or a block (\`vm "web" { … }\`), and inside a value an expression such as "text", 12, var.name or [a, b].`,
  )
}

/** True when a line break stands between two places, outside any bracket within the brace. */
export const breaksBetween = ({ view }: Lowering, brace: number, start: number, end: number): boolean => {
  const breaks = view.newlines.get(brace)
  if (!breaks || start >= end) return false
  let low = 0
  let high = breaks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((breaks[middle] ?? 0) < start) low = middle + 1
    else high = middle
  }
  return (breaks[low] ?? end) < end
}
