import type { Paint } from '../style.ts'
import { tableText } from '../table.ts'
import { type Cell, cellText, type Listing, type Row } from './row.ts'

export type RowFormat = 'table' | 'json' | 'yaml' | 'csv'

const only = (row: Row, columns: readonly string[]): Row =>
  Object.fromEntries(columns.map((column) => [column, row[column] ?? null]))

/** RFC 4180; lists are joined by blanks. What a spreadsheet would take for a formula is text. */
const csvCell = (cell: Cell): string => {
  const text = cell === null ? '' : Array.isArray(cell) ? cell.join(' ') : String(cell)
  const safe = typeof cell !== 'number' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Columns that have something in them; an address that is missing tells something too. */
const filled = ({ rows, shown }: Listing): readonly string[] =>
  shown.filter((column) => column === 'address' || rows.some((row) => cellText(column, row[column]) !== ''))

const asTable = (listing: Listing, room: number, paint: Paint): string => {
  const { rows } = listing
  const shown = filled(listing)
  const columns = shown.map((title) => ({
    title: title.toUpperCase().replaceAll('_', ' '),
    ...(rows.some((row) => typeof row[title] === 'number') && { right: true as const }),
  }))
  return tableText(
    columns,
    rows.map((row) => shown.map((column) => cellText(column, row[column]))),
    { room, paint },
  )
}

/** A list in the format that was asked for. Machines get every column, unless some were chosen. */
export const rowsText = async (
  listing: Listing,
  format: RowFormat,
  { room, paint, columns }: { readonly room: number; readonly paint: Paint; readonly columns: readonly string[] },
): Promise<string> => {
  const plain = () => listing.rows.map((row) => only(row, columns))
  switch (format) {
    case 'table':
      return asTable(listing, room, paint)
    case 'json':
      return `${JSON.stringify(plain(), null, 2)}\n`
    case 'yaml':
      return (await import('yaml')).stringify(plain(), { lineWidth: 0, aliasDuplicateObjects: false })
    case 'csv':
      return [columns, ...plain().map((row) => columns.map((column) => csvCell(row[column] ?? null)))]
        .map((cells) => `${cells.join(',')}\r\n`)
        .join('')
  }
}
