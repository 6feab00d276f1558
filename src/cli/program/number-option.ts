import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { Options } from './command-context.ts'

/** A whole number from an option; undefined when it was not given. Throws a diagnostic for anything else. */
export const numberOption = (
  options: Options,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined => {
  const text = options[name]
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
export const parallelismOf = (options: Options): number | undefined =>
  numberOption(options, 'parallelism', { least: 1, most: 64 })

export const textOption = (options: Options, name: string): string | undefined => {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

export const listOption = (options: Options, name: string): readonly string[] => {
  const value = options[name]
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}
