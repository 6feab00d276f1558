import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from '../http/answer.ts'

const head = (response: ServerResponse, answer: Answer, length: number): void => {
  response.writeHead(answer.status, answer.reason, {
    'Content-Type': 'application/json;charset=UTF-8',
    'Content-Length': length,
  })
}

/** Sends the head of an answer and only the first `bytes` of its body, then drops the connection. */
export const writeTruncated = (answer: Answer, response: ServerResponse, bytes: number | undefined): void => {
  const body = Buffer.from(answer.text ?? '')
  head(response, answer, body.length)
  response.write(body.subarray(0, bytes ?? Math.floor(body.length / 2)), () => response.destroy())
}

const PIECES = 10

const trickle = async (body: Buffer, response: ServerResponse, ms: number): Promise<void> => {
  const size = Math.max(1, Math.ceil(body.length / PIECES))
  for (let at = 0; at < body.length && !response.destroyed; at += size) {
    response.write(body.subarray(at, at + size))
    await delay(ms / PIECES)
  }
  response.end()
}

/** Sends the body in pieces over `ms`. */
export const writeSlowly = (answer: Answer, response: ServerResponse, ms: number): void => {
  const body = Buffer.from(answer.text ?? '')
  head(response, answer, body.length)
  trickle(body, response, ms).catch(() => response.destroy())
}
