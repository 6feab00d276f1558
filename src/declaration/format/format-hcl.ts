import type { Checked } from '../../diagnostic/diagnostic.ts'
import { lexHcl } from '../syntax/hcl/lexer.ts'
import { parseHcl } from '../syntax/hcl/parse-hcl.ts'
import { fileSource } from '../syntax/source.ts'
import { idiomaticHcl } from './hcl-idioms.ts'
import { alignCells, indentLines, spaceTokens, writeLines } from './lay-out.ts'
import { layoutLines } from './layout-lines.ts'
import { layoutTokens } from './layout-token.ts'

/** Blanks and line-end alignment alone; every other character stays as it is. */
const layOut = (text: string): string => {
  const lines = layoutLines(layoutTokens(text, lexHcl(text).tokens))
  indentLines(lines)
  spaceTokens(lines)
  alignCells(lines)
  const out = writeLines(lines)
  return out + (out === '' || out.endsWith('\n') ? '' : '\n')
}

/**
 * An HCL file in Terraform's canonical style. Comments and blank lines stay, a byte-order mark goes; formatting what is formatted changes
 * nothing. A file with syntax errors is not formatted: their diagnostics come instead.
 */
export const formatHcl = async (filename: string, text: string): Promise<Checked<string>> => {
  const { value: body, diagnostics } = await parseHcl(fileSource(filename, text))
  if (diagnostics.length > 0) return { value: undefined, diagnostics }
  return { value: layOut(idiomaticHcl(text, body)), diagnostics: [] }
}
