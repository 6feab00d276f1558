/** PVE's own port. */
const DEFAULT_PORT = '8006'

/** Where the API is: `origin` has scheme, host and port and nothing else. */
export interface Endpoint {
  readonly origin: string
  readonly host: string
  readonly port: number
  readonly secure: boolean
}

export type EndpointReading =
  | { readonly endpoint: Endpoint; readonly problem?: undefined }
  | { readonly endpoint?: undefined; readonly problem: string }

/** An IPv6 address needs brackets before a port can follow it. */
const withScheme = (text: string): string => {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text
  return /^[0-9a-f:]+$/i.test(text) && text.split(':').length > 2 ? `https://[${text}]` : `https://${text}`
}

/**
 * Reads an endpoint as people write it: `pve1`, `pve1:8006`, `10.0.0.2`, `https://pve1:8006/api2/json`. https and port 8006 unless said
 * otherwise; path, query and fragment are dropped. `problem` is a sentence for a person, and never repeats a password.
 */
export const readEndpoint = (text: string): EndpointReading => {
  const full = withScheme(text.trim())
  if (!URL.canParse(full)) return { problem: 'It is not an address. Write it like "https://pve1.example.com:8006".' }
  const url = new URL(full)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { problem: `"${url.protocol}//" is not supported. Write it like "https://pve1.example.com:8006".` }
  if (url.username !== '' || url.password !== '')
    return { problem: 'It holds a user name or password. Credentials come from the environment, a file or a command.' }
  if (url.hostname === '') return { problem: 'It has no host name.' }
  const authority = /^[^/]*\/\/([^/?#]*)/.exec(full)?.[1] ?? ''
  // URL drops a scheme's own port, and 443 said outright must stay 443.
  const port = url.port || /:(\d+)$/.exec(authority)?.[1] || DEFAULT_PORT
  return {
    endpoint: {
      origin: `${url.protocol}//${url.hostname}:${port}`,
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port),
      secure: url.protocol === 'https:',
    },
  }
}
