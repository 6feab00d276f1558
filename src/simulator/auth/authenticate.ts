import { PveError } from '../api/error.ts'
import { nowSeconds, type World } from '../state/world.ts'
import type { Identity } from './permission.ts'
import { isCsrfToken, userOfTicket } from './ticket.ts'

/** 401s have no body and come after a delay; see the HTTP server. */
const unauthorized = (text: string): never => {
  throw new PveError(401, text)
}

/** Methods that need no login. */
const open = new Set([
  'GET /access/domains',
  'POST /access/openid/login',
  'POST /access/openid/auth-url',
  'GET /access/ticket',
  'POST /access/ticket',
])

const live = (world: World, userid: string): boolean => {
  const user = world.access.users.get(userid)
  return user?.enable === true && (user.expire === 0 || user.expire > nowSeconds(world))
}

const byToken = (world: World, given: string): Identity => {
  const [, user = '', token = '', secret = ''] = /^([^\s:/]+@[^!\s]+)!([^=\s]+)[=:](.+)$/.exec(given) ?? []
  const known = world.access.users.get(user)?.tokens.get(token)
  if (!known || !live(world, user) || known.secret !== secret) return unauthorized('Authentication failed!')
  if (known.expire !== 0 && known.expire <= nowSeconds(world)) return unauthorized('Authentication failed!')
  return { id: `${user}!${token}`, user, token }
}

const cookieOf = (header: string | undefined): string | undefined => {
  const found = /(?:^|;\s*)PVEAuthCookie=([^;]*)/.exec(header ?? '')?.[1]
  if (found === undefined) return undefined
  try {
    return decodeURIComponent(found)
  } catch {
    return found
  }
}

export type Credentials = {
  readonly authorization?: string | undefined
  readonly cookie?: string | undefined
  readonly csrf?: string | undefined
}

/** Who sends this request: nobody (for the few open methods), a user by ticket, or a token. Ends it with 401 as PVE does. */
export const authenticate = (
  world: World,
  secret: string,
  verb: string,
  path: string,
  given: Credentials,
): Identity | undefined => {
  const token = /^PVEAPIToken[ =](.+)$/.exec(given.authorization ?? '')?.[1]
  if (open.has(`${verb} ${path.replace(/\/+$/, '')}`)) return undefined
  if (token !== undefined) return byToken(world, token)
  const ticket = cookieOf(given.cookie) ?? /^PVEAuthCookie=(.+)$/.exec(given.authorization ?? '')?.[1]
  if (ticket === undefined || ticket === '') return unauthorized('No ticket')
  const user = userOfTicket(secret, ticket, nowSeconds(world))
  if (user === undefined || !live(world, user)) return unauthorized('Authentication failed!')
  if (verb !== 'GET' && !isCsrfToken(secret, given.csrf ?? '', user, nowSeconds(world)))
    return unauthorized('Permission denied - invalid csrf token')
  return { id: user, user, token: undefined }
}
