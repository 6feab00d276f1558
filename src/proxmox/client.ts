import PQueue from 'p-queue'
import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../diagnostic/diagnostic-error.ts'
import type { Clock } from '../io/io.ts'
import type { Answer, OutgoingRequest, Server } from '../resource/server.ts'
import { checkedAgent, seenFingerprint, type TlsTrust } from './connection.ts'
import { type Credentials, principalOf } from './credentials.ts'
import type { Endpoint } from './endpoint.ts'
import { type Exchange, exchange } from './exchange.ts'
import { explainLostAnswer, explainNoConnection, wantsFingerprint } from './explain-connection.ts'
import { explainRefusal } from './explain-refusal.ts'
import { canonicalFingerprint } from './fingerprint.ts'
import { logIn } from './log-in.ts'
import { type Redact, redactor, secretParams } from './redact.ts'
import { mayHaveBegun, reasonOf } from './refusal-reason.ts'
import { mayRetry, RETRY_PAUSES_MS } from './retry.ts'
import { type LoginSession, startSession } from './session.ts'
import { followTask } from './task.ts'
import { listTasks } from './tasks-since.ts'

/** One attempt at a request, for `--debug`. Holds no parameter and no secret. */
export interface RequestTrace {
  readonly method: string
  readonly path: string
  /** Counts from 1. */
  readonly attempt: number
  /** HTTP status; undefined when no answer came. */
  readonly status?: number
  readonly error?: string
  readonly milliseconds: number
}

export interface ClientOptions {
  readonly endpoint: Endpoint
  readonly credentials: Credentials
  readonly tls: TlsTrust
  readonly clock: Clock
  /** Why nothing but GET and the login may be sent: "this command only reads". Everything else is refused before it leaves. */
  readonly readOnly?: string
  /** Requests under way at one time; default 8. */
  readonly concurrency?: number
  /** How long one request may take; default 60 s, and 120 s for one that changes something. */
  readonly timeoutMs?: number
  /** How long a task may be out of sight before it counts as lost; default 2 minutes. */
  readonly taskPatienceMs?: number
  readonly trace?: (trace: RequestTrace) => void
}

export interface Version {
  readonly version: string
  readonly release: string
}

/** A connection to one cluster. */
export interface ProxmoxClient extends Server {
  /** Who is logged in: `user@realm`, or `user@realm!token`. */
  readonly principal: string
  /** The `data` of a GET. Throws `DiagnosticError` when the server refuses or cannot be asked. */
  readonly get: (
    path: string,
    params?: Readonly<Record<string, string | number | boolean>>,
    signal?: AbortSignal,
  ) => Promise<unknown>
  /** PVE's version. The cheapest proof that endpoint, certificate and credentials are right. Throws `DiagnosticError`. */
  readonly version: () => Promise<Version>
  /** Ends idle connections; no request may follow. */
  readonly close: () => void
}

const READ_TIMEOUT_MS = 60_000
const WRITE_TIMEOUT_MS = 120_000

interface Wire {
  readonly options: ClientOptions
  readonly session: LoginSession
  /** Hides every secret that was ever sent: credentials, and secret parameters. */
  readonly redact: Redact
  /** Secret parameters that were sent; a later error or a task's log may repeat them. */
  readonly sent: Set<string>
  /** One attempt, traced. */
  readonly attempt: (
    request: OutgoingRequest,
    headers: Headers,
    attempt: number,
    signal?: AbortSignal,
  ) => Promise<Exchange>
  /** Whether the server has answered anything yet: before that a refused connection is an error in the settings, and final. */
  readonly hasAnswered: () => boolean
}

type Headers = Readonly<Record<string, string>>

const isLogin = ({ method, path }: OutgoingRequest): boolean => method === 'POST' && path === '/access/ticket'

const refusedBecauseReadOnly = ({ method, path }: OutgoingRequest, why: string): Answer => ({
  kind: 'refused',
  status: 0,
  message: 'read-only mode',
  reason: 'other',
  diagnostic: diagnose('proxmox.read-only', {
    detail: `${method} ${path} would change the cluster, and ${why}. The request was not sent.`,
  }),
})

/** Tries until there is an answer worth giving, or trying again would be useless or unsafe. */
const converse = async (wire: Wire, request: OutgoingRequest, signal?: AbortSignal): Promise<Exchange> => {
  let renewed = false
  for (let attempt = 1; ; attempt++) {
    const headers = isLogin(request) ? {} : await wire.session.headers(request.method !== 'GET')
    const result = await wire.attempt(request, headers, attempt, signal)
    // A 401 is given before anything is done, so even a write may be sent again with a new ticket.
    if (result.kind === 'answer' && result.status === 401 && !renewed && wire.session.refused(headers)) {
      renewed = true
      continue
    }
    const pause = RETRY_PAUSES_MS[attempt - 1]
    if (pause === undefined || !mayRetry(request, result, { hasAnswered: wire.hasAnswered() })) return result
    await wire.options.clock.sleep(pause, signal)
  }
}

const brokenAnswer = async (
  { options }: Wire,
  request: OutgoingRequest,
  { left, error }: Exchange & { readonly kind: 'broken' },
): Promise<Answer> => {
  if (left) return { kind: 'unknown', diagnostic: explainLostAnswer(options.endpoint, request, error) }
  const fingerprint = wantsFingerprint(error) ? await seenFingerprint(options.endpoint) : error.fingerprint
  const diagnostic = explainNoConnection(options.endpoint, error, fingerprint)
  return { kind: 'refused', status: 0, message: error.message, reason: 'unreachable', diagnostic }
}

const answerOf = async (wire: Wire, request: OutgoingRequest, result: Exchange): Promise<Answer> => {
  if (result.kind === 'broken') return brokenAnswer(wire, request, result)
  const { status, message, errors, isPve } = result
  if (status >= 200 && status < 300 && isPve) return { kind: 'answered', data: result.data }
  const { endpoint, credentials } = wire.options
  const diagnostic = explainRefusal({ status, message, errors, isPve }, request, endpoint, credentials)
  if (request.method !== 'GET' && (mayHaveBegun(status) || (status < 300 && !isPve)))
    return { kind: 'unknown', diagnostic }
  return { kind: 'refused', status, message, reason: reasonOf(status, message), diagnostic, errors }
}

const cleanDiagnostic = (diagnostic: Diagnostic, clean: Redact): Diagnostic => ({
  ...diagnostic,
  detail: clean(diagnostic.detail),
  ...(diagnostic.hint !== undefined && { hint: clean(diagnostic.hint) }),
})

/** No server echo of a secret gets past this point. */
const cleanAnswer = (answer: Answer, clean: Redact): Answer => {
  if (answer.kind === 'answered') return answer
  const diagnostic = cleanDiagnostic(answer.diagnostic, clean)
  if (answer.kind === 'unknown') return { ...answer, diagnostic }
  const errors = answer.errors && {
    errors: Object.fromEntries(Object.entries(answer.errors).map(([name, text]) => [name, clean(text)])),
  }
  return { ...answer, ...errors, diagnostic, message: clean(answer.message) }
}

const sender =
  (wire: Wire, queue: PQueue): Server['send'] =>
  (request, signal) =>
    queue.add(
      async () => {
        signal?.throwIfAborted()
        const { readOnly } = wire.options
        if (readOnly !== undefined && request.method !== 'GET' && !isLogin(request))
          return refusedBecauseReadOnly(request, readOnly)
        for (const secret of secretParams(request)) wire.sent.add(secret)
        try {
          return cleanAnswer(await answerOf(wire, request, await converse(wire, request, signal)), wire.redact)
        } catch (error) {
          // Logging in failed: the request itself never left.
          if (!(error instanceof DiagnosticError) || !error.diagnostics[0]) throw error
          return {
            kind: 'refused',
            status: 401,
            message: error.message,
            reason: 'other',
            diagnostic: error.diagnostics[0],
          }
        }
      },
      { throwOnTimeout: true },
    )

const tracedAttempts =
  (options: ClientOptions, agent: ReturnType<typeof checkedAgent>, redact: () => Redact, answered: () => void) =>
  async (request: OutgoingRequest, headers: Headers, attempt: number, signal?: AbortSignal): Promise<Exchange> => {
    const { endpoint, clock, trace } = options
    const started = clock.monotonic()
    const result = await exchange(
      {
        method: request.method,
        url: `${endpoint.origin}/api2/json${request.path}`,
        params: request.params,
        headers: { ...headers, accept: 'application/json', 'user-agent': 'proxmox-mpc' },
        timeoutMs: options.timeoutMs ?? (request.method === 'GET' ? READ_TIMEOUT_MS : WRITE_TIMEOUT_MS),
      },
      agent,
      signal,
    )
    if (result.kind === 'answer') answered()
    trace?.({
      method: request.method,
      path: redact()(request.path.replace(/\?.*$/, '')),
      attempt,
      ...(result.kind === 'answer' ? { status: result.status } : { error: result.error.code }),
      milliseconds: clock.monotonic() - started,
    })
    return result
  }

const makeWire = (options: ClientOptions, agent: ReturnType<typeof checkedAgent>): Wire => {
  let answered = false
  const sent = new Set<string>()
  const redact = redactor(() => [...session.secrets(), ...sent])
  const attempt = tracedAttempts(
    options,
    agent,
    () => redact,
    () => {
      answered = true
    },
  )
  // The login goes round the queue: the request that needs it already has a place there.
  const login = logIn(async (request) =>
    cleanAnswer(await answerOf(wire, request, await attempt(request, {}, 1)), redact),
  )
  const session = startSession(options.credentials, login, options.clock)
  const wire: Wire = { options, session, redact, sent, attempt, hasAnswered: () => answered }
  return wire
}

/** Opens nothing yet: the first request connects. A pinned fingerprint that is no SHA-256 fingerprint is a bug of the caller. */
export const createClient = (given: ClientOptions): ProxmoxClient => {
  const pin = given.tls.fingerprint === undefined ? undefined : canonicalFingerprint(given.tls.fingerprint)
  if (given.tls.fingerprint !== undefined && pin === undefined) throw new Error('the pinned fingerprint is not SHA-256')
  const options = pin === undefined ? given : { ...given, tls: { ...given.tls, fingerprint: pin } }
  const concurrency = options.concurrency ?? 8
  const agent = checkedAgent(options.endpoint, options.tls, concurrency)
  const wire = makeWire(options, agent)
  const send = sender(wire, new PQueue({ concurrency }))
  const get: ProxmoxClient['get'] = async (path, params = {}, signal) => {
    const answer = await send({ method: 'GET', path, params }, signal)
    if (answer.kind === 'answered') return answer.data
    throw new DiagnosticError([answer.diagnostic])
  }
  return {
    principal: principalOf(options.credentials),
    send,
    get,
    waitForTask: followTask({
      send,
      clock: options.clock,
      patienceMs: options.taskPatienceMs ?? 120_000,
      clean: wire.redact,
    }),
    tasksSince: listTasks(get),
    version: async () => {
      const data = await get('/version')
      const field = (name: string): string =>
        typeof data === 'object' && data !== null && name in data ? String(Reflect.get(data, name)) : ''
      return { version: field('version'), release: field('release') }
    },
    close: () => agent.destroy(),
  }
}
