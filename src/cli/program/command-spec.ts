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

/** `out <file>` out of `-o, --out <file>`. */
type LongFlag<Flags extends string> = Flags extends `${string}--${infer Long}` ? Long : never
type FirstWord<Text extends string> = Text extends `${infer Word} ${string}` ? Word : Text
type CamelCase<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Head}${CamelCase<Capitalize<Tail>>}`
  : Text

/** The name commander keeps a value under: `--allow-files` → `allowFiles`, `--no-refresh` → `refresh`. */
type OptionName<Flags extends string> = CamelCase<
  FirstWord<LongFlag<Flags>> extends `no-${infer Name}` ? Name : FirstWord<LongFlag<Flags>>
>

type OptionValue<Spec extends OptionSpec> = Spec extends { readonly many: true }
  ? readonly string[]
  : Spec extends { readonly choices: readonly (infer Choice)[] }
    ? Choice
    : Spec['flags'] extends `${string}<${string}>`
      ? string
      : boolean

/** The values of these options by name, as commander gives them; what was not given is missing. */
export type OptionsOf<Specs extends readonly OptionSpec[]> = {
  readonly [Spec in Specs[number] as OptionName<Spec['flags']>]?: OptionValue<Spec>
}
