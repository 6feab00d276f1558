import type { Value } from './value.ts'

/** Origin of what timestamp() gives in a plan. */
export const TIME_OF_RUN = 'the time of the run'

/** A sentence that says who chooses an unknown value, with a blank before it; empty where that is not known. */
export const unknownReason = (value: Value): string => {
  if (value.kind !== 'unknown' || !value.origin) return ''
  if (value.origin === TIME_OF_RUN)
    return ' The time differs in every run, so no plan would ever be empty. Take it from a variable.'
  return ` ${value.origin} is chosen by the server.`
}
