export interface OptionSpec {
  /** As commander reads it: `--out <file>`, `-C, --chdir <dir>`, `--target <address...>`. */
  readonly flags: string
  readonly description: string
  readonly choices?: readonly string[]
  readonly default?: string | boolean
  /** May be given several times. */
  readonly many?: true
  /** Files or folders, for shell completion. */
  readonly completes?: 'file' | 'folder' | 'plan'
}

export interface ArgumentSpec {
  /** As commander reads it: `[plan-id]`, `<file...>`. */
  readonly name: string
  readonly description: string
  readonly completes?: 'file' | 'plan'
}

/** One command as data: parsing, help, completion and the README are all made from it. */
export interface CommandSpec {
  readonly name: string
  readonly alias?: string
  readonly summary: string
  /** A paragraph for --help. */
  readonly description: string
  readonly args: readonly ArgumentSpec[]
  readonly options: readonly OptionSpec[]
  readonly examples: readonly { readonly command: string; readonly means: string }[]
}
