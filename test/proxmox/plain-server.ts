import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly request: IncomingMessage
}

export interface PlainServer {
  readonly url: string
  readonly seen: SeenRequest[]
  readonly stop: () => Promise<void>
}

/** A real HTTP server on loopback that answers as a test tells it, for what no Proxmox VE would answer. */
export const plainServer = async (
  answer: (seen: SeenRequest, response: ServerResponse) => void,
): Promise<PlainServer> => {
  const seen: SeenRequest[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const { method = '', url = '', headers } = request
    const entry = { method, url, headers, body, request }
    seen.push(entry)
    answer(entry, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** PVE's way to say it: JSON with `data`. */
export const reply = (response: ServerResponse, data: unknown, status = 200, rest: object = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8' })
  response.end(JSON.stringify({ data, ...rest }))
}
