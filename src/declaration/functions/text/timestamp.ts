/** A moment with the offset it was written with. */
export interface Timestamp {
  /** Nanoseconds since 1970 in UTC. */
  readonly instant: bigint
  /** Minutes east of UTC. */
  readonly offset: number
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

/** Undefined when the text is not RFC 3339, or the day does not exist. */
export const parseTimestamp = (text: string): Timestamp | undefined => {
  const match = RFC3339.exec(text)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const zone = match[8] ?? 'Z'
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59)
    return undefined
  const [zoneHour = 0, zoneMinute = 0] = zone === 'Z' ? [] : zone.slice(1).split(':').map(Number)
  if (zoneHour > 23 || zoneMinute > 59) return undefined
  const offset = (zoneHour * 60 + zoneMinute) * (zone.startsWith('-') ? -1 : 1)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute - offset, second)
  const fraction = BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'))
  return { instant: BigInt(date.getTime()) * 1_000_000n + fraction, offset }
}

export const shifted = ({ instant, offset }: Timestamp, nanoseconds: bigint): Timestamp => ({
  instant: instant + nanoseconds,
  offset,
})

const floorDivide = (a: bigint, b: bigint): bigint => a / b - (a % b < 0n ? 1n : 0n)

/** The date and time as a clock in the timestamp's own zone shows it, read through the UTC getters. */
export const wallClock = ({ instant, offset }: Timestamp): Date =>
  new Date(Number(floorDivide(instant, 1_000_000n)) + offset * 60_000)

const two = (value: number): string => String(value).padStart(2, '0')

export const offsetText = (offset: number, colon: string): string => {
  const minutes = Math.abs(offset)
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${colon}${two(minutes % 60)}`
}

/** RFC 3339 to the second. */
export const timestampText = (timestamp: Timestamp): string => {
  const date = wallClock(timestamp)
  const day = `${String(date.getUTCFullYear()).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  return `${day}T${time}${timestamp.offset === 0 ? 'Z' : offsetText(timestamp.offset, ':')}`
}
