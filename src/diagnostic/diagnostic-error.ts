import type { Diagnostic } from './diagnostic.ts'

/**
 * Carries diagnostics out of code that talks to the outside world (server, files, database), where returning them through every
 * layer would bury the happy path. Caught once, at the edge of a command.
 */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[], options?: { readonly cause?: unknown }) {
    super(diagnostics.map(({ summary, detail }) => `${summary}: ${detail}`).join('\n'), options)
    this.name = 'DiagnosticError'
    this.diagnostics = diagnostics
  }
}
