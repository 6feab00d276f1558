import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Input } from './io.ts'

/** The streams a person talks through, and what a Ctrl-C typed at a prompt sets off. */
export interface Conversation {
  readonly input: () => NodeJS.ReadStream
  readonly output: () => NodeJS.WriteStream
  readonly isTerminal: boolean
  readonly signal: AbortSignal
  readonly interrupt: () => void
}

/** Takes what readline would echo, so that a secret does not appear. */
const silent = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() })

const askTerminal = (conversation: Conversation, question: string, secret: boolean): Promise<string | undefined> =>
  new Promise((resolve) => {
    const { signal, interrupt } = conversation
    if (signal.aborted) return resolve(undefined)
    const output = conversation.output()
    const reader = createInterface({
      input: conversation.input(),
      output: secret ? silent() : output,
      terminal: true,
      historySize: 0,
    })
    const close = () => reader.close()
    let answer: string | undefined
    signal.addEventListener('abort', close, { once: true })
    reader.once('SIGINT', () => {
      interrupt()
      close()
    })
    reader.once('close', () => {
      signal.removeEventListener('abort', close)
      if (secret || answer === undefined) output.write('\n')
      resolve(answer)
    })
    if (secret) output.write(question)
    reader.question(secret ? '' : question, (line) => {
      answer = line
      close()
    })
  })

/** A paused pipe is still read ahead of need, which would keep the process alive; standard input from a file knows neither call. */
const keepAlive = (input: NodeJS.ReadStream, alive: boolean): void => {
  if ('ref' in input && 'unref' in input) alive ? input.ref() : input.unref()
}

/** Lines of a pipe, one at a time; between lines the pipe never keeps the process alive. */
const pipedLines = (conversation: Conversation) => {
  let buffered = ''
  let ended = false
  const takeLine = (): string | undefined => {
    const at = buffered.indexOf('\n')
    if (at < 0 && !(ended && buffered !== '')) return undefined
    const line = at < 0 ? buffered : buffered.slice(0, at)
    buffered = at < 0 ? '' : buffered.slice(at + 1)
    return line.replace(/\r$/, '')
  }
  const more = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const input = conversation.input().setEncoding('utf8')
      const { signal } = conversation
      const settle = (done: () => void) => () => {
        input.off('data', onData).off('end', onEnd).off('error', onError).pause()
        keepAlive(input, false)
        signal.removeEventListener('abort', onEnd)
        done()
      }
      const onData = (chunk: string) => {
        buffered += chunk
        settle(resolve)()
      }
      const onEnd = () => {
        ended = true
        settle(resolve)()
      }
      const onError = (error: Error) => settle(() => reject(error))()
      if (signal.aborted || input.readableEnded || input.destroyed) return onEnd()
      signal.addEventListener('abort', onEnd, { once: true })
      keepAlive(input, true)
      input.on('data', onData).on('end', onEnd).on('error', onError).resume()
    })
  const nextLine = async (): Promise<string | undefined> => {
    for (;;) {
      const line = takeLine()
      if (line !== undefined || ended) return line
      await more()
    }
  }
  const rest = async (): Promise<string> => {
    while (!ended) await more()
    const text = buffered
    buffered = ''
    return text
  }
  return { nextLine, rest }
}

/** Questions and standard input over real streams. Ctrl-C and Ctrl-D at a prompt, and an aborted signal, end it with undefined. */
export const nodeInput = (conversation: Conversation): Input => {
  const lines = pipedLines(conversation)
  return {
    isTerminal: conversation.isTerminal,
    ask: async (question, options) => {
      if (conversation.isTerminal) return askTerminal(conversation, question, options?.secret === true)
      conversation.output().write(question)
      const answer = await lines.nextLine()
      conversation.output().write('\n')
      return answer
    },
    readAll: () => lines.rest(),
  }
}
