/** A value in a list, for people and for machines. */
export type Cell = string | number | boolean | readonly string[] | null

export interface Row {
  readonly [column: string]: Cell
}

/** What a list can show, in the order of its columns; those that are shown without being asked for come first. */
export interface Listing {
  readonly columns: readonly string[]
  readonly shown: readonly string[]
  readonly rows: readonly Row[]
}

/** Numbers that stand for bytes, which people read in larger units. */
const BYTES: ReadonlySet<string> = new Set(['total', 'used', 'free', 'node_memory'])
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

const bytesText = (bytes: number): string => {
  let [amount, unit] = [bytes, 0]
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024
    unit++
  }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[unit]}`
}

/** A cell as it stands in a table. */
export const cellText = (column: string, cell: Cell | undefined): string => {
  if (cell === undefined || cell === null) return ''
  if (typeof cell === 'boolean') return cell ? 'yes' : ''
  if (typeof cell === 'number') return BYTES.has(column) ? bytesText(cell) : String(cell)
  return typeof cell === 'string' ? cell : cell.join(', ')
}
