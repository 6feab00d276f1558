import { suggestion } from '../../util/did-you-mean.ts'
import { compareNaturally } from '../../util/natural-order.ts'
import type { Cell, Listing, Row } from './row.ts'

/** What was asked for cannot be understood, in words. */
export interface Misunderstood {
  readonly problem: string
}

export interface Selection {
  readonly filters?: readonly string[] | undefined
  readonly sort?: string | undefined
  readonly columns?: string | undefined
}

const FILTER = /^\s*([a-z_]+)\s*(!=|<=|>=|=|~|<|>)\s*(.*?)\s*$/s
const TRUE: readonly string[] = ['true', 'yes', '1', 'on']
const FALSE: readonly string[] = ['false', 'no', '0', 'off', '']
const UNIT: { readonly [unit: string]: number } = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 }

/** PVE counts a guest's memory in MiB. */
const IN_MEBIBYTES: readonly string[] = ['memory']

const numberOf = (column: string, text: string): number | undefined => {
  const [, digits, unit = ''] = /^(-?\d+(?:\.\d+)?)([KMGT])?(?:i?B)?$/i.exec(text) ?? []
  const factor = UNIT[unit.toUpperCase()]
  if (digits === undefined || factor === undefined) return digits === undefined ? undefined : Number(digits)
  return (Number(digits) * factor) / (IN_MEBIBYTES.includes(column) ? 1024 ** 2 : 1)
}

const equals = (column: string, cell: Cell | undefined, wanted: string): boolean => {
  if (cell === undefined || cell === null) return wanted === ''
  if (typeof cell === 'boolean') return (cell ? TRUE : FALSE).includes(wanted.toLowerCase())
  if (typeof cell === 'number') return cell === numberOf(column, wanted)
  if (typeof cell === 'string') return cell.toLowerCase() === wanted.toLowerCase()
  return cell.length === 0 ? wanted === '' : cell.some((item) => item.toLowerCase() === wanted.toLowerCase())
}

const textOf = (cell: Cell | undefined): string =>
  cell === undefined || cell === null ? '' : Array.isArray(cell) ? cell.join(' ') : String(cell)

/** Below zero: the cell is less. Undefined where the two cannot be compared. */
const against = (column: string, cell: Cell | undefined, wanted: string): number | undefined => {
  if (cell === undefined || cell === null || typeof cell === 'boolean') return undefined
  const number = numberOf(column, wanted)
  if (typeof cell === 'number') return number === undefined ? undefined : cell - number
  return compareNaturally(textOf(cell), wanted)
}

type Test = (row: Row) => boolean

const testOf = (column: string, operator: string, wanted: string): Test | Misunderstood => {
  const compared = (holds: (order: number) => boolean) => (row: Row) => {
    const order = against(column, row[column], wanted)
    return order !== undefined && holds(order)
  }
  switch (operator) {
    case '=':
      return (row) => equals(column, row[column], wanted)
    case '!=':
      return (row) => !equals(column, row[column], wanted)
    case '<':
      return compared((order) => order < 0)
    case '>':
      return compared((order) => order > 0)
    case '<=':
      return compared((order) => order <= 0)
    case '>=':
      return compared((order) => order >= 0)
  }
  try {
    const pattern = new RegExp(wanted, 'i')
    return (row) => pattern.test(textOf(row[column]))
  } catch {
    return { problem: `"${wanted}" is no pattern: after ~ stands a regular expression, such as name~^web-` }
  }
}

const unknownColumn = (name: string, columns: readonly string[]): Misunderstood => ({
  problem: `There is no column "${name}".${suggestion(name, columns)} There are: ${columns.join(', ')}.`,
})

const filterOf = (text: string, columns: readonly string[]): Test | Misunderstood => {
  const [, column = '', operator = '', wanted = ''] = FILTER.exec(text) ?? []
  if (operator === '')
    return { problem: `"${text}" is no filter. Write column=value; !=, ~, <, <=, > and >= work too.` }
  return columns.includes(column) ? testOf(column, operator, wanted) : unknownColumn(column, columns)
}

const compareCells = (a: Cell | undefined, b: Cell | undefined): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : compareNaturally(textOf(a), textOf(b))

/** `node,-memory`: by node, then by memory, the largest first. What has no value comes last. */
const sorted = (rows: readonly Row[], keys: readonly string[]): readonly Row[] =>
  rows.toSorted((a, b) => {
    for (const key of keys) {
      const [column, sign] = key.startsWith('-') ? [key.slice(1), -1] : [key, 1]
      const [x, y] = [textOf(a[column]), textOf(b[column])]
      if (x === y) continue
      if (x === '' || y === '') return x === '' ? 1 : -1
      const order = compareCells(a[column], b[column])
      if (order !== 0) return sign * order
    }
    return 0
  })

const words = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')

/** The rows and columns that were asked for; all filters hold. */
export const selectRows = (listing: Listing, { filters = [], sort, columns }: Selection): Listing | Misunderstood => {
  const tests: Test[] = []
  for (const filter of filters) {
    const test = filterOf(filter, listing.columns)
    if ('problem' in test) return test
    tests.push(test)
  }
  const keys = words(sort)
  const chosen = columns === 'all' ? listing.columns : words(columns)
  const unknown = [...keys.map((key) => key.replace(/^-/, '')), ...chosen].find(
    (name) => !listing.columns.includes(name),
  )
  if (unknown !== undefined) return unknownColumn(unknown, listing.columns)
  const rows = listing.rows.filter((row) => tests.every((test) => test(row)))
  return {
    columns: listing.columns,
    shown: chosen.length > 0 ? chosen : listing.shown,
    rows: keys.length > 0 ? sorted(rows, keys) : rows,
  }
}
