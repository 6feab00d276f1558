/** A text stream to a person or a pipe. */
export interface Output {
  readonly write: (text: string) => void
  readonly isTerminal: boolean
  /** Width in characters; 80 where it is not a terminal. */
  readonly columns: number
}

export interface ReadOptions {
  /** Bytes; reading more throws an `Error` with the code `EFBIG`. Devices and pipes are refused with `ENOTSUP` then. */
  readonly atMost?: number
}

export interface Files {
  /** Throws an `Error` with `code` as node:fs does (`ENOENT`, `EACCES` …). */
  readonly readText: (path: string, options?: ReadOptions) => Promise<string>
  readonly readBytes: (path: string, options?: ReadOptions) => Promise<Uint8Array>
  /** Replaces the file in one step (write beside, fsync, rename); `mode` as in chmod. */
  readonly writeText: (path: string, text: string, options?: { readonly mode?: number }) => Promise<void>
  readonly appendText: (path: string, text: string, options?: { readonly mode?: number }) => Promise<void>
  readonly exists: (path: string) => Promise<boolean>
  /** Names in a folder, sorted; empty when it does not exist. */
  readonly list: (
    path: string,
  ) => Promise<readonly { readonly name: string; readonly kind: 'file' | 'folder' | 'other' }[]>
  readonly makeFolder: (path: string, options?: { readonly mode?: number }) => Promise<void>
  readonly remove: (path: string) => Promise<void>
  /** The path without links; of what does not exist, of the nearest folder above that does. */
  readonly realPath: (path: string) => Promise<string>
  /** Numeric id of the user a file belongs to; undefined where there is no file, meaningless where users have no numbers. */
  readonly owner: (path: string) => Promise<number | undefined>
}

export interface Clock {
  readonly now: () => Date
  /** Milliseconds that never go backwards, for durations. */
  readonly monotonic: () => number
  /** Rejects with the signal's reason when aborted. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>
}

export interface Input {
  readonly isTerminal: boolean
  /** Asks on stderr, reads a line; `secret` hides what is typed. Undefined at end of input. */
  readonly ask: (question: string, options?: { readonly secret?: boolean }) => Promise<string | undefined>
  /** All of standard input as text. */
  readonly readAll: () => Promise<string>
}

/** Everything mpc knows of the process it runs in; tests pass their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly args: readonly string[]
  readonly platform: string
  readonly files: Files
  readonly clock: Clock
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
  /** Aborted at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal
  /** What is said when a second one ends the process at once: what is left, and what to run. Gives the way to take it back. */
  readonly onLeave: (lastWords: () => string) => () => void
  /** This process, for leases (see `Holder`) and for whose files it obeys. */
  readonly self: {
    readonly pid: number
    readonly host: string
    /** Numeric id of the user; missing where users have none. */
    readonly user?: number | undefined
    /** The user's name; missing where the system knows none. */
    readonly login?: string | undefined
    readonly origin?: string | undefined
    readonly started?: string | undefined
    readonly isAlive: (pid: number, started?: string) => boolean
  }
  /** Runs a command without a shell and gives its standard output; throws when it fails. */
  readonly run: (command: string, args: readonly string[]) => Promise<string>
  /** Real streams for Ink, which draws on them itself. */
  readonly terminal: {
    readonly stdin: NodeJS.ReadStream
    readonly stdout: NodeJS.WriteStream
    readonly stderr: NodeJS.WriteStream
  }
}
