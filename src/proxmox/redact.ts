const HIDDEN = '(hidden)'

/** Parameters of the API whose values are secret, whatever the path (PVE API: password, cipassword, ssh-private keys, tickets). */
const SECRET_PARAM = /password|secret|token|ticket|private|^key$/i

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

/** The secret values among a request's parameters. */
export const secretParams = (params: Readonly<Record<string, string | number | boolean>>): readonly string[] =>
  Object.entries(params)
    .filter(([name, value]) => typeof value === 'string' && SECRET_PARAM.test(name))
    .map(([, value]) => String(value))
