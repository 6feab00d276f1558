import type { SourcePosition, SourceRange } from '../../diagnostic/source-range.ts'

/** Text that was parsed and the way from offsets in it (UTF-16 code units) to places in the file a person sees. */
export interface Source {
  readonly filename: string
  readonly text: string
  readonly rangeAt: (start: number, end: number) => SourceRange
  /** No character is outside ASCII: the usual case, in which offsets are columns and bytes. */
  readonly isAscii: boolean
}

/** Part of a source; every node of the tree is one. */
export interface Located {
  readonly source: Source
  readonly start: number
  readonly end: number
}

export const rangeOf = ({ source, start, end }: Located): SourceRange => source.rangeAt(start, end)

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/

const lineStartsOf = (
  text: string,
  isAscii: boolean,
): { readonly starts: readonly number[]; readonly bytes: readonly number[] } => {
  const starts = [0]
  const bytes = [0]
  let from = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    bytes.push(isAscii ? at + 1 : (bytes.at(-1) ?? 0) + Buffer.byteLength(text.slice(from, at + 1)))
    from = at + 1
    starts.push(from)
  }
  return { starts, bytes }
}

const lastAtMost = (sorted: readonly number[], value: number): number => {
  let low = 0
  let high = sorted.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((sorted[middle] ?? 0) <= value) low = middle
    else high = middle - 1
  }
  return low
}

/** Characters outside the first plane take two units, of which the second does not count. */
const charactersIn = (text: string): number => {
  let count = text.length
  for (let at = 1; at < text.length; at++) {
    const isSecond = (text.charCodeAt(at) & 0xfc00) === 0xdc00
    if (isSecond && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800) count--
  }
  return count
}

/** A file as it was read. Lines are counted only when a range is asked for. */
export const fileSource = (filename: string, text: string): Source => {
  const isAscii = ASCII.test(text)
  let lines: ReturnType<typeof lineStartsOf> | undefined
  const positionAt = (wanted: number): SourcePosition => {
    const offset = Math.min(wanted, text.length)
    lines ??= lineStartsOf(text, isAscii)
    const index = lastAtMost(lines.starts, offset)
    if (isAscii) return { line: index + 1, column: offset - (lines.starts[index] ?? 0) + 1, byte: offset }
    const before = text.slice(lines.starts[index], offset)
    return {
      line: index + 1,
      column: charactersIn(before) + 1,
      byte: (lines.bytes[index] ?? 0) + Buffer.byteLength(before),
    }
  }
  return {
    filename,
    text,
    isAscii,
    rangeAt: (start, end) => ({ filename, start: positionAt(start), end: positionAt(Math.max(start, end)) }),
  }
}

/**
 * Text that stands inside another source, changed on the way (a YAML string after unescaping): `placeAt` gives the offset in the outer
 * source for an offset in `text`.
 */
export const embeddedSource = (outer: Source, text: string, placeAt: (offset: number) => number): Source => ({
  filename: outer.filename,
  text,
  isAscii: ASCII.test(text),
  rangeAt: (start, end) => outer.rangeAt(placeAt(start), placeAt(end)),
})

/** A stretch of a source as a text of its own. */
export const sliceSource = (outer: Source, start: number, end: number): Source => {
  const text = outer.text.slice(start, end)
  return {
    filename: outer.filename,
    text,
    isAscii: outer.isAscii || ASCII.test(text),
    rangeAt: (from, to) => outer.rangeAt(start + from, start + to),
  }
}
