import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One exchange of a recorded conversation; what is left out is as usual (scripts/pve-conversations.mjs says how). */
export type Exchange = {
  readonly n: number
  readonly do: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly json?: boolean
  readonly as?: string
  readonly wait?: number
  readonly group?: number | string
  readonly says?: readonly [number, string]
  readonly data?: unknown
  readonly errors?: unknown
  readonly message?: string
  readonly more?: Readonly<Record<string, unknown>>
  readonly empty?: boolean
  readonly part?: boolean
  readonly ticket?: boolean
  readonly task?: string
  readonly shell?: boolean
}

export type Conversation = {
  readonly name: string
  readonly theme: string
  readonly about: string
  readonly exchanges: readonly Exchange[]
}

/** Reads every recorded conversation of a folder, in the order of their names. */
export const readConversations = (folder: string): readonly Conversation[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .sort()
    .map((file) => {
      const [head, ...lines] = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n')
      const { name, theme, about } = JSON.parse(head ?? '{}') as Omit<Conversation, 'exchanges'>
      return { name, theme, about, exchanges: lines.map((line) => JSON.parse(line) as Exchange) }
    })

/** The whole body of the recorded answer. */
export const recordedBody = (exchange: Exchange): unknown => {
  if (exchange.empty === true) return null
  const [status, reason] = exchange.says ?? [200, 'OK']
  const message = exchange.message ?? (status === 200 ? undefined : `${reason}\n`)
  return {
    data: exchange.data ?? null,
    ...(exchange.errors === undefined ? {} : { errors: exchange.errors }),
    ...(message === undefined ? {} : { message }),
    ...exchange.more,
  }
}
