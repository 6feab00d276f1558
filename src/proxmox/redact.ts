import { guestKinds } from '../kinds/registry.ts'
import type { OutgoingRequest } from '../resource/server.ts'

const HIDDEN = '(hidden)'

/** Parameters whose values are secret, whatever the path: those of the kinds of guests, and that of logging in. */
const SECRET_PARAMS: ReadonlySet<string> = new Set([
  ...Object.values(guestKinds).flatMap(({ secrets }) => secrets),
  'password',
])

/** Values shorter than this would blot out ordinary words. */
const SHORTEST = 4

export type Redact = (text: string) => string

/** Replaces secret values, also in their URL-encoded spelling, wherever they stand in a text. */
export const redactor =
  (secrets: () => readonly string[]): Redact =>
  (text) => {
    let clean = text
    for (const secret of secrets()) {
      if (secret.length < SHORTEST) continue
      for (const spelling of new Set([secret, encodeURIComponent(secret)])) clean = clean.replaceAll(spelling, HIDDEN)
    }
    return clean
  }

/** The secret values among a request's parameters: those every request has, and those a declaration made secret. */
export const secretParams = ({ params, hidden = [] }: OutgoingRequest): readonly string[] =>
  Object.entries(params)
    .filter(([name, value]) => typeof value === 'string' && (SECRET_PARAMS.has(name) || hidden.includes(name)))
    .map(([, value]) => String(value))
