import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { CommandContext } from './command-context.ts'
import type { FormatOptions } from './command-options.ts'

/** The form a plan is asked for in; undefined: as suits the place. Throws a diagnostic where two are asked for. */
export const formatOf = (
  { global }: Pick<CommandContext, 'global'>,
  { format }: FormatOptions,
): FormatOptions['format'] => {
  if (!global.json || format === undefined || format === 'json') return global.json ? 'json' : format
  throw new DiagnosticError([
    diagnose('cli.bad-option', {
      detail: `--json and --format ${format} ask for two forms at once. Leave one of them out.`,
    }),
  ])
}
