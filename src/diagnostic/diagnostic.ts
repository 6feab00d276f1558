import { codes, type DiagnosticCode } from './codes.ts'
import type { SourceRange } from './source-range.ts'

/** An expected problem, as a value: collected, shown together, never thrown one by one. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  readonly code: DiagnosticCode
  /** Constant for the code; free of the user's names. */
  readonly summary: string
  /** What is wrong, why it matters, and how to mend it. Plain sentences; may hold several lines. */
  readonly detail: string
  readonly range?: SourceRange
  /** The resource it is about, in the words of the declaration: `vm.web[0]`. */
  readonly address?: string
  /** A command to copy, or where to read on. */
  readonly hint?: string
}

export interface DiagnosticDetail {
  readonly detail: string
  readonly range?: SourceRange | undefined
  readonly address?: string | undefined
  readonly hint?: string | undefined
}

/** Makes a diagnostic of a registered code. */
export const diagnose = (code: DiagnosticCode, { detail, range, address, hint }: DiagnosticDetail): Diagnostic => ({
  severity: codes[code].severity,
  code,
  summary: codes[code].summary,
  detail,
  ...(range && { range }),
  ...(address !== undefined && { address }),
  ...(hint !== undefined && { hint }),
})

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === 'error')

/** A value and what was found wrong on the way to it; `value` is undefined when the errors leave nothing usable. */
export interface Checked<T> {
  readonly value: T | undefined
  readonly diagnostics: readonly Diagnostic[]
}
