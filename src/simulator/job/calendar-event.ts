/** A text that is no calendar event; the message is the reason PVE gives. */
export class CalendarError extends Error {}

/** Values of a part of an event; nothing means all of them. */
type Values = ReadonlySet<number> | undefined

/** When a job is due: days of the week (0 is Sunday), a date, and the time of day. */
export type CalendarEvent = {
  readonly days: ReadonlySet<number>
  readonly years: Values
  readonly months: Values
  readonly daysOfMonth: Values
  readonly hours: Values
  readonly minutes: Values
  readonly seconds: Values
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const EVERY_DAY: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6])

const fail = (text: string): never => {
  throw new CalendarError(text)
}

const LONG_DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

const findDay = (text: string): number =>
  Math.max(DAYS.indexOf(text.toLowerCase()), LONG_DAYS.indexOf(text.toLowerCase()))

const dayNumber = (text: string): number => {
  const found = findDay(text)
  return found < 0 ? fail('unable to parse calendar event') : found
}

const daySet = (text: string): ReadonlySet<number> => {
  const days = new Set<number>()
  for (const part of text.split(',')) {
    const [from = '', to] = part.split('..')
    const first = dayNumber(from)
    const last = to === undefined ? first : dayNumber(to)
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day)
      if (day === last) break
    }
  }
  return days
}

const addRepeated = (values: Set<number>, from: number, step: number, limit: number): void => {
  if (from >= limit) fail(`value '${from}' out of range`)
  if (step >= limit) fail(`repetition '${step}' out of range`)
  for (let value = from; value < limit; value += step) values.add(value)
}

const addRange = (values: Set<number>, from: number, to: number, limit: number): void => {
  if (from >= limit) fail(`range start '${from}' out of range`)
  if (to >= limit || to < from) fail(`range end '${to}' out of range`)
  for (let value = from; value <= to; value++) values.add(value)
}

const valueSet = (text: string, limit: number): ReadonlySet<number> | undefined => {
  const values = new Set<number>()
  let all = false
  for (const part of text.split(',')) {
    const repeated = /^(\*|\d+)(?:\/([1-9]\d*))?$/.exec(part)
    const range = /^(\d+)\.\.([1-9]\d*)$/.exec(part)
    if (repeated?.[1] === '*' && repeated[2] === undefined) all = true
    else if (repeated !== null) {
      const from = repeated[1] === '*' ? 0 : Number(repeated[1])
      if (repeated[2] === undefined) addRange(values, from, from, limit)
      else addRepeated(values, from, Number(repeated[2]), limit)
    } else if (range !== null) addRange(values, Number(range[1]), Number(range[2]), limit)
    else fail(`unable to parse calendar event '${part}'`)
  }
  return all ? undefined : values
}

const EVERY_DATE = { years: undefined, months: undefined, daysOfMonth: undefined }

/** `2026-12-01`, `*-*-1..7`, or month and day alone. */
const dateOf = (text: string): Pick<CalendarEvent, 'years' | 'months' | 'daysOfMonth'> => {
  const parts = text.split('-')
  if (parts.length > 3) fail('unable to parse calendar event')
  const [day = '', month = '', year = '*'] = parts.reverse()
  return { years: valueSet(year, 2201), months: valueSet(month, 13), daysOfMonth: valueSet(day, 32) }
}

const ZERO: ReadonlySet<number> = new Set([0])

const timeOf = (text: string): Pick<CalendarEvent, 'hours' | 'minutes' | 'seconds'> => {
  const parts = text.split(':')
  if (!/^[\d*/.,:]+$/.test(text) || parts.length > 3) fail('unable to parse calendar event')
  if (parts.length === 1) return { hours: undefined, minutes: valueSet(text, 60), seconds: ZERO }
  const [hour = '', minute = '', second] = parts
  const seconds = second === undefined ? ZERO : valueSet(second, 60)
  return { hours: valueSet(hour, 24), minutes: valueSet(minute, 60), seconds }
}

/**
 * Reads a calendar event (`mon..fri 02:30`, `*\/30`, `8..17:0/15`, `sat *-1..7 15:00`, `2026-12-01 10:00`, `02:00:30`). Words such as `daily` are
 * refused, as the recorded node does. Throws CalendarError.
 */
export const parseCalendarEvent = (text: string): CalendarEvent => {
  const parts = text.trim().split(/\s+/)
  if (parts.at(-1)?.toUpperCase() === 'UTC') parts.pop()
  const named = findDay(/^[a-z]+/i.exec(parts[0] ?? '')?.[0] ?? '') >= 0
  const days = named ? daySet(parts.shift() ?? '') : EVERY_DAY
  const dated = parts[0]?.includes('-') === true
  const date = dated ? dateOf(parts.shift() ?? '') : EVERY_DATE
  const time = parts.shift() ?? (named || dated ? '00:00' : fail('unable to parse calendar event - event is empty'))
  if (parts.length > 0) fail('unable to parse calendar event - unused parts')
  return { days, ...date, ...timeOf(time) }
}

const DAY = 86_400
/** Days that are looked at: a leap day comes within eight years. */
const DAYS_AHEAD = 366 * 8

const has = (values: Values, value: number): boolean => values === undefined || values.has(value)

const listOf = (values: Values, limit: number): readonly number[] =>
  Array.from({ length: limit }, (_, value) => value).filter((value) => has(values, value))

const isDueOn = (event: CalendarEvent, midnight: number): boolean => {
  const date = new Date(midnight * 1000)
  return (
    event.days.has(date.getUTCDay()) &&
    has(event.years, date.getUTCFullYear()) &&
    has(event.months, date.getUTCMonth() + 1) &&
    has(event.daysOfMonth, date.getUTCDate())
  )
}

/** The first moment after `after` (seconds since 1970, UTC) at which the event is due; nothing when it never is again. */
export const nextRun = (event: CalendarEvent, after: number): number | undefined => {
  const times = listOf(event.hours, 24).flatMap((hour) =>
    listOf(event.minutes, 60).flatMap((minute) =>
      listOf(event.seconds, 60).map((second) => (hour * 60 + minute) * 60 + second),
    ),
  )
  const today = Math.floor(after / DAY) * DAY
  for (let day = 0; day < DAYS_AHEAD; day++) {
    const midnight = today + day * DAY
    const time = isDueOn(event, midnight) ? times.find((each) => midnight + each > after) : undefined
    if (time !== undefined) return midnight + time
  }
  return undefined
}
