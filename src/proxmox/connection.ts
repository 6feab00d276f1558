import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type NetConnectOpts, connect as netConnect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls'
import type { Endpoint } from './endpoint.ts'

/** How the server proves who it is. Exactly one of them counts: a pin makes a CA needless, `insecure` makes both. */
export interface TlsTrust {
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string
  /** SHA-256 of the server's certificate: 32 bytes in hexadecimal, with or without colons. */
  readonly fingerprint?: string
  /** Trust whatever answers. */
  readonly insecure?: boolean
}

/** A connection that was never made: no byte of any request left this machine. */
export class ConnectError extends Error {
  /** Node's error code (`ECONNREFUSED`, `DEPTH_ZERO_SELF_SIGNED_CERT`, `ERR_TLS_CERT_ALTNAME_INVALID` …) or one of ours (`MPC_…`). */
  readonly code: string
  /** SHA-256 fingerprint of the certificate that was shown, when one was. */
  readonly fingerprint?: string

  constructor(code: string, message: string, fingerprint?: string) {
    super(message)
    this.name = 'ConnectError'
    this.code = code
    if (fingerprint !== undefined) this.fingerprint = fingerprint
  }
}

const CONNECT_TIMEOUT_MS = 10_000
/** pveproxy closes idle connections after five seconds; ours end sooner, so that a request never meets a closing one. */
const IDLE_MS = 3_000

type Callback = (error: Error | null, socket: Duplex) => void

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : 'UNKNOWN')

/** Node leaves out the names a certificate does hold when the host is an IP address. */
const withNames = (error: Error): string => {
  const cert: unknown = 'cert' in error ? error.cert : undefined
  const names: unknown = typeof cert === 'object' && cert !== null ? Reflect.get(cert, 'subjectaltname') : undefined
  return typeof names === 'string' && !error.message.includes(names)
    ? `${error.message} It is for ${names}.`
    : error.message
}

/**
 * Gives a socket to the HTTP layer only once it is connected and trusted. Two things hang on it: no secret is sent to a server that
 * was not checked, and an error before this point means that nothing left.
 */
const whenReady = (socket: Socket, event: 'connect' | 'secureConnect', check: () => void, callback: Callback): void => {
  const settle = (error?: Error) => {
    clearTimeout(timer)
    socket.off(event, ready).off('error', failed).off('close', closed)
    if (!error) return callback(null, socket)
    // The socket may fail once more while it is torn down; the first error has been told.
    socket.on('error', () => undefined).destroy()
    callback(error, socket)
  }
  const ready = () => {
    try {
      check()
      settle()
    } catch (error) {
      settle(error instanceof Error ? error : new Error(String(error)))
    }
  }
  const failed = (error: Error) => settle(new ConnectError(codeOf(error), withNames(error)))
  const closed = () => settle(new ConnectError('ECONNRESET', 'the connection was closed before it was established'))
  const timer = setTimeout(
    () => settle(new ConnectError('MPC_CONNECT_TIMEOUT', 'no answer to the attempt to connect')),
    CONNECT_TIMEOUT_MS,
  )
  socket.once(event, ready).once('error', failed).once('close', closed)
}

const keepWhileFresh = (socket: Duplex): void => {
  if ('setTimeout' in socket && typeof socket.setTimeout === 'function') socket.setTimeout(IDLE_MS)
}

const keepWhileUsed = (socket: Duplex): void => {
  if ('setTimeout' in socket && typeof socket.setTimeout === 'function') socket.setTimeout(0)
}

class PlainAgent extends HttpAgent {
  override createConnection(options: NetConnectOpts, callback?: Callback): Socket | undefined {
    const socket = netConnect(options)
    if (callback) whenReady(socket, 'connect', () => undefined, callback)
    return undefined
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const kept = super.keepSocketAlive(socket) as unknown as boolean
    keepWhileFresh(socket)
    return kept
  }

  override reuseSocket(socket: Duplex, request: Parameters<HttpAgent['reuseSocket']>[1]): void {
    keepWhileUsed(socket)
    super.reuseSocket(socket, request)
  }
}

const checkPin = (socket: TLSSocket, pinned: string): void => {
  const seen = socket.getPeerCertificate().fingerprint256
  if (seen !== pinned) throw new ConnectError('MPC_FINGERPRINT_MISMATCH', 'the certificate is not the pinned one', seen)
}

class CheckedAgent extends HttpsAgent {
  readonly #trust: TlsTrust

  constructor(trust: TlsTrust, sockets: number) {
    super({ keepAlive: true, maxSockets: sockets, maxFreeSockets: sockets, maxCachedSessions: 0 })
    this.#trust = trust
  }

  override createConnection(options: ConnectionOptions, callback?: Callback): Socket | undefined {
    const { ca, fingerprint, insecure } = this.#trust
    // A pin is checked below, on every connection and before a byte is sent: stricter than any authority.
    const byAuthority = fingerprint === undefined && insecure !== true
    const socket = tlsConnect({ ...options, ...(ca !== undefined && { ca }), rejectUnauthorized: byAuthority })
    const check = () => {
      if (fingerprint !== undefined) checkPin(socket, fingerprint)
    }
    if (callback) whenReady(socket, 'secureConnect', check, callback)
    return undefined
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const kept = super.keepSocketAlive(socket) as unknown as boolean
    keepWhileFresh(socket)
    return kept
  }

  override reuseSocket(socket: Duplex, request: Parameters<HttpsAgent['reuseSocket']>[1]): void {
    keepWhileUsed(socket)
    super.reuseSocket(socket, request)
  }
}

/** The keep-alive agent that makes every connection to the endpoint. `trust.fingerprint` must be canonical. */
export const checkedAgent = (endpoint: Endpoint, trust: TlsTrust, sockets: number): HttpAgent | HttpsAgent =>
  endpoint.secure
    ? new CheckedAgent(trust, sockets)
    : new PlainAgent({ keepAlive: true, maxSockets: sockets, maxFreeSockets: sockets })

/** The fingerprint of the certificate an endpoint shows, for a message; undefined when none can be seen. Sends nothing. */
export const seenFingerprint = (endpoint: Endpoint): Promise<string | undefined> =>
  new Promise((resolve) => {
    const options = { host: endpoint.host, port: endpoint.port, rejectUnauthorized: false }
    const socket = tlsConnect({ ...options, timeout: CONNECT_TIMEOUT_MS })
    const done = (fingerprint: string | undefined) => {
      resolve(fingerprint)
      socket.destroy()
    }
    socket.once('secureConnect', () => done(socket.getPeerCertificate().fingerprint256))
    socket.once('timeout', () => done(undefined)).on('error', () => done(undefined))
  })
