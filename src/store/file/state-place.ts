import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type BetterSqlite from 'better-sqlite3'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { shellWord } from '../../util/shell-word.ts'

interface FileMark {
  readonly device: bigint
  readonly inode: bigint
  readonly size: bigint
}

const markOf = (path: string): FileMark | undefined => {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found && { device: found.dev, inode: found.ino, size: found.size }
}

const isSame = (a: FileMark, b: FileMark | undefined): boolean => a.device === b?.device && a.inode === b.inode

/** What became of the files a connection has open; undefined while they lie where they were opened. */
const missing = (path: string, database: FileMark, log: FileMark | undefined): string | undefined => {
  const now = markOf(path)
  if (now === undefined) return 'has been deleted or moved away'
  if (!isSame(database, now)) return 'has been replaced by another file'
  if (now.size < database.size) return 'has been cut short'
  return log !== undefined && !isSame(log, markOf(`${path}-wal`)) ? 'has lost the log beside it (-wal)' : undefined
}

const freeName = (path: string): string => {
  for (let count = 1; ; count++) {
    const name = count === 1 ? `${path}.rescued` : `${path}.rescued-${count}`
    if (!existsSync(name)) return name
  }
}

/** What the open connection still holds, written to a new file beside the lost one. */
const rescue = (database: BetterSqlite.Database, path: string): string => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const copy = freeName(path)
  // Made by us, not by SQLite, so that it is never readable by others.
  closeSync(openSync(copy, 'wx', 0o600))
  database.prepare('vacuum into ?').run(copy)
  return copy
}

const commands = (path: string, copy: string, hadFolder: boolean): readonly string[] => [
  ...(hadFolder ? [] : ['mpc init']),
  ...(existsSync(path) ? [`mv ${shellWord(path)} ${shellWord(`${path}.other`)}`] : []),
  `rm -f ${shellWord(`${path}-wal`)} ${shellWord(`${path}-shm`)}`,
  `mv ${shellWord(copy)} ${shellWord(path)}`,
  'mpc recover',
]

const lost = (database: BetterSqlite.Database, path: string, what: string): DiagnosticError => {
  const said = `${path} ${what} while mpc was using it. What is written there now would be gone with this process, so nothing more is sent or written.`
  const hadFolder = existsSync(dirname(path))
  try {
    const copy = rescue(database, path)
    return new DiagnosticError([
      diagnose('store.lost', {
        detail: `${said} What mpc knew is kept in ${copy}: ${hadFolder ? 'put' : 'make the folder a workspace again, put'} that in its place, and end a run that was cut short.`,
        hint: commands(path, copy, hadFolder).join('\n'),
      }),
    ])
  } catch (error) {
    return new DiagnosticError(
      [
        diagnose('store.lost', {
          detail: `${said} It could not be copied either (${error instanceof Error ? error.message : String(error)}): what was done stands in this output and on the server only. Look at it there before you go on.`,
          hint: 'mpc sync',
        }),
      ],
      { cause: error },
    )
  }
}

/**
 * Watches that the files of a connection lie where they were opened: what is written into files that were deleted or replaced is gone with the
 * process. The way to assert it throws `store.lost`, after what the connection still holds was copied to a new file; once lost it stays lost.
 */
export const watchPlace = (database: BetterSqlite.Database, path: string): (() => void) => {
  let own = markOf(path)
  let log: FileMark | undefined
  let end: DiagnosticError | undefined
  return () => {
    if (end) throw end
    const what = own === undefined ? 'has been deleted or moved away' : missing(path, own, log)
    if (what !== undefined) {
      end = lost(database, path, what)
      throw end
    }
    own = markOf(path) ?? own
    log ??= markOf(`${path}-wal`)
  }
}
