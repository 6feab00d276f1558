import { yamlLexemes } from './yaml-lexemes.ts'

interface Comment {
  readonly start: number
  /** Something stands before it on its line. */
  readonly trails: boolean
}

const commentsIn = (text: string): readonly Comment[] =>
  yamlLexemes(text).flatMap(({ text: lexeme, start, scalar }) => {
    if (scalar || !lexeme.startsWith('#')) return []
    const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
    return [{ start, trails: line.trim() !== '' }]
  })

/**
 * Puts comments back behind what they stood behind, as in `web: # the front`: the YAML library writes those of a key before the first line of
 * its value.
 */
export const joinComments = (source: string, formatted: string): string => {
  const [before, after] = [commentsIn(source), commentsIn(formatted)]
  if (before.length !== after.length) return formatted
  let out = ''
  let from = 0
  for (const [index, { start, trails }] of after.entries()) {
    if (trails || !before[index]?.trails) continue
    const above = formatted.slice(from, start).trimEnd()
    if (/^\s*#|^$/.test(above.slice(above.lastIndexOf('\n') + 1))) continue
    out += `${above} `
    from = start
  }
  return out + formatted.slice(from)
}
