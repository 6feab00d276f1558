import { blankBetween } from './blank-between.ts'
import { type LayoutLine, type LayoutToken, totalDepth, widthOf } from './layout-token.ts'

/** Leaves as many levels as brackets were closed; several opened on one line are one level. */
const leave = (levels: number[], closed: number): void => {
  let left = closed
  while (left > 0 && levels.length > 0) {
    const opened = levels.pop() ?? 0
    if (opened > left) levels.push(opened - left)
    left -= opened
  }
}

/** As terraform fmt counts: what a heredoc opens on its first line is not counted, though what closes it later is. */
const upToHeredoc = (tokens: readonly LayoutToken[]): readonly LayoutToken[] => {
  const at = tokens.findIndex(({ type }) => type === 'heredoc-open')
  return at < 0 ? tokens : tokens.slice(0, at)
}

/** Two blanks for each level of brackets. */
export const indentLines = (lines: readonly LayoutLine[]): void => {
  const levels: number[] = []
  for (const { lead, assign } of lines) {
    const [first] = lead
    if (!first || first.type === 'newline') continue
    const change = totalDepth(upToHeredoc(lead)) + totalDepth(assign)
    if (change < 0) leave(levels, -change)
    first.blanks = 2 * levels.length
    if (change > 0) levels.push(change)
  }
}

const spaceCell = (tokens: readonly LayoutToken[]): void => {
  for (let at = 1; at < tokens.length; at++) {
    const [before, left, right] = [tokens[at - 2], tokens[at - 1], tokens[at]]
    if (left && right) right.blanks = blankBetween(before, left, right) ? 1 : 0
  }
}

/** Blanks between the tokens of each line. */
export const spaceTokens = (lines: readonly LayoutLine[]): void => {
  for (const { lead, assign } of lines) {
    spaceCell(lead)
    spaceCell(assign)
  }
}

/** Puts a cell of neighbouring lines that have it into one column. */
const alignCell = (
  lines: readonly LayoutLine[],
  cellOf: (line: LayoutLine) => LayoutToken | undefined,
  before: (line: LayoutLine) => number,
): void => {
  let run: LayoutLine[] = []
  const close = (): void => {
    const widest = run.reduce((most, line) => Math.max(most, before(line)), 0)
    for (const line of run) {
      const cell = cellOf(line)
      if (cell) cell.blanks = widest - before(line) + 1
    }
    run = []
  }
  for (const line of lines) {
    if (cellOf(line)) run.push(line)
    else close()
  }
  close()
}

/** Aligns the equals signs of neighbouring lines, then the comments behind them. */
export const alignCells = (lines: readonly LayoutLine[]): void => {
  alignCell(
    lines,
    ({ assign }) => assign[0],
    ({ lead }) => widthOf(lead),
  )
  alignCell(
    lines,
    ({ comment }) => comment,
    ({ lead, assign }) => widthOf(lead) + widthOf(assign),
  )
}

/** The lines as text. */
export const writeLines = (lines: readonly LayoutLine[]): string =>
  lines
    .flatMap(({ lead, assign, comment }) => [...lead, ...assign, ...(comment ? [comment] : [])])
    .map(({ text, blanks }) => ' '.repeat(blanks) + text)
    .join('')
