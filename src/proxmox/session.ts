import type { Clock } from '../io/io.ts'
import type { Credentials } from './credentials.ts'
import { parseToken } from './credentials.ts'

/** A login's fruit. Lives two hours (PVE API: POST /access/ticket). */
export interface Ticket {
  readonly ticket: string
  readonly csrf: string
}

/** Renewed well before the two hours are over. */
const RENEW_AFTER_MS = 100 * 60 * 1000

/** Puts the proof of who we are on requests. */
export interface LoginSession {
  /** Headers for a request; logs in first when that is needed. */
  readonly headers: (changes: boolean) => Promise<Readonly<Record<string, string>>>
  /** Tells that a request made with these headers was answered 401; true when it is worth trying once more. */
  readonly refused: (headers: Readonly<Record<string, string>>) => boolean
  /** Every secret this session has used: what must not appear in a message. */
  readonly secrets: () => readonly string[]
}

const tokenSession = (token: string): LoginSession => {
  const parts = parseToken(token)
  const text = parts ? `${parts.id}=${parts.secret}` : token.trim()
  return {
    headers: async () => ({ authorization: `PVEAPIToken=${text}` }),
    refused: () => false,
    secrets: () => (parts ? [text, parts.secret] : [text]),
  }
}

type Login = (username: string, password: string) => Promise<Ticket>

const ticketSession = (username: string, password: string, login: Login, clock: Clock): LoginSession => {
  const secrets = new Set([password])
  let current: { readonly ticket: Ticket; readonly since: number } | undefined
  let pending: Promise<Ticket> | undefined
  const renew = (): Promise<Ticket> => {
    pending ??= login(username, password)
      .then((ticket) => {
        secrets.add(ticket.ticket).add(ticket.csrf)
        current = { ticket, since: clock.monotonic() }
        return ticket
      })
      .finally(() => {
        pending = undefined
      })
    return pending
  }
  const cookie = ({ ticket }: Ticket): string => `PVEAuthCookie=${ticket}`
  return {
    headers: async (changes) => {
      const fresh = current && clock.monotonic() - current.since < RENEW_AFTER_MS ? current.ticket : undefined
      const ticket = fresh ?? (await renew())
      return { cookie: cookie(ticket), ...(changes && { csrfpreventiontoken: ticket.csrf }) }
    },
    refused: (headers) => {
      // Another request may have logged in again meanwhile: then only the old ticket was refused.
      if (current && cookie(current.ticket) === headers['cookie']) current = undefined
      return true
    },
    secrets: () => [...secrets],
  }
}

/** `login` may throw; every request that needed the ticket then fails with what it threw. */
export const startSession = (credentials: Credentials, login: Login, clock: Clock): LoginSession =>
  credentials.kind === 'token'
    ? tokenSession(credentials.token)
    : ticketSession(credentials.username, credentials.password, login, clock)
