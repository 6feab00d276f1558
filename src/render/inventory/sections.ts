import { visibleLine } from '../../util/visible.ts'
import type { Paint } from '../style.ts'

/** A heading and what stands below it: pairs in two columns, or lines. */
export interface Section {
  readonly title: string
  readonly pairs?: readonly (readonly [name: string, text: string])[]
  readonly lines?: readonly string[]
}

const folded = (text: string, room: number): readonly string[] => {
  const lines: string[] = []
  let rest = text
  while (rest.length > room && room > 10) {
    const blank = Math.max(rest.lastIndexOf(' ', room), rest.lastIndexOf(',', room - 1) + 1)
    const at = blank > room / 3 ? blank : room
    lines.push(rest.slice(0, at).trimEnd())
    rest = rest.slice(at).trimStart()
  }
  return [...lines, rest]
}

/** Sections one below the other, folded to the width of a line; those with nothing in them are left out. */
export const sectionsText = (
  sections: readonly Section[],
  { room, paint }: { readonly room: number; readonly paint: Paint },
): string =>
  sections
    .filter(({ pairs = [], lines = [] }) => pairs.length + lines.length > 0)
    .map(({ title, pairs = [], lines = [] }) => {
      const width = Math.min(Math.max(0, ...pairs.map(([name]) => name.length)), 32)
      const told = pairs.flatMap(([name, text]) => {
        const [first = '', ...more] = folded(visibleLine(text), room - width - 4)
        return [`  ${name.padEnd(width)}  ${first}`, ...more.map((line) => `${' '.repeat(width + 4)}${line}`)]
      })
      const plain = lines.flatMap((line) => {
        const [first = '', ...more] = folded(visibleLine(line), room - 4)
        return [`  ${first}`, ...more.map((rest) => `    ${rest}`)]
      })
      return `${[paint('bold', title), ...told, ...plain].map((line) => line.trimEnd()).join('\n')}\n`
    })
    .join('\n')
