import { type Diagnostic, diagnose } from '../../../diagnostic/diagnostic.ts'
import { MAX_NESTING, MAX_TEXT } from '../limits.ts'
import type { Source } from '../source.ts'
import { yamlNesting } from './yaml-nesting.ts'

/** Why a text is not read at all: it is too large or too deep. */
export const refusal = (source: Source): Diagnostic | undefined => {
  const range = source.rangeAt(0, 0)
  if (source.text.length > MAX_TEXT)
    return diagnose('declaration.too-large', {
      detail: `This text has ${source.text.length} characters; mpc reads up to ${MAX_TEXT}. Split it into several files.`,
      range,
    })
  if (yamlNesting(source.text) <= MAX_NESTING) return undefined
  const detail = `Lists and maps may be nested ${MAX_NESTING} deep. Move parts of this file into locals.`
  return diagnose('declaration.too-deep', { detail, range })
}
