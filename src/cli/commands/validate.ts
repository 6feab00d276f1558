import { secondOpinions } from '../../declaration/referee/second-opinion.ts'
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import { diagnosticJson, type Sources } from '../../render/diagnostic-text.ts'
import { EXIT } from '../exit-code.ts'
import type { CommandContext, RunCommand } from '../program/command-context.ts'
import { loadHere } from '../session/load-declarations.ts'

const NO_SOURCES: Sources = new Map()

/** Declarations are valid whatever the values of their variables will be: those are given when planning. */
const isAboutValues = ({ code }: Diagnostic): boolean => code === 'declaration.missing-variable'

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const sayResult = (
  { print, report, paint }: CommandContext,
  diagnostics: readonly Diagnostic[],
  sources: Sources,
  unset: readonly string[],
): void => {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length
  const warnings = diagnostics.length - errors
  report(diagnostics, sources)
  const tail = warnings > 0 ? `, ${plural(warnings, 'warning')}` : ''
  if (errors > 0) print(`${paint('error', 'Not valid:')} ${plural(errors, 'error')}${tail}.\n`)
  else print(`${paint('create', 'The declarations are valid')}${tail}.\n`)
  if (errors === 0 && unset.length > 0)
    print(`Variables without a value, not checked with one: ${unset.map((name) => `var.${name}`).join(', ')}.\n`)
}

export const run: RunCommand<'validate'> = async (context, input) => {
  const { value, diagnostics: found } = await loadHere(context, input)
  const sources = value?.sources ?? NO_SOURCES
  const opinions = await secondOpinions(sources, found)
  const diagnostics = [...found.filter((diagnostic) => !isAboutValues(diagnostic)), ...opinions]
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length
  if (context.global.json)
    context.printJson({
      type: 'validated',
      valid: errors === 0,
      error_count: errors,
      warning_count: diagnostics.length - errors,
      diagnostics: diagnostics.map((diagnostic) => diagnosticJson(diagnostic, sources)),
    })
  else
    sayResult(
      context,
      diagnostics,
      sources,
      (value?.missingVariables ?? []).map(({ name }) => name),
    )
  return errors === 0 ? EXIT.done : EXIT.error
}
