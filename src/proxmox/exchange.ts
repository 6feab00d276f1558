import type { ClientRequest, Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import got, { type OptionsOfTextResponseBody } from 'got'
import { ConnectError } from './connection.ts'

/** One request as bytes see it. */
export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly params: Readonly<Record<string, string | number | boolean>>
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

/**
 * What one attempt came to. `answer`: the server answered, whatever it said. `broken`: no complete answer; `left` tells whether the
 * request may have reached the server.
 */
export type Exchange =
  | {
      readonly kind: 'answer'
      readonly status: number
      /** The server's words: the body's `message`, else the reason phrase. */
      readonly message: string
      readonly errors: Readonly<Record<string, string>>
      readonly data: unknown
      /** The body was JSON of PVE's shape, or rightly empty. */
      readonly isPve: boolean
    }
  | { readonly kind: 'broken'; readonly left: boolean; readonly error: ConnectError }

/** PVE takes booleans as 0 and 1 (PVE API: type check of `boolean`). */
const encode = (params: Outgoing['params']): string =>
  new URLSearchParams(
    Object.entries(params).map(([name, value]): [string, string] => [
      name,
      typeof value === 'boolean' ? (value ? '1' : '0') : String(value),
    ]),
  ).toString()

/** DELETE takes its parameters in the query; with a body PVE answers 501 `Unexpected content for method 'DELETE'`. */
const optionsOf = ({ method, params, headers }: Outgoing): OptionsOfTextResponseBody => {
  const encoded = encode(params)
  if (method === 'GET' || method === 'DELETE')
    return { method, headers, ...(encoded !== '' && { searchParams: new URLSearchParams(encoded) }) }
  return { method, headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, body: encoded }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const textsOf = (value: unknown): Readonly<Record<string, string>> =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text).trim()])) : {}

/** No answer of Proxmox VE to any of our requests is nearly as large, unpacked. */
const MOST_BYTES = 64 * 1024 * 1024
/** So much of what a server says of an error is repeated. */
const MOST_WORDS = 10_000

const readAnswer = (status: number, reason: string, text: string): Exchange => {
  const body = parseJson(text)
  const shaped = isRecord(body) && 'data' in body
  const said = isRecord(body) && typeof body['message'] === 'string' ? body['message'].trim() : ''
  return {
    kind: 'answer',
    status,
    message: (said || reason.trim() || `HTTP status ${status}`).slice(0, MOST_WORDS),
    errors: isRecord(body) ? textsOf(body['errors']) : {},
    data: shaped ? body['data'] : undefined,
    isPve: shaped || (status >= 400 && text.trim() === ''),
  }
}

const connectErrorOf = (error: unknown): ConnectError => {
  if (error instanceof ConnectError) return error
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof ConnectError) return cause
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN'
  // got's own errors carry the request with its headers: only code and text go on.
  return new ConnectError(code, error instanceof Error ? error.message : String(error))
}

/** Sends one request once. Rejects only with the signal's reason, and only when the request never left or changes nothing. */
export const exchange = async (
  outgoing: Outgoing,
  agent: HttpAgent | HttpsAgent,
  signal: AbortSignal | undefined,
): Promise<Exchange> => {
  let left = false
  const pending = got(outgoing.url, {
    ...optionsOf(outgoing),
    agent: { http: agent as HttpAgent, https: agent as HttpsAgent },
    throwHttpErrors: false,
    followRedirect: false,
    retry: { limit: 0 },
    timeout: { request: outgoing.timeoutMs },
    responseType: 'text',
    ...(signal && { signal }),
  })
  // A request is given its socket when the connection stands and is trusted; from then on it may have reached the server.
  pending.on('request', (request: ClientRequest) => {
    if (request.socket) left = true
    request.once('socket', () => {
      left = true
    })
  })
  const size = { tooLarge: false }
  pending.on('downloadProgress', ({ transferred }) => {
    if (transferred <= MOST_BYTES) return
    size.tooLarge = true
    pending.cancel()
  })
  try {
    const response = await pending
    return readAnswer(response.statusCode, response.statusMessage ?? '', response.body)
  } catch (error) {
    if (signal?.aborted && (!left || outgoing.method === 'GET')) throw signal.reason
    const problem = size.tooLarge ? tooLarge() : connectErrorOf(error)
    return { kind: 'broken', left, error: problem }
  }
}

const tooLarge = (): ConnectError =>
  new ConnectError('MPC_ANSWER_TOO_LARGE', `the answer is larger than ${MOST_BYTES / 1024 ** 2} MiB`)
