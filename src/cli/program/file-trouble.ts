import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'

/** What the system said, in words, and what a person can do about it. */
const WORDS: { readonly [code: string]: readonly [string, string] } = {
  EACCES: ['you are not allowed to use it', 'Give your user the right to read and write it, or run mpc as its owner.'],
  EPERM: ['you are not allowed to use it', 'Give your user the right to read and write it, or run mpc as its owner.'],
  EROFS: ['it lies on a file system that is read-only', 'Use a folder that can be written.'],
  ENOSPC: ['its disk is full', 'Make room and run the same command again: what was under way is ended first.'],
  EDQUOT: ['your quota is used up', 'Make room and run the same command again: what was under way is ended first.'],
  EEXIST: ['something of another kind has its name', 'Check the path.'],
  ENOTDIR: ['a part of its path is a file, not a folder', 'Check the path.'],
  EISDIR: ['it is a folder, not a file', 'Check the path.'],
}

/** An error of the file system that people cause and can mend, as a diagnostic; undefined for everything else. */
export const fileTrouble = (error: unknown): Diagnostic | undefined => {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return undefined
  const [what, fix] = WORDS[String(error.code)] ?? []
  if (what === undefined || fix === undefined) return undefined
  return diagnose('cli.file-trouble', {
    detail: `${String(error.path)} cannot be used: ${what} (${error.code}). ${fix}`,
  })
}
