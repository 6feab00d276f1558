import { yamlLexemes } from './yaml-lexemes.ts'

interface Line {
  readonly text: string
  readonly is: 'blank' | 'comment' | 'content'
  readonly indent: number
}

const linesOf = (text: string): readonly Line[] => {
  const comments = new Set<number>()
  for (const lexeme of yamlLexemes(text))
    if (!lexeme.scalar && lexeme.text.startsWith('#')) comments.add(text.lastIndexOf('\n', lexeme.start - 1) + 1)
  let start = 0
  return text.split('\n').map((line) => {
    const indent = line.length - line.trimStart().length
    const isComment = comments.has(start) && line.startsWith('#', indent)
    start += line.length + 1
    return { text: line, is: line.trim() === '' ? 'blank' : isComment ? 'comment' : 'content', indent }
  })
}

const nearest = (lines: readonly Line[], from: number, step: 1 | -1): Line | undefined => {
  for (let at = from; at >= 0 && at < lines.length; at += step) if (lines[at]?.is === 'content') return lines[at]
  return undefined
}

/** The indentation a comment of `before` gets in `after`: that of the line whose indentation it had, the one below first. */
const indentIn = (before: readonly Line[], at: number, after: readonly Line[], index: number): number | undefined => {
  const indent = before[at]?.indent ?? 0
  const pairs = ([1, -1] as const).map((step) => [nearest(before, at, step), nearest(after, index, step)] as const)
  const [below, above] = pairs
  const same = pairs.find(([old]) => old?.indent === indent)
  if (same) return same[1]?.indent
  if (indent === 0) return 0
  // Indented like neither: with what it stands deeper than.
  return below?.[0] && indent > below[0].indent && above?.[0] && indent < above[0].indent
    ? above[1]?.indent
    : below?.[1]?.indent
}

/**
 * Puts comments that have a line to themselves where they stood: level with the line they were level with. The YAML library gives them to
 * the nearest collection, whatever their indentation said.
 */
export const alignComments = (source: string, formatted: string): string => {
  const [before, after] = [linesOf(source), linesOf(formatted)]
  const placesIn = (lines: readonly Line[]) => lines.flatMap(({ is }, at) => (is === 'comment' ? [at] : []))
  const [from, to] = [placesIn(before), placesIn(after)]
  if (from.length !== to.length) return formatted
  const indents = new Map(to.map((index, n) => [index, indentIn(before, from[n] ?? 0, after, index)]))
  return after
    .map(({ text, indent }, index) => ' '.repeat(indents.get(index) ?? indent) + text.trimStart())
    .map((line, index) => (indents.has(index) ? line : (after[index]?.text ?? line)))
    .join('\n')
}
