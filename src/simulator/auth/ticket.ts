import { createHmac } from 'node:crypto'
import { defineSlot, type World } from '../state/world.ts'

/** What this cluster's tickets are signed with. */
export const ticketSecret: (world: World) => string = defineSlot((world) => world.random.hex(32))

/** Seconds for which a ticket and a CSRF token are good. */
const life = 2 * 3600

const sign = (secret: string, text: string): string => createHmac('sha256', secret).update(text).digest('base64')
const stamp = (seconds: number): string => seconds.toString(16).toUpperCase().padStart(8, '0')

/** A login ticket for `user` made at `seconds` since 1970. */
export const makeTicket = (secret: string, user: string, seconds: number): string => {
  const plain = `PVE:${user}:${stamp(seconds)}`
  return `${plain}::${sign(secret, plain)}`
}

export const makeCsrfToken = (secret: string, user: string, seconds: number): string =>
  `${stamp(seconds)}:${sign(secret, `csrf:${stamp(seconds)}:${user}`)}`

const fresh = (hex: string, seconds: number): boolean => {
  const age = seconds - parseInt(hex, 16)
  return age > -300 && age < life
}

/** The user a ticket is for; nothing when it is forged or older than two hours. */
export const userOfTicket = (secret: string, ticket: string, seconds: number): string | undefined => {
  const [, plain = '', user = '', hex = '', signature = ''] = /^(PVE:(\S+):([0-9A-F]{8}))::(.+)$/.exec(ticket) ?? []
  return user !== '' && fresh(hex, seconds) && sign(secret, plain) === signature ? user : undefined
}

export const isCsrfToken = (secret: string, token: string, user: string, seconds: number): boolean => {
  const [, hex = '', signature = ''] = /^([0-9A-F]{8}):(.+)$/.exec(token) ?? []
  return hex !== '' && fresh(hex, seconds) && sign(secret, `csrf:${hex}:${user}`) === signature
}
