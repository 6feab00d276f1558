import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Kysely, Transaction } from 'kysely'
import type { RequestRecord } from '../apply/journal.ts'
import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import { canonicalJson } from '../util/canonical-json.ts'
import { sha256 } from '../util/sha256.ts'
import { aboutFile, codeOf } from '../util/system-words.ts'
import type { Tables } from './tables.ts'

export interface AuditLog {
  /**
   * Adds the line of a write that is about to leave, as part of the transaction that records its intent: the database keeps the line until the
   * file is synced, so a power cut loses none. A line of a write that never left is possible after a crash, a write without a line is not.
   */
  readonly append: (tx: Transaction<Tables>, record: RequestRecord) => Promise<void>
  /** Syncs the file; the database need not keep its lines any longer. */
  readonly settle: (tx: Transaction<Tables>) => Promise<void>
  /** The transaction of the last line may have failed: before the next one the file is held against the database again. */
  readonly doubt: () => void
  /** Reads the whole file and checks its chain against the head kept in the database. Empty when all is well. */
  readonly verify: () => Promise<readonly Diagnostic[]>
}

interface Line {
  readonly seq: number
  readonly previous: string
  readonly hash: string
}

const BEGINNING = '0'.repeat(64)

const lineOf = (
  record: RequestRecord,
  seq: number,
  previous: string,
): { readonly text: string; readonly hash: string } => {
  const { run, step, direction, index, request, at } = record
  const content = {
    seq,
    at,
    run,
    step,
    direction,
    index,
    method: request.method,
    path: request.path,
    params: request.params ?? {},
  }
  const hash = sha256(canonicalJson({ ...content, previous }))
  return { text: `${canonicalJson({ ...content, previous, hash })}\n`, hash }
}

const parseLine = (text: string): Line | undefined => {
  try {
    return JSON.parse(text) as Line
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const isSound = (line: Line): boolean => {
  const { hash, ...content } = line
  return sha256(canonicalJson(content)) === hash
}

const TAIL_BYTES = 1024 * 1024

const readTail = async (path: string): Promise<string> => {
  try {
    const handle = await open(path, 'r')
    try {
      const { size } = await handle.stat()
      const from = Math.max(0, size - TAIL_BYTES)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    throw aboutFile(path, error)
  }
}

/** The last whole line; a torn one, left by a crash, does not count. */
const lastLine = (tail: string): Line | undefined =>
  tail
    .split('\n')
    .filter((text) => text !== '')
    .map(parseLine)
    .findLast((line) => line !== undefined)

const withFile = (path: string, work: (file: number) => void): void => {
  try {
    const file = openSync(path, 'a', 0o600)
    try {
      work(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw aboutFile(path, error)
  }
}

/** Where the disk is nearly full, less than all is taken without an error. */
const writeAll = (file: number, text: string): void => {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

interface Head {
  readonly seq: number
  readonly hash: string
}

const headOf = async (db: Kysely<Tables>): Promise<Head> =>
  (await db.selectFrom('audit_head').select(['seq', 'hash']).executeTakeFirst()) ?? { seq: 0, hash: BEGINNING }

/**
 * Where the chain goes on after the file was not written for a while. Lines written just before a crash are ahead of the database and count; lines
 * that a power cut took from the file are written again; a torn one is ended.
 */
const resume = async (tx: Transaction<Tables>, path: string, head: Head): Promise<Head> => {
  const tail = await readTail(path)
  const last = lastLine(tail)
  const torn = tail !== '' && !tail.endsWith('\n')
  const lost = await tx
    .selectFrom('audit_pending')
    .select('line')
    .where('seq', '>', last?.seq ?? 0)
    .orderBy('seq')
    .execute()
  const text = `${torn ? '\n' : ''}${lost.map(({ line }) => line).join('')}`
  if (text !== '') withFile(path, (file) => writeAll(file, text))
  return last !== undefined && last.seq > head.seq && isSound(last) ? { seq: last.seq, hash: last.hash } : head
}

const broken = (path: string, what: string): Diagnostic =>
  diagnose('store.audit-broken', {
    detail: `${path}: ${what}. The file was changed by something other than mpc; mpc history still shows what mpc did.`,
  })

const verify = async (db: Kysely<Tables>, path: string): Promise<readonly Diagnostic[]> => {
  const head = await headOf(db)
  let previous = BEGINNING
  let headSeen = head.seq === 0
  let number = 0
  try {
    const handle = await open(path, 'r')
    for await (const text of handle.readLines()) {
      number += 1
      if (text === '') continue
      const line = parseLine(text)
      if (!line) continue
      if (line.previous !== previous || !isSound(line))
        return [broken(path, `line ${number} does not follow from the one before`)]
      previous = line.hash
      headSeen ||= line.seq === head.seq && line.hash === head.hash
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  return headSeen ? [] : [broken(path, `line ${head.seq}, the last one mpc wrote, is missing`)]
}

/** The record of everything mpc ever asked the cluster to do; secrets stand as references in it. */
export const auditLog = (db: Kysely<Tables>, path: string): AuditLog => {
  let checked = false
  return {
    append: async (tx, record) => {
      const stored = await headOf(tx)
      const head = checked ? stored : await resume(tx, path, stored)
      checked = true
      const seq = head.seq + 1
      const { text, hash } = lineOf(record, seq, head.hash)
      withFile(path, (file) => writeAll(file, text))
      await tx.insertInto('audit_pending').values({ seq, line: text }).execute()
      await tx
        .insertInto('audit_head')
        .values({ id: 1, seq, hash })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ seq, hash }))
        .execute()
    },
    settle: async (tx) => {
      const pending = await tx.selectFrom('audit_pending').select('seq').limit(1).executeTakeFirst()
      if (!pending) return
      withFile(path, fdatasyncSync)
      await tx.deleteFrom('audit_pending').execute()
    },
    doubt: () => {
      checked = false
    },
    verify: () => verify(db, path),
  }
}
