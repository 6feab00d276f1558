import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { ApprovalOptions } from './command-options.ts'

/** A whole number from an option; undefined when it was not given. Throws a diagnostic for anything else. */
export const numberOption = <Options extends object>(
  options: Options,
  name: keyof Options & string,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined => {
  const text: unknown = options[name]
  if (text === undefined) return undefined
  const number = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw new DiagnosticError([
    diagnose('cli.bad-option', {
      detail: `--${name} takes a whole number from ${least} to ${most}, not "${String(text)}".`,
    }),
  ])
}

/** Steps at once, as the command line says. Throws a diagnostic for anything but a number that can be. */
export const parallelismOf = (options: ApprovalOptions): number | undefined =>
  numberOption(options, 'parallelism', { least: 1, most: 64 })
