import type { Call } from '../api/call.ts'
import { errorText, PveError, raise } from '../api/error.ts'

/** Runs a change of the access tree; what goes wrong in it is told as `<what> failed: …`, a refusal by permission as it is. */
export const changeAccess = <T>({ world }: Call, what: string, change: () => T): T => {
  try {
    return change()
  } catch (error) {
    if (!(error instanceof PveError) || error.status === 403 || error.errors !== undefined) throw error
    return raise(`${what} failed: ${errorText(error)}`)
  } finally {
    world.access.generation++
  }
}

/** Sets `key` to a request's text; an empty one takes it away, as PVE's files do not keep empty values. */
export const setText = <K extends string>(target: { [key in K]?: string }, key: K, call: Call): void => {
  if (!call.has(key)) return
  const text = key === 'comment' ? call.text(key).trim() : call.text(key)
  if (text === '') delete target[key]
  else target[key] = text as (typeof target)[K]
}
