import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { systemWords } from '../../util/system-words.ts'

/** An error of the file system that people cause and can mend, as a diagnostic; undefined for everything else. */
export const fileTrouble = (error: unknown): Diagnostic | undefined => {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return undefined
  const words = systemWords(String(error.code))
  return (
    words &&
    diagnose('cli.file-trouble', {
      detail: `${String(error.path)} cannot be used: ${words.what} (${error.code}). ${words.fix}`,
    })
  )
}
