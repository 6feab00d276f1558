import { closeSync, fdatasyncSync, fstatSync, openSync, statSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Kysely, Transaction } from 'kysely'
import type { RequestRecord } from '../apply/journal.ts'
import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import { canonicalJson } from '../util/canonical-json.ts'
import { sha256 } from '../util/sha256.ts'
import { aboutFile, codeOf } from '../util/system-words.ts'
import {
  type AuditEvent,
  type AuditLine,
  BEGINNING,
  checkChain,
  type Head,
  isSound,
  parseLine,
  readLines,
} from './audit-lines.ts'
import type { Tables } from './tables.ts'

export interface AuditLog {
  /**
   * Adds the line of a write that is about to leave, as part of the transaction that records its intent: the database keeps the line until the
   * file is synced, so a power cut loses none. A line of a write that never left is possible after a crash, a write without a line is not.
   */
  readonly append: (tx: Transaction<Tables>, record: RequestRecord) => Promise<void>
  /** Adds a line about what happened around the writes. */
  readonly note: (tx: Transaction<Tables>, event: AuditEvent) => Promise<void>
  /** Syncs the file; the database need not keep its lines any longer. */
  readonly settle: (tx: Transaction<Tables>) => Promise<void>
  /** The transaction of the last line may have failed: before the next one the file is held against the database again. */
  readonly doubt: () => void
  /** Reads the whole file and checks its chain against the head kept in the database. Empty when all is well. */
  readonly verify: () => Promise<readonly Diagnostic[]>
  /** Every line that can be read, oldest first. */
  readonly lines: () => AsyncIterable<AuditLine>
}

const lineOf = (
  content: Readonly<Record<string, unknown>>,
  seq: number,
  previous: string,
): { readonly text: string; readonly hash: string } => {
  const hash = sha256(canonicalJson({ ...content, seq, previous }))
  return { text: `${canonicalJson({ ...content, seq, previous, hash })}\n`, hash }
}

const requestContent = ({ run, step, direction, index, request, at }: RequestRecord) => ({
  at,
  run,
  step,
  direction,
  index,
  method: request.method,
  path: request.path,
  params: request.params ?? {},
})

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
const lastLine = (tail: string): AuditLine | undefined =>
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

const verify = async (db: Kysely<Tables>, path: string): Promise<readonly Diagnostic[]> => {
  const found = await checkChain(readLines(path), await headOf(db))
  return found.map((what) =>
    diagnose('store.audit-broken', {
      detail: `${path}: ${what}. The file was changed by something other than mpc; mpc history still shows what mpc did.`,
    }),
  )
}

/** The record of everything mpc ever asked the cluster to do; secrets stand as references in it. */
export const auditLog = (db: Kysely<Tables>, path: string): AuditLog => {
  // How long the file was after our last line: another process may have written since, or died while it did.
  let known: number | undefined
  const add = async (tx: Transaction<Tables>, content: Readonly<Record<string, unknown>>): Promise<void> => {
    const stored = await headOf(tx)
    const isKnown = known !== undefined && known === statSync(path, { throwIfNoEntry: false })?.size
    const head = isKnown ? stored : await resume(tx, path, stored)
    const seq = head.seq + 1
    const { text, hash } = lineOf(content, seq, head.hash)
    withFile(path, (file) => {
      writeAll(file, text)
      known = fstatSync(file).size
    })
    await tx.insertInto('audit_pending').values({ seq, line: text }).execute()
    await tx
      .insertInto('audit_head')
      .values({ id: 1, seq, hash })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ seq, hash }))
      .execute()
  }
  return {
    append: (tx, record) => add(tx, requestContent(record)),
    note: (tx, event) => add(tx, { ...event }),
    settle: async (tx) => {
      const pending = await tx.selectFrom('audit_pending').select('seq').limit(1).executeTakeFirst()
      if (!pending) return
      withFile(path, fdatasyncSync)
      await tx.deleteFrom('audit_pending').execute()
    },
    doubt: () => {
      known = undefined
    },
    verify: () => verify(db, path),
    lines: () => readLines(path),
  }
}
