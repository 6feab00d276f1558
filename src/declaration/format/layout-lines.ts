import { type LayoutLine, type LayoutToken, totalDepth } from './layout-token.ts'

const endsLine = ({ type, text }: LayoutToken): boolean =>
  type === 'newline' || (type === 'comment' && text.endsWith('\n'))

const cellsOf = (tokens: readonly LayoutToken[]): LayoutLine => {
  const last = tokens.at(-1)
  const comment = tokens.length > 1 && last?.type === 'comment' ? last : undefined
  const code = comment ? tokens.slice(0, -1) : tokens
  const at = code.findIndex(({ type, text }, index) => index > 0 && type === 'operator' && text === '=')
  const assigns = at > 0 && totalDepth(code.slice(at)) === 0
  return { lead: assigns ? code.slice(0, at) : code, assign: assigns ? code.slice(at) : [], comment }
}

/** Takes tokens apart into lines, and each line into its cells. */
export const layoutLines = (tokens: readonly LayoutToken[]): readonly LayoutLine[] => {
  const lines: LayoutLine[] = []
  let line: LayoutToken[] = []
  for (const token of tokens) {
    line.push(token)
    if (!endsLine(token)) continue
    lines.push(cellsOf(line))
    line = []
  }
  if (line.length > 0) lines.push(cellsOf(line))
  return lines
}
