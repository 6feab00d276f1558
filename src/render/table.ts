import { visibleLine } from '../util/visible.ts'
import type { Paint } from './style.ts'

export interface Column {
  readonly title: string
  /** Numbers stand to the right. */
  readonly right?: true
}

const GAP = 2
const LEAST = 6
const PLAIN = /^[ -~]*$/

/** Characters a text takes on a terminal, near enough: marks on letters take none. */
const widthOf = (text: string): number => (PLAIN.test(text) ? text.length : [...text.replaceAll(/\p{M}/gu, '')].length)

const cut = (text: string, width: number): string =>
  widthOf(text) <= width ? text : `${[...text].slice(0, Math.max(0, width - 1)).join('')}…`

/** Widths that fit into a line: the widest columns give way first. */
const fitted = (widths: readonly number[], room: number): readonly number[] => {
  const out = [...widths]
  const total = () => out.reduce((sum, width) => sum + width, 0) + GAP * (out.length - 1)
  while (total() > room) {
    const widest = out.indexOf(Math.max(...out))
    if ((out[widest] ?? 0) <= LEAST) break
    out[widest] = (out[widest] ?? 0) - 1
  }
  return out
}

/** Rows below titles, in as many characters as a line has; what does not fit ends in `…`. Empty without rows. */
export const tableText = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { room, paint }: { readonly room: number; readonly paint: Paint },
): string => {
  if (rows.length === 0) return ''
  const cells = rows.map((row) => row.map(visibleLine))
  const widths = columns.map(({ title }, at) =>
    cells.reduce((most, row) => Math.max(most, widthOf(row[at] ?? '')), title.length),
  )
  const fit = fitted(widths, room)
  const line = (row: readonly string[]): string =>
    columns
      .map(({ right }, at) => {
        const text = cut(row[at] ?? '', fit[at] ?? 0)
        const blanks = ' '.repeat(Math.max(0, (fit[at] ?? 0) - widthOf(text)))
        return right ? `${blanks}${text}` : `${text}${blanks}`
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  return `${[paint('bold', line(columns.map(({ title }) => title))), ...cells.map(line)].join('\n')}\n`
}
