import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { MAX_DETAIL, MAX_FINDINGS } from './limits.ts'

/** Problems of one file, up to a number nobody would read on after. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[]
  /** Takes one more; what comes after too many is dropped, and the last one says so. */
  readonly add: (diagnostic: Diagnostic) => void
  /** No more are taken, so that none need be looked for. */
  readonly isFull: () => boolean
}

const shortened = (diagnostic: Diagnostic): Diagnostic =>
  diagnostic.detail.length <= MAX_DETAIL
    ? diagnostic
    : { ...diagnostic, detail: `${diagnostic.detail.slice(0, MAX_DETAIL)} …` }

const TOO_MANY = 'declaration.too-many-problems'

export const collectFindings = (): Findings => {
  const diagnostics: Diagnostic[] = []
  let full = false
  return {
    diagnostics,
    isFull: () => full,
    add: (diagnostic) => {
      if (full) return
      full = diagnostic.code === TOO_MANY || diagnostics.length === MAX_FINDINGS
      const { range } = diagnostic
      const detail = `More than ${MAX_FINDINGS} problems were found, and this is where the next one is. Fix the ones before it first.`
      diagnostics.push(full ? diagnose(TOO_MANY, { detail, range }) : shortened(diagnostic))
    },
  }
}
