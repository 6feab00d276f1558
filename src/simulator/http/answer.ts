import type { Served } from '../api/dispatch.ts'
import { PveError } from '../api/error.ts'

/** An answer about to be sent. `text` nothing: no body at all. */
export type Answer = {
  readonly status: number
  readonly reason: string
  readonly text: string | undefined
  readonly json: boolean
}

const oneLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')

/** A handler's result as PVE writes it under /api2/json, or under /api2/extjs. */
export const answerOf = (served: Served, { extjs }: { readonly extjs: boolean }): Answer => ({
  status: 200,
  reason: 'OK',
  text: JSON.stringify(
    extjs ? { data: served.data, ...served.extra, success: 1 } : { data: served.data, ...served.extra },
  ),
  json: true,
})

/** An error as PVE answers it: text in the reason phrase; anything but a PveError is a bug and says so with 500. */
export const answerOfError = (error: unknown, { extjs }: { readonly extjs: boolean }): Answer => {
  if (!(error instanceof PveError)) {
    const text = `simulator bug: ${error instanceof Error ? `${error.message} ${(error.stack ?? '').split('\n')[1]?.trim()}` : String(error)}`
    return {
      status: 500,
      reason: oneLine(text),
      text: JSON.stringify({ data: null, message: `${text}\n` }),
      json: true,
    }
  }
  const reason = oneLine(error.message)
  if (error.status === 401 && error.message !== 'authentication failure')
    return { status: 401, reason, text: undefined, json: false }
  if (error.bare && error.status !== 501) return { status: error.status, reason, text: error.message, json: false }
  const message = error.message.endsWith('\n') || error.bare ? error.message : `${error.message}\n`
  const errors = error.errors === undefined ? {} : { errors: error.errors }
  if (extjs)
    return {
      status: 200,
      reason: 'OK',
      text: JSON.stringify({ data: null, message, ...errors, status: error.status, success: 0 }),
      json: true,
    }
  return { status: error.status, reason, text: JSON.stringify({ data: null, message, ...errors }), json: true }
}
