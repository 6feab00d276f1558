import { Argument, Command, CommanderError, Option } from 'commander'
import { BrokenRun } from '../../apply/run/broken-run.ts'
import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { Io } from '../../io/io.ts'
import { EXIT, type ExitCode, exitFor } from '../exit-code.ts'
import { commandContext, type GlobalOptions, type VariableArgument } from './command-context.ts'
import { commandLoaders } from './command-loaders.ts'
import type { CommandSpec, OptionSpec, OptionsOf } from './command-spec.ts'
import { COMMANDS, type CommandName, type CommandOptions, GLOBAL_OPTIONS } from './command-table.ts'
import { fileTrouble } from './file-trouble.ts'
import { reportBug } from './report-bug.ts'
import { insteadOf } from './terraform-commands.ts'

const optionOf = ({ flags, description, choices, default: initial, many }: OptionSpec): Option => {
  const option = new Option(flags, description)
  if (choices) option.choices([...choices])
  if (initial !== undefined) option.default(initial)
  if (many) option.argParser((value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value])
  return option
}

const examplesText = ({ examples }: CommandSpec): string => {
  const width = Math.max(0, ...examples.map(({ command }) => command.length))
  const lines = examples.map(({ command, means }) => `  ${command.padEnd(width)}  # ${means}`)
  return `\nExamples:\n${lines.join('\n')}\n`
}

const globalsOf = (options: OptionsOf<typeof GLOBAL_OPTIONS>): GlobalOptions => ({
  ...(options.chdir !== undefined && { chdir: options.chdir }),
  json: options.json === true,
  color: options.color !== false,
  debug: options.debug === true,
  quiet: options.quiet === true,
})

/** Terraform's users type `-var` and `-target`; commander would read single letters there. */
const LONG_OPTIONS = new Set([
  '--help',
  '--version',
  ...[...GLOBAL_OPTIONS, ...COMMANDS.flatMap(({ options }): readonly OptionSpec[] => options)].flatMap(
    ({ flags }) => flags.match(/--[a-z][a-z-]+/g) ?? [],
  ),
])

const withTwoDashes = (arg: string): string => {
  const [name = ''] = arg.split('=')
  return /^-[a-z][a-z-]+$/.test(name) && LONG_OPTIONS.has(`-${name}`) ? `-${arg}` : arg
}

/** `mpc help` about what is no command would show the general help; the word alone is told to be unknown. */
const withoutVainHelp = (args: readonly string[]): readonly string[] => {
  const [first, about] = args.filter((arg) => !arg.startsWith('-'))
  const isKnown = COMMANDS.some((spec) => about === spec.name || about === ('alias' in spec ? spec.alias : undefined))
  return first === 'help' && about !== undefined && about !== 'help' && !isKnown ? [about] : args
}

/** Commander guesses by spelling; who knows Terraform is told what mpc does instead. */
const usageError = (text: string): string => {
  const name = /unknown command '(.+?)'/.exec(text)?.[1] ?? ''
  const instead = insteadOf(name)
  return instead === undefined ? text : `error: mpc has no command '${name}'. ${instead}\n`
}

interface Invocation {
  readonly io: Io
  readonly version: string
  readonly done: (code: ExitCode) => void
  /** Takes what is said about wrong usage. */
  readonly complain: (text: string) => void
}

const addCommand = <Name extends CommandName>(
  program: Command,
  spec: CommandSpec & { readonly name: Name },
  { io, version, done }: Invocation,
): void => {
  const command = program.command(spec.name).summary(spec.summary).description(spec.description)
  if (spec.alias !== undefined) command.alias(spec.alias)
  for (const { name, description } of spec.args) command.addArgument(new Argument(name, description))
  for (const option of spec.options) command.addOption(optionOf(option))
  command.addHelpText('after', examplesText(spec))
  const variables: VariableArgument[] = []
  command.on('option:var', (text: string) => variables.push({ text }))
  command.on('option:var-file', (file: string) => variables.push({ file }))
  command.action(async () => {
    const options = command.optsWithGlobals<CommandOptions<Name>>()
    const context = commandContext(io, spec.name, globalsOf(options), (other) => runProgram(other, version))
    try {
      const { run } = await commandLoaders[spec.name]()
      done(await run(context, { args: command.args, options, variables }))
    } catch (error) {
      const expected = expectedProblems(error)
      if (!expected) throw error
      context.report(expected)
      done(exitFor(expected))
    }
  })
}

/** What is no bug; undefined for everything else. */
const expectedProblems = (error: unknown): readonly Diagnostic[] | undefined => {
  if (error instanceof DiagnosticError) return error.diagnostics
  const trouble = fileTrouble(error)
  return trouble && [trouble]
}

const makeProgram = (invocation: Invocation): Command => {
  const { io, version, complain } = invocation
  const program = new Command('mpc')
    .description('Declarative plan/apply for Proxmox VE in which every step carries its own undo.')
    .version(version, '-V, --version')
    .showHelpAfterError('(mpc --help lists the commands)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: io.stdout.write,
      writeErr: complain,
      getOutHelpWidth: () => io.stdout.columns,
      getErrHelpWidth: () => io.stderr.columns,
      outputError: (text, write) => write(usageError(text)),
    })
  for (const option of GLOBAL_OPTIONS) program.addOption(optionOf(option))
  for (const spec of COMMANDS) addCommand(program, spec, invocation)
  program.addHelpText('after', '\nStart with `mpc demo` to see it at work, or `mpc init` in an empty folder.\n')
  return program
}

const jsonContext = (io: Io) =>
  commandContext(io, 'help', { json: true, color: false, debug: false, quiet: true }, async () => EXIT.usage)

/** Runs one command line to its end and gives the exit code; the only way into mpc. Never throws. */
export const runProgram = async (io: Io, version: string): Promise<ExitCode> => {
  const result: { code: ExitCode } = { code: EXIT.done }
  const done = (code: ExitCode) => {
    result.code = code
  }
  const isJson = io.args.includes('--json')
  const complaints: string[] = []
  const complain = isJson ? (text: string) => void complaints.push(text) : io.stderr.write
  const program = makeProgram({ io, version, done, complain })
  try {
    if (io.args.length === 0) {
      program.outputHelp()
      return EXIT.done
    }
    await program.parseAsync(withoutVainHelp(io.args.map(withTwoDashes)), { from: 'user' })
    return result.code
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done
      if (isJson) jsonContext(io).report([diagnose('cli.usage', { detail: complaints.join('').trim() })])
      return EXIT.usage
    }
    if (io.signal.aborted) {
      io.stderr.write('Interrupted.\n')
      return EXIT.interrupted
    }
    if (error instanceof BrokenRun) {
      reportBug(io, error.cause)
      io.stderr.write(
        `  What run ${error.run} has made stays. See how far it got, and undo or finish it, with: mpc recover\n`,
      )
      return EXIT.incomplete
    }
    reportBug(io, error)
    return EXIT.error
  }
}
