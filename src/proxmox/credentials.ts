/** Who we are to the server. Values of this type never leave memory. */
export type Credentials =
  /** `user@realm!name=uuid`. */
  | { readonly kind: 'token'; readonly token: string }
  /** `username` is `user@realm`. */
  | { readonly kind: 'password'; readonly username: string; readonly password: string }

const TOKEN = /^([^\s@!=:]+@[A-Za-z][A-Za-z0-9.\-_]*![A-Za-z][A-Za-z0-9.\-_]*)[=:](\S+)$/

/** The identity and the secret of a token; undefined when the text is not a token. PVE writes `=`; some tools write `:`. */
export const parseToken = (text: string): { readonly id: string; readonly secret: string } | undefined => {
  const match = TOKEN.exec(text.trim().replace(/^PVEAPIToken=/, ''))
  return match?.[1] !== undefined && match[2] !== undefined ? { id: match[1], secret: match[2] } : undefined
}

/** Whom messages may name: the token's id or the user, never a secret. */
export const principalOf = (credentials: Credentials): string =>
  credentials.kind === 'token' ? (parseToken(credentials.token)?.id ?? 'the API token') : credentials.username
