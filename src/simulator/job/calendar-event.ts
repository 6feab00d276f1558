/** A text that is no calendar event; the message is the reason PVE gives. */
export class CalendarError extends Error {}

/** When a job is due: days of the week (0 is Sunday), hours and minutes; nothing for hours or minutes means all of them. */
export type CalendarEvent = {
  readonly days: ReadonlySet<number>
  readonly hours: ReadonlySet<number> | undefined
  readonly minutes: ReadonlySet<number> | undefined
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const EVERY_DAY: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6])

const fail = (text: string): never => {
  throw new CalendarError(text)
}

const dayNumber = (text: string): number => {
  const found = DAYS.findIndex((day) => text.toLowerCase().startsWith(day))
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

/**
 * Reads a calendar event (`mon..fri 02:30`, `*\/30`, `8..17:0/15`). Words such as `daily` are refused, as the recorded node does.
 * Throws CalendarError.
 */
export const parseCalendarEvent = (text: string): CalendarEvent => {
  const parts = text.trim().split(/\s+/)
  if (parts.at(-1)?.toUpperCase() === 'UTC') parts.pop()
  const named = /^(?:mon|tue|wed|thu|fri|sat|sun)/i.test(parts[0] ?? '')
  const days = named ? daySet(parts.shift() ?? '') : EVERY_DAY
  const time = parts.shift() ?? (named ? '00:00' : fail('unable to parse calendar event - event is empty'))
  if (parts.length > 0) fail('unable to parse calendar event - unused parts')
  const clock = /^([^:\s]+):([^:\s]+)$/.exec(time)
  if (clock !== null) return { days, hours: valueSet(clock[1] ?? '', 24), minutes: valueSet(clock[2] ?? '', 60) }
  if (!/^[\d*/.,]+$/.test(time)) fail('unable to parse calendar event')
  return { days, hours: undefined, minutes: valueSet(time, 60) }
}

const MINUTE = 60
const DAY = 24 * 60 * MINUTE
const YEAR_OF_DAYS = 366

/** The first moment after `after` (seconds since 1970, UTC) at which the event is due. */
export const nextRun = ({ days, hours, minutes }: CalendarEvent, after: number): number => {
  const first = Math.floor(after / MINUTE) * MINUTE + MINUTE
  const today = Math.floor(first / DAY) * DAY
  for (let day = 0; day < YEAR_OF_DAYS; day++) {
    const midnight = today + day * DAY
    if (!days.has(new Date(midnight * 1000).getUTCDay())) continue
    for (let hour = 0; hour < 24; hour++) {
      if (hours !== undefined && !hours.has(hour)) continue
      for (let minute = 0; minute < 60; minute++) {
        const moment = midnight + (hour * 60 + minute) * MINUTE
        if (moment >= first && (minutes === undefined || minutes.has(minute))) return moment
      }
    }
  }
  return first
}
