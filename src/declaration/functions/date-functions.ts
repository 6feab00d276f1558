import { NUMBER, STRING } from '../eval/type.ts'
import { TIME_OF_RUN } from '../eval/unknown-reason.ts'
import { type Failure, failure, integer, string, unknown, type Value } from '../eval/value.ts'
import { spec, strings, text } from './call/arguments.ts'
import type { FunctionGroup, FunctionWorld } from './call/function-world.ts'
import { formatDate } from './text/format-date.ts'
import { parseTimestamp, shifted, timestampText } from './text/timestamp.ts'

const NANOSECONDS: { readonly [unit: string]: bigint } = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** A duration such as `1h30m`, in nanoseconds; undefined when it is none. */
const parseDuration = (given: string): bigint | undefined => {
  const [, sign = '', parts = ''] = /^([+-]?)(.*)$/s.exec(given) ?? []
  if (parts === '0') return 0n
  if (parts === '') return undefined
  let total = 0n
  let at = 0
  while (at < parts.length) {
    PART.lastIndex = at
    const match = PART.exec(parts)
    if (!match?.[1] || !match[2]) return undefined
    const unit = NANOSECONDS[match[2]] ?? 0n
    const [whole = '', fraction = ''] = match[1].split('.')
    const digits = fraction.slice(0, 18)
    total += BigInt(whole || '0') * unit + (digits === '' ? 0n : (BigInt(digits) * unit) / 10n ** BigInt(digits.length))
    at += match[0].length
  }
  return sign === '-' ? -total : total
}

const NO_TIMESTAMP = 'it must be a timestamp such as "2006-01-02T15:04:05Z"'

const timeadd = ([given, duration]: readonly Value[]): Value | Failure => {
  const moment = parseTimestamp(text(given))
  if (!moment) return failure(NO_TIMESTAMP, 0)
  const nanoseconds = parseDuration(text(duration))
  if (nanoseconds === undefined) return failure('it must be a duration such as "1h30m"', 1)
  return string(timestampText(shifted(moment, nanoseconds)))
}

const timecmp = ([a, b]: readonly Value[]): Value | Failure => {
  const [first, second] = [parseTimestamp(text(a)), parseTimestamp(text(b))]
  if (!first) return failure(NO_TIMESTAMP, 0)
  if (!second) return failure(NO_TIMESTAMP, 1)
  return integer(first.instant < second.instant ? -1 : first.instant > second.instant ? 1 : 0)
}

const formatdate = ([pattern, given]: readonly Value[]): Value | Failure => {
  const moment = parseTimestamp(text(given))
  if (!moment) return failure(NO_TIMESTAMP, 1)
  const formatted = formatDate(text(pattern), moment)
  return typeof formatted === 'string' ? string(formatted) : formatted
}

export const dateFunctions = (world: FunctionWorld): FunctionGroup => {
  const now = (): Value => {
    const { now: moment } = world
    return moment ? string(moment.toISOString().replace(/\.\d+Z$/, 'Z')) : unknown(STRING, TIME_OF_RUN)
  }
  return {
    timestamp: spec([], STRING, now),
    plantimestamp: spec([], STRING, now),
    timeadd: spec(strings('timestamp', 'duration'), STRING, timeadd),
    timecmp: spec(strings('timestamp_a', 'timestamp_b'), NUMBER, timecmp),
    formatdate: spec(strings('format', 'time'), STRING, formatdate),
  }
}
