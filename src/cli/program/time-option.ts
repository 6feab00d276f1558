import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

const isUnit = (text: string | undefined): text is keyof typeof UNITS =>
  text !== undefined && Object.hasOwn(UNITS, text)

/** Milliseconds of `30m`, `12h`, `30d`, `2w`; undefined for anything else. */
const duration = (text: string): number | undefined => {
  const [, count, unit] = /^(\d{1,6})([a-z])$/.exec(text.trim()) ?? []
  return count !== undefined && isUnit(unit) ? Number(count) * UNITS[unit] : undefined
}

/** A moment from an option, ISO 8601: a date, a date and time, or a length of time before now. Throws a diagnostic for what is none. */
export const momentOption = (option: string, text: string, now: Date): string => {
  const length = duration(text)
  if (length !== undefined) return new Date(now.getTime() - length).toISOString()
  const moment = /^\d{4}-\d\d-\d\d/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN
  if (Number.isNaN(moment))
    throw new DiagnosticError([
      diagnose('cli.bad-option', {
        detail: `--${option} takes a date (2026-12-01), a date and time (2026-12-01T08:00Z) or a length of time ago (2h, 30d), not "${text}".`,
      }),
    ])
  return new Date(moment).toISOString()
}
