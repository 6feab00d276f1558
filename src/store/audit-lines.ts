import { open } from 'node:fs/promises'
import type { Direction, RunStatus } from '../apply/journal.ts'
import { canonicalJson } from '../util/canonical-json.ts'
import { sha256 } from '../util/sha256.ts'
import { aboutFile, codeOf } from '../util/system-words.ts'

/** Who was at work, as the operating system tells. */
export interface Who {
  readonly user: string
  readonly host: string
  readonly pid: number
}

/** A command that has ended. */
export interface EndedCommand {
  readonly command: string
  /** As typed; values of variables are left out. */
  readonly args: readonly string[]
  readonly exit: number
  /** Codes of what it reported as wrong. */
  readonly problems: readonly string[]
  /** When it read the cluster. */
  readonly synced?: readonly string[]
}

/** What the audit log holds beside the requests that change the cluster. */
export type AuditEvent =
  | ({ readonly event: 'command'; readonly at: string } & EndedCommand & Who)
  | ({ readonly event: 'run'; readonly at: string; readonly run: string; readonly plan: string } & Who)
  | { readonly event: 'end'; readonly at: string; readonly run: string; readonly status: RunStatus }
  /** What became of a request. */
  | {
      readonly event: 'answer'
      readonly at: string
      readonly run: string
      readonly step: string
      readonly direction: Direction
      readonly index: number
      readonly status: 'done' | 'failed'
      readonly upid?: string
      readonly message?: string
    }

/** A line of the audit log; one without `event` is a request that changes the cluster. */
export type AuditLine = { readonly seq: number; readonly previous: string; readonly hash: string } & {
  readonly [name: string]: unknown
}

export interface Head {
  readonly seq: number
  readonly hash: string
}

export const BEGINNING = '0'.repeat(64)

const isLine = (value: unknown): value is AuditLine =>
  typeof value === 'object' && value !== null && 'seq' in value && 'hash' in value && typeof value.seq === 'number'

/** Undefined for what is no line: one that a crash has torn. */
export const parseLine = (text: string): AuditLine | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isLine(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Whether its hash is that of what it says. */
export const isSound = (line: AuditLine): boolean => {
  const { hash, ...content } = line
  return sha256(canonicalJson(content)) === hash
}

/** The lines of a file that can be read, oldest first; none where there is no file. */
export async function* readLines(path: string): AsyncIterable<AuditLine> {
  try {
    const handle = await open(path, 'r')
    for await (const text of handle.readLines()) {
      const line = text === '' ? undefined : parseLine(text)
      if (line) yield line
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw aboutFile(path, error)
  }
}

const MOST_SAID = 10

/** What stands between two numbers: "line 4 is missing", "lines 4 to 6 are missing". */
const missing = (first: number, last: number): string =>
  first === last ? `line ${first} is missing` : `lines ${first} to ${last} are missing`

interface Reading {
  /** The hash that the next line has to name, where it is known. */
  readonly previous: string | undefined
  readonly expected: number
}

/** What is wrong with a line where it stands. */
const problemsOf = (line: AuditLine, { previous, expected }: Reading): readonly string[] => {
  if (!isSound(line)) return [`line ${line.seq} was changed: its hash is not that of what it says`]
  if (line.seq < expected) return [`line ${line.seq} stands where line ${expected} belongs`]
  if (line.seq > expected) return []
  return previous === undefined || line.previous === previous
    ? []
    : [`line ${line.seq - 1} was replaced: line ${line.seq} follows from another one`]
}

/**
 * Holds lines against their chain and against the last one that the database knows. Everything that is wrong, by the number (`seq`) of the line:
 * changed, replaced, missing, or out of its place.
 */
export const checkChain = async (lines: AsyncIterable<AuditLine>, head: Head): Promise<readonly string[]> => {
  const found: string[] = []
  const seen = new Set<number>()
  let at: Reading = { previous: BEGINNING, expected: 1 }
  let headHash: string | undefined = head.seq === 0 ? head.hash : undefined
  for await (const line of lines) {
    found.push(...problemsOf(line, at))
    seen.add(line.seq)
    if (line.seq === head.seq) headHash = line.hash
    const next = Math.max(line.seq + 1, at.expected)
    at = { expected: next, previous: line.seq + 1 === next && isSound(line) ? line.hash : undefined }
  }
  const last = Math.max(head.seq, at.expected - 1)
  for (let from = 1; from <= last; from++) {
    let to = from
    while (to <= last && !seen.has(to)) to++
    if (to > from) found.push(missing(from, to - 1))
    from = to
  }
  if (headHash !== undefined && headHash !== head.hash)
    found.push(`line ${head.seq}, the last one the state knows of, was replaced`)
  return found.length > MOST_SAID
    ? [...found.slice(0, MOST_SAID), `${found.length - MOST_SAID} more things are wrong`]
    : found
}
