import { visibleLine } from '../util/visible.ts'

/** GitHub refuses a comment of more characters; counted in bytes here, which are never fewer. */
export const COMMENT_LIMIT = 65_536

export const bytesOf = (text: string): number => Buffer.byteLength(text)

/**
 * Text from a declaration or a server inside a line of Markdown or HTML: shown, never obeyed. Everything but letters, digits and blanks is a
 * character reference, which neither opens markup, nor ends a table's cell, nor mentions anybody.
 */
export const code = (text: string): string =>
  `<code>${visibleLine(text).replace(/[\u0021-\u002c\u002e\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]/g, (character) => `&#${character.charCodeAt(0)};`)}</code>`

/** Lines between fences that are longer than any run of backticks within, so that none of them ends the block. */
export const fence = (language: string, texts: readonly string[]): string => {
  const lines = texts.map(visibleLine)
  const runs = lines.flatMap((line) => line.match(/`+/g) ?? [])
  const ticks = '`'.repeat(Math.max(3, ...runs.map(({ length }) => length + 1)))
  return [`${ticks}${language}`, ...lines, ticks].join('\n')
}

const LONGEST_LINE = 160

/** The beginning of a line that is too long to be shown whole. */
export const clipped = (line: string, most = LONGEST_LINE): string => {
  const characters = [...line]
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join('')}…`
}

/** The first and the last lines, as many as have room (in bytes), and a count of those left out between them. */
export const withoutMiddle = (lines: readonly string[], room: number): readonly string[] => {
  const sizes = lines.map((line) => bytesOf(line) + 1)
  if (sizes.reduce((sum, size) => sum + size, 0) <= room) return lines
  const short = lines.map((line) => clipped(line))
  let left = room - 40
  let head = 0
  let tail = 0
  for (let turn = 0; head + tail < short.length; turn++) {
    const isHead = turn % 3 !== 2
    left -= bytesOf((isHead ? short[head] : short.at(-1 - tail)) ?? '') + 1
    if (left < 0) break
    if (isHead) head++
    else tail++
  }
  const hidden = short.length - head - tail
  return hidden === 0
    ? short
    : [...short.slice(0, head), `  (${hidden} of ${short.length} lines left out)`, ...short.slice(short.length - tail)]
}
