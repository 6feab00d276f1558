import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'

export type Answer = { readonly status: number; readonly reason: string; readonly body: unknown }

const encode = (params: Readonly<Record<string, unknown>>): string =>
  Object.entries(params)
    .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((one: unknown) => [key, one] as const))
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(asText(value))}`)
    .join('&')

const asText = (value: unknown): string => (value === true ? '1' : value === false ? '0' : String(value))

const readBody = async (message: IncomingMessage): Promise<unknown> => {
  message.setEncoding('utf8')
  let text = ''
  for await (const chunk of message) text += String(chunk)
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch (error) {
    return error instanceof SyntaxError ? text : Promise.reject(error)
  }
}

export type Ask = {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly json?: boolean | undefined
}

export type Client = { readonly ask: (what: Ask) => Promise<Answer>; readonly close: () => void }

/** A client of its own for the replay: nothing of ours stands between the recording and the server. */
export const plainClient = (url: string): Client => {
  const secure = url.startsWith('https:')
  const agent = secure
    ? new TlsAgent({ keepAlive: true, rejectUnauthorized: false })
    : new PlainAgent({ keepAlive: true })
  const ask = ({ method, path, params, headers, json }: Ask): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const inQuery = method === 'GET' || method === 'DELETE'
      const text = json === true ? JSON.stringify(params) : encode(params)
      const type = json === true ? 'application/json' : 'application/x-www-form-urlencoded'
      const target = `${url}/api2/json${path}${inQuery && text !== '' ? `?${text}` : ''}`
      const length = { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }
      const options = { method, agent, headers: inQuery ? headers : { ...headers, ...length } }
      const sent = (secure ? tlsRequest : plainRequest)(target, options, (message) => {
        readBody(message).then(
          (body) => resolve({ status: message.statusCode ?? 0, reason: message.statusMessage ?? '', body }),
          reject,
        )
      })
      sent.on('error', reject)
      sent.end(inQuery ? undefined : text)
    })
  return { ask, close: () => agent.destroy() }
}
