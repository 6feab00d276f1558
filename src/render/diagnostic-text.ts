import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source-range.ts'
import { visible, visibleLine } from '../util/visible.ts'
import type { Paint } from './style.ts'

/** File name → its text, for the lines shown with a diagnostic. */
export type Sources = ReadonlyMap<string, string>

const codeFrame = (range: SourceRange, sources: Sources, paint: Paint): readonly string[] => {
  const { start, end } = range
  const place = `  on ${visibleLine(range.filename)} line ${start.line}, column ${start.column}:`
  const line = sources.get(range.filename)?.split('\n')[start.line - 1]?.replace(/\r$/, '')
  if (line === undefined) return [place]
  const width = [...line].length
  const last = end.line === start.line ? end.column : width + 1
  const marks = '^'.repeat(Math.max(1, Math.min(last, width + 1) - start.column))
  const lead = [...line]
    .slice(0, start.column - 1)
    .map((character) => (character === '\t' ? '\t' : ' '))
    .join('')
  const gutter = `${start.line}`.padStart(5)
  return [
    place,
    `${paint('dim', `${gutter} │`)} ${visible(line)}`,
    `${paint('dim', `${' '.repeat(5)} │`)} ${lead}${paint('error', marks)}`,
  ]
}

/** Details and hints quote servers and files. */
const shown = (diagnostic: Diagnostic): Diagnostic => ({
  ...diagnostic,
  detail: visible(diagnostic.detail),
  ...(diagnostic.hint !== undefined && { hint: visible(diagnostic.hint) }),
  ...(diagnostic.address !== undefined && { address: visibleLine(diagnostic.address) }),
})

/** One diagnostic as a person reads it: what, where with the line itself, why and how to mend it. Ends with a newline. */
export const diagnosticText = (given: Diagnostic, sources: Sources, paint: Paint): string => {
  const diagnostic = shown(given)
  const label = diagnostic.severity === 'error' ? paint('error', 'Error:') : paint('warning', 'Warning:')
  return [
    `${label} ${paint('bold', diagnostic.summary)} ${paint('dim', `[${diagnostic.code}]`)}`,
    ...(diagnostic.range ? codeFrame(diagnostic.range, sources, paint) : []),
    ...(diagnostic.address === undefined ? [] : [`  with ${diagnostic.address}`]),
    ...diagnostic.detail
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    ...(diagnostic.hint === undefined ? [] : ['', ...diagnostic.hint.split('\n').map((line) => `    ${line}`)]),
    '',
  ].join('\n')
}

/** Diagnostics as one JSON value in the shape Terraform prints: severity, summary, detail, range, snippet. */
export const diagnosticJson = (diagnostic: Diagnostic, sources: Sources): object => {
  const { severity, code, summary, detail, range, address, hint } = diagnostic
  const line = range && sources.get(range.filename)?.split('\n')[range.start.line - 1]
  return {
    severity,
    code,
    summary,
    detail,
    ...(address !== undefined && { address }),
    ...(hint !== undefined && { hint }),
    ...(range && { range }),
    ...(range &&
      line !== undefined && {
        snippet: {
          context: null,
          code: line,
          start_line: range.start.line,
          highlight_start_offset: range.start.column - 1,
          highlight_end_offset: range.end.line === range.start.line ? range.end.column - 1 : [...line].length,
          values: [],
        },
      }),
  }
}
