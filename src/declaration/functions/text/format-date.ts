import { type Failure, failure } from '../../eval/value.ts'
import { offsetText, type Timestamp, wallClock } from './timestamp.ts'

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
]

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

const two = (value: number): string => String(value).padStart(2, '0')

type Field = (date: Date, timestamp: Timestamp) => string

const zone =
  (utc: string, colon: string): Field =>
  (_, { offset }) =>
    offset === 0 && utc !== '' ? utc : offsetText(offset, colon)

const twelve = (date: Date): number => date.getUTCHours() % 12 || 12

const FIELDS: { readonly [letters: string]: Field } = {
  YYYY: (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  YY: (date) => two(date.getUTCFullYear() % 100),
  MMMM: (date) => MONTHS[date.getUTCMonth()] ?? '',
  MMM: (date) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  MM: (date) => two(date.getUTCMonth() + 1),
  M: (date) => String(date.getUTCMonth() + 1),
  DD: (date) => two(date.getUTCDate()),
  D: (date) => String(date.getUTCDate()),
  EEEE: (date) => DAYS[date.getUTCDay()] ?? '',
  EEE: (date) => (DAYS[date.getUTCDay()] ?? '').slice(0, 3),
  hh: (date) => two(date.getUTCHours()),
  h: (date) => String(date.getUTCHours()),
  HH: (date) => two(twelve(date)),
  H: (date) => String(twelve(date)),
  AA: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  aa: (date) => (date.getUTCHours() < 12 ? 'am' : 'pm'),
  mm: (date) => two(date.getUTCMinutes()),
  m: (date) => String(date.getUTCMinutes()),
  ss: (date) => two(date.getUTCSeconds()),
  s: (date) => String(date.getUTCSeconds()),
  ZZZZZ: zone('', ':'),
  ZZZZ: zone('', ''),
  ZZZ: zone('UTC', ''),
  Z: zone('Z', ':'),
}

const PART = /'((?:[^']|'')*)'|([A-Za-z])\2*|'|[^A-Za-z']+/g

/** Writes a date as a format such as `DD MMM YYYY hh:mm ZZZ` says; text in single quotes stands for itself. */
export const formatDate = (format: string, timestamp: Timestamp): string | Failure => {
  const date = wallClock(timestamp)
  let result = ''
  for (const match of format.matchAll(PART)) {
    const [part, quoted, letter] = match
    if (quoted !== undefined) result += quoted.replaceAll("''", "'")
    else if (letter === undefined) {
      if (part === "'") return failure('a literal begun with a single quote is never closed', 0)
      result += part
    } else {
      const field = Object.hasOwn(FIELDS, part) ? FIELDS[part] : undefined
      if (!field) return failure(`"${part}" means nothing in a format; put text in single quotes`, 0)
      result += field(date, timestamp)
    }
  }
  return result
}
