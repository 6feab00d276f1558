import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: {
    readonly items?: readonly { readonly section: string }[]
    readonly uri?: string
    readonly diagnostics?: readonly Problem[]
  }
  readonly result?: unknown
}

export interface Problem {
  readonly message: string
  readonly range: { readonly start: { readonly line: number } }
}

export interface LanguageServer {
  /** Opens a document and gives what the server finds wrong with it. */
  readonly problemsOf: (name: string, text: string) => Promise<readonly Problem[]>
  /** Labels offered at a place of an open document; lines and characters from 0. */
  readonly completionsAt: (name: string, line: number, character: number) => Promise<readonly string[]>
  readonly hoverAt: (name: string, line: number, character: number) => Promise<string>
  readonly stop: () => Promise<void>
}

const uriOf = (name: string): string => pathToFileURL(`/declarations/${name}`).href

/** Calls `take` with each message, whatever pieces they arrive in. */
const readMessages = (child: ChildProcessWithoutNullStreams, take: (message: Message) => void): void => {
  const pending = { bytes: Buffer.alloc(0) }
  child.stdout.on('data', (chunk: Buffer) => {
    pending.bytes = Buffer.concat([pending.bytes, chunk])
    for (;;) {
      const header = pending.bytes.indexOf('\r\n\r\n')
      const length = Number(
        /Content-Length: (\d+)/i.exec(pending.bytes.subarray(0, Math.max(header, 0)).toString())?.[1],
      )
      if (header < 0 || pending.bytes.length < header + 4 + length) return
      const body = pending.bytes.subarray(header + 4, header + 4 + length).toString()
      pending.bytes = pending.bytes.subarray(header + 4 + length)
      take(JSON.parse(body) as Message)
    }
  })
}

/** Starts the YAML language server as editors do, with one schema for `*.mpc.yaml`. */
export const startLanguageServer = async (schemaFile: string): Promise<LanguageServer> => {
  const main = createRequire(`${process.cwd()}/`).resolve('yaml-language-server/bin/yaml-language-server')
  const child = spawn(process.execPath, [main, '--stdio'], { stdio: ['pipe', 'pipe', 'pipe'] })
  const settings = {
    validate: true,
    completion: true,
    hover: true,
    schemaStore: { enable: false },
    schemas: { [pathToFileURL(schemaFile).href]: ['*.mpc.yaml'] },
  }
  const answers = new Map<number, (result: unknown) => void>()
  const findings = new Map<string, (problems: readonly Problem[]) => void>()
  const send = (message: object): void => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }
  readMessages(child, ({ id, method, params, result }) => {
    if (method === 'workspace/configuration')
      send({ id, result: (params?.items ?? []).map(({ section }) => (section === 'yaml' ? settings : {})) })
    else if (method === 'textDocument/publishDiagnostics') findings.get(params?.uri ?? '')?.(params?.diagnostics ?? [])
    else if (method !== undefined && id !== undefined) send({ id, result: null })
    else if (id !== undefined) answers.get(id)?.(result)
  })
  const request = (method: string, params: object): Promise<unknown> =>
    new Promise((resolve) => {
      const id = answers.size + 1
      answers.set(id, resolve)
      send({ id, method, params })
    })
  await request('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: { workspace: { configuration: true }, textDocument: {} },
  })
  send({ method: 'initialized', params: {} })
  const at = (name: string, line: number, character: number) => ({
    textDocument: { uri: uriOf(name) },
    position: { line, character },
  })
  // A round trip through the server, which asks for its settings before it answers.
  await request('textDocument/hover', at('none.mpc.yaml', 0, 0))
  return {
    problemsOf: (name, text) =>
      new Promise((resolve) => {
        findings.set(uriOf(name), resolve)
        send({
          method: 'textDocument/didOpen',
          params: { textDocument: { uri: uriOf(name), languageId: 'yaml', version: 1, text } },
        })
      }),
    completionsAt: async (name, line, character) => {
      const result = (await request('textDocument/completion', at(name, line, character))) as
        | { readonly items: readonly { readonly label: string }[] }
        | undefined
      return (result?.items ?? []).map(({ label }) => label)
    },
    hoverAt: async (name, line, character) => {
      const result = await request('textDocument/hover', at(name, line, character))
      return JSON.stringify(result)
    },
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      await request('shutdown', {})
      send({ method: 'exit' })
      await ended
    },
  }
}
