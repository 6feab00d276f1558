import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { codeOf, systemWords } from '../../util/system-words.ts'
import { damagedState } from './damage.ts'

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A file that mpc keeps its records in cannot be written, for a reason outside of mpc; undefined where it is none of those. */
export const unwritable = (path: string, error: unknown): Diagnostic | undefined => {
  const code = codeOf(error)
  const words = systemWords(code)
  return (
    words &&
    diagnose('store.unwritable', {
      detail: `${path} cannot be used: ${words.what} (${code}: ${messageOf(error)}). ${words.fix}`,
    })
  )
}

/** SQLite says that the file is none of its own, or is broken. */
const isDamage = (error: unknown): boolean => /^SQLITE_(?:NOTADB|CORRUPT)/.test(codeOf(error))

/** Turns what SQLite throws about a file that is broken or cannot be written into a diagnostic with a way out; everything else stays what it is. */
export const explainState = async (path: string, error: unknown): Promise<unknown> => {
  if (error instanceof DiagnosticError) return error
  const found = isDamage(error) ? await damagedState(path, messageOf(error)) : unwritable(path, error)
  return found ? new DiagnosticError([found], { cause: error }) : error
}

/** Why a state cannot be opened. */
export const explainOpening = async (path: string, error: unknown): Promise<unknown> => {
  const code = codeOf(error)
  const text = messageOf(error)
  if (isDamage(error)) return explainState(path, error)
  if (code === 'ERR_DLOPEN_FAILED' || code.endsWith('MODULE_NOT_FOUND') || /bindings file/.test(text))
    return new DiagnosticError(
      [
        diagnose('store.driver-missing', {
          detail: `The SQLite module better-sqlite3 does not fit this Node or is not there (${text.split('\n')[0]}). It is built for one Node version: install mpc again with the Node you run it with.`,
          hint: 'npm rebuild better-sqlite3',
        }),
      ],
      { cause: error },
    )
  const words = systemWords(code)
  const why =
    words === undefined
      ? `${text}. Its folder must exist and be writable, and no other program may hold the file locked.`
      : `${words.what} (${code}). ${words.fix}`
  return new DiagnosticError([diagnose('store.unopened', { detail: `${path} cannot be opened: ${why}` })], {
    cause: error,
  })
}
