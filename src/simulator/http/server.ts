import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Dispatch } from '../api/dispatch.ts'
import { PveError } from '../api/error.ts'
import type { Clock } from '../task/clock.ts'
import { type Answer, answerOf, answerOfError } from './answer.ts'
import { parseBody, parseForm } from './body.ts'
import type { Certificate } from './certificate.ts'
import { readMultipart } from './multipart.ts'

/** One request as received, for request logs and for the faults that match it. */
export type SeenRequest = {
  readonly verb: string
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
}

/**
 * What a fault may do to a request. `before` runs before it is handled and may throw a PveError, wait, return the answer in its place, or
 * 'reset' to drop the connection; `after` runs when it has taken effect and may change the answer, or return 'reset'.
 */
export type HttpHook = {
  readonly before?: (seen: SeenRequest) => Promise<Answer | 'reset' | undefined> | Answer | 'reset' | undefined
  readonly after?: (seen: SeenRequest, answer: Answer) => Promise<Answer | 'reset'> | Answer | 'reset'
  /** Writes the answer itself (slow or truncated bodies) and returns true. */
  readonly write?: (seen: SeenRequest, answer: Answer, response: ServerResponse) => boolean
}

/** Serves paths outside /api2: the control endpoint. Returns nothing for paths it does not know. */
export type Control = (verb: string, path: string, body: string) => Answer | undefined

export type ServerParts = {
  readonly dispatch: Dispatch
  readonly clock: Clock
  readonly hooks: readonly HttpHook[]
  readonly control: Control
  readonly seen: (seen: SeenRequest) => void
  /** Model milliseconds that a 401 is held back. */
  readonly delay401: number
  readonly maxBody?: number
}

const verbs = new Set(['GET', 'POST', 'PUT', 'DELETE'])

const readBody = (request: IncomingMessage, limit: number): Promise<string> =>
  new Promise((done, fail) => {
    const parts: Buffer[] = []
    let size = 0
    request.on('data', (part: Buffer) => {
      size += part.length
      if (size <= limit) parts.push(part)
    })
    request.on('end', () => done(size <= limit ? Buffer.concat(parts).toString('utf8') : ''))
    request.on('error', fail)
  })

const decodePath = (raw: string): string => {
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}

const writeAnswer = (response: ServerResponse, answer: Answer): void => {
  const headers: Record<string, string | number> = {
    'Cache-Control': 'max-age=0',
    Pragma: 'no-cache',
    Server: 'pve-api-daemon/3.0',
  }
  if (answer.text !== undefined) {
    headers['Content-Length'] = Buffer.byteLength(answer.text)
    if (answer.json) headers['Content-Type'] = 'application/json;charset=UTF-8'
  } else headers['Content-Length'] = 0
  response.writeHead(answer.status, answer.reason, headers)
  response.end(answer.text)
}

const bare = (status: number, text: string): PveError => new PveError(status, text, undefined, true)

const paramsOf = async (
  request: IncomingMessage,
  verb: string,
  query: string,
  limit: number,
): Promise<Record<string, unknown>> => {
  const inQuery = parseForm(query)
  if (verb === 'GET' || verb === 'DELETE') {
    if (Number(request.headers['content-length'] ?? 0) > 0) throw bare(501, `Unexpected content for method '${verb}'`)
    return inQuery
  }
  const form = await readMultipart(request)
  if (form !== undefined) return { ...inQuery, ...form }
  const body = await readBody(request, limit)
  return { ...inQuery, ...parseBody(request.headers['content-type'], body) }
}

const header = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

const beforeHandling = async (hooks: readonly HttpHook[], seen: SeenRequest): Promise<Answer | 'reset' | undefined> => {
  for (const hook of hooks) {
    const instead = await hook.before?.(seen)
    if (instead !== undefined) return instead
  }
  return undefined
}

const serveApi = async (
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  raw: string,
): Promise<void> => {
  const verb = request.method ?? 'GET'
  const extjs = raw.startsWith('/api2/extjs')
  const at = raw.indexOf('?')
  const path = decodePath((at < 0 ? raw : raw.slice(0, at)).replace(/^\/api2\/(json|extjs)/, '')) || '/'
  let seen: SeenRequest = { verb, path, params: {} }
  let answer: Answer
  try {
    if (!verbs.has(verb)) throw bare(501, `method '${verb}' not available`)
    const params = await paramsOf(request, verb, at < 0 ? '' : raw.slice(at + 1), parts.maxBody ?? 32 * 1024 * 1024)
    seen = { verb, path, params }
    parts.seen(seen)
    parts.clock.tick(verb === 'GET' ? 100 : 10)
    const instead = await beforeHandling(parts.hooks, seen)
    if (instead === 'reset') {
      request.socket.destroy()
      return
    }
    const { authorization, cookie, csrfpreventiontoken } = request.headers
    const credentials = { authorization, cookie, csrf: header(csrfpreventiontoken) }
    answer =
      instead ?? answerOf(await settle(parts.clock, parts.dispatch({ verb, path, params, credentials })), { extjs })
  } catch (error) {
    answer = answerOfError(error, { extjs })
    if (answer.status === 401) await settle(parts.clock, parts.clock.sleep(parts.delay401))
    if (verb !== 'GET' && verb !== 'POST' && verb !== 'PUT' && verb !== 'DELETE')
      answer = { ...answer, text: undefined }
  }
  for (const hook of parts.hooks) {
    const changed = (await hook.after?.(seen, answer)) ?? answer
    if (changed === 'reset') {
      request.socket.destroy()
      return
    }
    answer = changed
  }
  for (const hook of parts.hooks) if (hook.write?.(seen, answer, response)) return
  writeAnswer(response, answer)
}

/** A request that waits on model time pulls a virtual clock along until it is done. */
const settle = async <T>(clock: Clock, work: Promise<T>): Promise<T> => {
  if (!clock.virtual) return work
  let open = true
  const close = (): void => {
    open = false
  }
  work.then(close, close)
  for (let turns = 0; open && turns < 10_000; turns++) {
    await new Promise<void>((turn) => setImmediate(turn))
    if (open) clock.jump()
  }
  return work
}

const listener =
  (parts: ServerParts): RequestListener =>
  (request, response) => {
    const raw = request.url ?? '/'
    response.on('error', () => request.socket.destroy())
    if (raw.startsWith('/api2/json') || raw.startsWith('/api2/extjs')) {
      serveApi(parts, request, response, raw).catch((error: unknown) => {
        if (!response.headersSent) writeAnswer(response, answerOfError(error, { extjs: false }))
        else request.socket.destroy()
      })
      return
    }
    readBody(request, 1024 * 1024).then(
      (body) =>
        writeAnswer(
          response,
          parts.control(request.method ?? 'GET', raw, body) ?? {
            status: 404,
            reason: 'Not Found',
            text: undefined,
            json: false,
          },
        ),
      () => request.socket.destroy(),
    )
  }

export type Listening = { readonly port: number; readonly stop: () => Promise<void> }

/** Listens on 127.0.0.1 (port 0: any free one), over TLS when a certificate is given. `stop` drops open connections. */
export const listen = (parts: ServerParts, port: number, certificate: Certificate | undefined): Promise<Listening> =>
  new Promise((done, fail) => {
    const server: Server = certificate
      ? createSecureServer({ key: certificate.key, cert: certificate.cert }, listener(parts))
      : createServer(listener(parts))
    server.keepAliveTimeout = 60_000
    const sockets = new Set<Socket>()
    const track = (socket: Socket): void => {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    server.on(certificate ? 'secureConnection' : 'connection', track)
    server.on('clientError', (_error: Error, socket: Socket) => socket.destroy())
    server.on('error', fail)
    server.listen(port, '127.0.0.1', () =>
      done({
        port: (server.address() as AddressInfo).port,
        stop: () =>
          new Promise((closed) => {
            server.close(() => closed())
            for (const socket of sockets) socket.destroy()
            server.closeAllConnections()
          }),
      }),
    )
  })
