import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Io } from '../../io/io.ts'
import { diagnosticJson, diagnosticText, type Sources } from '../../render/diagnostic-text.ts'
import { ansiPaint, type Paint, plainPaint, wantsColour } from '../../render/style.ts'
import { visibleJson, visiblePainted } from '../../util/visible.ts'
import type { ExitCode } from '../exit-code.ts'
import type { CommandName, CommandOptions } from './command-table.ts'

export interface GlobalOptions {
  readonly chdir?: string
  readonly json: boolean
  readonly color: boolean
  readonly debug: boolean
  readonly quiet: boolean
}

/** What a command is given: the outside world, the global flags, and where its words go. */
export interface CommandContext {
  readonly io: Io
  /** The command's name, whatever it was called by. */
  readonly command: string
  /** Codes of the errors that were reported so far. */
  readonly problems: ReadonlySet<string>
  readonly global: GlobalOptions
  /** Colours for stdout and for stderr; plain where they are pipes, or NO_COLOR or --no-color asks for it. */
  readonly paint: Paint
  readonly notePaint: Paint
  /** A result, to stdout. What a terminal would obey is shown by its code. */
  readonly print: (text: string) => void
  /** A result for a file or another program, byte for byte. */
  readonly printExactly: (text: string) => void
  /** One JSON object on a line of its own, to stdout; the version of the format is put in. */
  readonly printJson: (value: object) => void
  /** Progress and remarks, to stderr; silent with --quiet. */
  readonly note: (text: string) => void
  /** Detail for --debug, to stderr. */
  readonly trace: (text: string) => void
  /** Runs another command line in this process, as the demo does. */
  readonly runLine: (io: Io) => Promise<ExitCode>
  /** Diagnostics, to stderr, or as JSON objects to stdout with --json. */
  readonly report: (diagnostics: readonly Diagnostic[], sources?: Sources) => void
}

/** `--var name=value` or `--var-file FILE`. */
export type VariableArgument = { readonly text: string } | { readonly file: string }

/** What a command line said; a function that serves several commands asks only for the options it reads. */
export interface CommandInput<Options> {
  readonly args: readonly string[]
  readonly options: Options
  /** In the order they were given: later ones win. */
  readonly variables: readonly VariableArgument[]
}

/** A command: does its work and says how the process should end. Never exits by itself. */
export type RunCommand<Name extends CommandName> = (
  context: CommandContext,
  input: CommandInput<CommandOptions<Name>>,
) => Promise<ExitCode>

const NO_SOURCES: Sources = new Map()
/** Of every line of --json; what is only added does not change it. */
const FORMAT_VERSION = '1.0'

export const commandContext = (
  io: Io,
  command: string,
  global: GlobalOptions,
  runLine: CommandContext['runLine'],
): CommandContext => {
  const forced = io.env['FORCE_COLOR'] !== undefined && io.env['FORCE_COLOR'] !== '0'
  const allowed = global.color && wantsColour(io.env)
  const paintFor = (terminal: boolean): Paint => (allowed && (terminal || forced) ? ansiPaint : plainPaint)
  const notePaint = paintFor(io.stderr.isTerminal)
  const printJson = (value: object) => io.stdout.write(`${visibleJson({ format_version: FORMAT_VERSION, ...value })}\n`)
  const problems = new Set<string>()
  return {
    io,
    command,
    problems,
    global,
    paint: paintFor(io.stdout.isTerminal),
    notePaint,
    print: (text) => io.stdout.write(visiblePainted(text)),
    printExactly: (text) => io.stdout.write(text),
    printJson,
    note: (text) => {
      if (!global.quiet) io.stderr.write(visiblePainted(text))
    },
    trace: (text) => {
      if (global.debug) io.stderr.write(visiblePainted(notePaint('dim', `debug: ${text}\n`)))
    },
    runLine,
    report: (diagnostics, sources = NO_SOURCES) => {
      for (const diagnostic of diagnostics) {
        if (diagnostic.severity === 'error') problems.add(diagnostic.code)
        if (global.json) printJson({ type: 'diagnostic', ...diagnosticJson(diagnostic, sources) })
        else io.stderr.write(`${visiblePainted(diagnosticText(diagnostic, sources, notePaint))}\n`)
      }
    },
  }
}
