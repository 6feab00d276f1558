/** What the system said about a file, in words, and what a person can do about it. */
export interface SystemWords {
  readonly what: string
  readonly fix: string
}

const FORBIDDEN: SystemWords = {
  what: 'you are not allowed to use it',
  fix: 'Give your user the right to read and write it and its folder, or run mpc as its owner.',
}

const PATH: Pick<SystemWords, 'fix'> = { fix: 'Check the path.' }

const FULL: Pick<SystemWords, 'fix'> = { fix: 'Make room, then run the same command again.' }

const WORDS: Readonly<Record<string, SystemWords>> = {
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: { what: 'it is on a file system that is read-only', fix: 'Use a folder that can be written.' },
  ENOSPC: { what: 'its disk is full', ...FULL },
  EDQUOT: { what: 'your quota is used up', ...FULL },
  EFBIG: {
    what: 'it would be larger than this process may write',
    fix: 'Raise the limit (`ulimit -f`), then run the same command again.',
  },
  EIO: { what: 'the disk could not read or write it', fix: 'Check the disk and its file system.' },
  ENOENT: { what: 'it or its folder does not exist', ...PATH },
  EEXIST: { what: 'something of another kind has its name', ...PATH },
  ENOTDIR: { what: 'a part of its path is a file, not a folder', ...PATH },
  EISDIR: { what: 'it is a folder, not a file', ...PATH },
  ELOOP: { what: 'its links go round in a circle', ...PATH },
  ENAMETOOLONG: { what: 'its name is too long', ...PATH },
  EBUSY: { what: 'something else uses it', fix: 'End what uses it, then run the same command again.' },
  ETXTBSY: { what: 'it is a program that is running', ...PATH },
  ESTALE: { what: 'its file server has lost sight of it', fix: 'Mount its file system again.' },
  EMFILE: { what: 'too many files are open', fix: 'Raise the limit (`ulimit -n`).' },
  ENFILE: { what: 'too many files are open on this machine', fix: 'End some programs.' },
  EXDEV: { what: 'a part of its path is on another file system', ...PATH },
  ENXIO: { what: 'nobody is at the other end of it', ...PATH },
  ENOTSUP: { what: 'its file system cannot do that', fix: 'Use a folder on another file system.' },
  EINVAL: { what: 'the system does not take this name or kind of file', ...PATH },
}

/** SQLite's own codes, which say the same of its files. */
const SQLITE: readonly (readonly [RegExp, SystemWords])[] = [
  [/^SQLITE_FULL/, { what: 'its disk is full', ...FULL }],
  [
    /^SQLITE_READONLY/,
    { what: 'it can only be read', fix: 'Make it and its folder writable for the user who runs mpc.' },
  ],
  [/^SQLITE_(?:PERM|AUTH)/, FORBIDDEN],
  [
    /^SQLITE_IOERR/,
    {
      what: 'the system could not read or write it',
      fix: 'Check the disk, its file system and your limits (`df`, `ulimit -f`).',
    },
  ],
  [
    /^SQLITE_CANTOPEN/,
    { what: 'it cannot be opened', fix: 'Its folder has to exist, and you have to be allowed to write there.' },
  ],
  [/^SQLITE_(?:BUSY|LOCKED)/, { what: 'another program holds it locked', fix: 'End that program, then try again.' }],
]

/** The code of an error of the system or of SQLite; empty where it is none. */
export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** The same error, naming the file that was meant: the system names none when it reads or writes, and ours may be beside it. */
export const aboutFile = (path: string, error: unknown): unknown =>
  error instanceof Error ? Object.assign(error, { path }) : error

/** Undefined for codes that people neither cause nor mend. */
export const systemWords = (code: string): SystemWords | undefined =>
  (Object.hasOwn(WORDS, code) ? WORDS[code] : undefined) ?? SQLITE.find(([pattern]) => pattern.test(code))?.[1]
