import { createRequire } from 'node:module'
import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'

interface Referee {
  readonly parseToString: (text: string) => readonly [string, unknown]
}

/** Takes some 200 ms to load, so it is loaded for `mpc validate` only. A CommonJS package that sets its exports while it runs. */
const loadReferee = (): Referee => createRequire(import.meta.url)('hcl2-parser') as Referee

/** Functions with name spaces came after the referee. */
const NEWER = /[\w-]::[\w-]/

const accepts = ({ parseToString }: Referee, text: string): boolean => {
  try {
    return !parseToString(text)[1]
  } catch (error) {
    // It panics while it writes what it has already accepted, for `null` within a string for example.
    if (error instanceof Error) return true
    throw error
  }
}

/**
 * Asks HashiCorp's own parser about HCL files that mpc has read without a syntax error. One it refuses is a file other tools may not read, or a
 * mistake in mpc. It gives no place and no reason.
 */
export const secondOpinion = (sources: ReadonlyMap<string, string>): readonly Diagnostic[] => {
  const files = [...sources].filter(([name, text]) => name.endsWith('.hcl') && !NEWER.test(text))
  if (files.length === 0) return []
  const referee = loadReferee()
  return files.flatMap(([name, text]) => {
    if (accepts(referee, text)) return []
    const nowhere = { line: 1, column: 1, byte: 0 }
    return diagnose('declaration.second-opinion', {
      detail: `mpc reads ${name} without a problem, but HashiCorp's parser refuses it. Other tools may not read it either; please report it.`,
      range: { filename: name, start: nowhere, end: nowhere },
    })
  })
}
