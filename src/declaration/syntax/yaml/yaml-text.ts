import type { Scalar } from 'yaml'
import { embeddedSource, type Source } from '../source.ts'

/** Where the characters of a block scalar (`|`, `>`) come from: each line stands in the file behind its indentation. */
const blockPlaces = (source: Source, start: number, end: number, value: string): ((offset: number) => number) => {
  const header = source.text.indexOf('\n', start) + 1
  const lines: { readonly at: number; readonly from: number }[] = []
  let fileAt = header
  let valueAt = 0
  for (const line of value.split('\n')) {
    while (fileAt < end) {
      const stop = source.text.indexOf('\n', fileAt)
      const raw = source.text.slice(fileAt, stop < 0 ? end : stop)
      if (line === '' || raw.endsWith(line) || raw.includes(line)) break
      fileAt = stop < 0 ? end : stop + 1
    }
    const stop = source.text.indexOf('\n', fileAt)
    const raw = source.text.slice(fileAt, stop < 0 ? end : stop)
    lines.push({ at: valueAt, from: fileAt + Math.max(0, raw.indexOf(line)) })
    valueAt += line.length + 1
    fileAt = stop < 0 ? end : stop + 1
  }
  return (offset) => {
    let best = { at: 0, from: start }
    for (const line of lines) if (line.at <= offset) best = line
    return Math.min(end, best.from + offset - best.at)
  }
}

/** The text of a string in a YAML file, with the way back to where it is written. */
export const yamlText = (source: Source, node: Scalar, start: number, end: number): Source => {
  const value = String(node.value)
  const raw = source.text.slice(start, end)
  if (raw === value) return embeddedSource(source, value, (offset) => start + offset)
  if (raw.slice(1, -1) === value) return embeddedSource(source, value, (offset) => start + 1 + offset)
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')
    return embeddedSource(source, value, blockPlaces(source, start, end, value))
  return embeddedSource(source, value, (offset) =>
    Math.min(end, start + Math.round((offset / Math.max(1, value.length)) * raw.length)),
  )
}
