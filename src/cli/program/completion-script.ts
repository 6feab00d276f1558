import type { CommandSpec, OptionSpec } from './command-spec.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** `--out` and `-C` out of `-C, --chdir <dir>`. */
const namesOf = ({ flags }: OptionSpec): readonly string[] => flags.match(/(?<![\w-])--?[a-zA-Z][\w-]*/g) ?? []

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const wordsFor = (spec: CommandSpec, globals: readonly OptionSpec[]): string =>
  [...spec.options, ...globals].flatMap(namesOf).join(' ')

/** What prints the ids of saved plans, one a line. */
const PLAN_IDS = '$(mpc completion plan-ids 2>/dev/null)'

const takesPlan = ({ args }: CommandSpec): boolean => args.some(({ completes }) => completes === 'plan')

const bash = (commands: readonly CommandSpec[], globals: readonly OptionSpec[]): string => {
  const cases = commands.map((spec) => {
    const shells = spec.name === 'completion' ? ` ${SHELLS.join(' ')}` : takesPlan(spec) ? ` ${PLAN_IDS}` : ''
    return `    ${[spec.name, ...(spec.alias === undefined ? [] : [spec.alias])].join('|')}) words="${wordsFor(spec, globals)}${shells}" ;;`
  })
  return `# mpc completion for bash; load it with: source <(mpc completion bash)
_mpc() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) command="$word"; break ;; esac
  done
  case "$command" in
    "") words="${commands.map(({ name }) => name).join(' ')} ${globals.flatMap(namesOf).join(' ')}" ;;
${cases.join('\n')}
    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -eq 0 && "$current" != -* ]] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _mpc mpc
`
}

const zshOption = (option: OptionSpec): readonly string[] => {
  const text = option.description.replaceAll(/[[\]]/g, '').replaceAll(':', ' ')
  const value = option.flags.includes('<')
    ? `:value:${option.choices ? `(${option.choices.join(' ')})` : option.completes === 'folder' ? '_files -/' : option.completes === 'file' ? '_files' : ''}`
    : ''
  return namesOf(option).map((name) => quoted(`${option.many ? '*' : ''}${name}[${text}]${value}`))
}

const zsh = (commands: readonly CommandSpec[], globals: readonly OptionSpec[]): string => {
  const cases = commands.map((spec) => {
    const options = [...spec.options, ...globals].flatMap(zshOption)
    const rest =
      spec.name === 'completion'
        ? quoted(`1:shell:(${SHELLS.join(' ')})`)
        : takesPlan(spec)
          ? `"1:plan:(${PLAN_IDS})"`
          : quoted('*:file:_files')
    return `    ${spec.name}) _arguments ${options.join(' ')} ${rest} ;;`
  })
  return `#compdef mpc
# mpc completion for zsh; load it with: source <(mpc completion zsh)
_mpc() {
  local -a commands=(${commands.map(({ name, summary }) => quoted(`${name}:${summary}`)).join(' ')})
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command="\${words[2]}"
  shift words; (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _mpc mpc
`
}

const fishOption = (option: OptionSpec, condition: string): readonly string[] =>
  namesOf(option).map((name) => {
    const flag = name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`
    const value = option.flags.includes('<')
      ? option.choices
        ? ` -xa ${quoted(option.choices.join(' '))}`
        : ' -r'
      : ''
    return `complete -c mpc -n ${quoted(condition)} ${flag}${value} -d ${quoted(option.description)}`
  })

const fish = (commands: readonly CommandSpec[], globals: readonly OptionSpec[]): string =>
  [
    '# mpc completion for fish; load it with: mpc completion fish | source',
    ...commands.map(
      ({ name, summary }) => `complete -c mpc -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    ...globals.flatMap((option) => fishOption(option, 'true')),
    ...commands.flatMap((spec) =>
      spec.options.flatMap((option) => fishOption(option, `__fish_seen_subcommand_from ${spec.name}`)),
    ),
    ...commands
      .filter(takesPlan)
      .map(
        ({ name }) =>
          `complete -c mpc -f -n '__fish_seen_subcommand_from ${name}' -a '(mpc completion plan-ids 2>/dev/null)'`,
      ),
    `complete -c mpc -f -n '__fish_seen_subcommand_from completion' -a ${quoted(SHELLS.join(' '))}`,
    '',
  ].join('\n')

const WRITERS = { bash, zsh, fish } as const satisfies Record<
  Shell,
  (commands: readonly CommandSpec[], globals: readonly OptionSpec[]) => string
>

/** A shell script that completes mpc's commands and options, made from the command table. */
export const completionScript = (
  shell: Shell,
  commands: readonly CommandSpec[],
  globals: readonly OptionSpec[],
): string => WRITERS[shell](commands, globals)
