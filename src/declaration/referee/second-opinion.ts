import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { fileSource } from '../syntax/source.ts'

/** Whether HashiCorp's own parser takes a text for HCL. */
export type Referee = (text: string) => boolean

/** It reads some 50 kB a second; beyond this, waiting for it is worth less than its word. */
const LONGEST = 262_144

/** Refusals that are a matter of syntax; limits of size and depth are ours alone. */
const SYNTAX: ReadonlySet<string> = new Set(['declaration.syntax', 'declaration.duplicate'])
const LIMITS: ReadonlySet<string> = new Set([
  'declaration.too-large',
  'declaration.too-deep',
  'declaration.unreadable-file',
])

/** Loads HashiCorp's parser, compiled to JavaScript: 200 to 300 ms and 50 MB. */
export const loadReferee = async (): Promise<Referee> => {
  const loaded: unknown = await import('hcl2-parser')
  const parser = (loaded as { readonly default?: unknown }).default ?? loaded
  const { parseToString } = parser as { readonly parseToString: (text: string) => unknown }
  return (text) => {
    // The declared type is a string; what comes is a pair of the text and an error (seen in version 1.0.3).
    const [, error] = parseToString(text) as unknown as readonly [string, unknown]
    return error === null
  }
}

const opinionOn = (
  filename: string,
  text: string,
  own: readonly Diagnostic[],
  referee: Referee,
): Diagnostic | undefined => {
  const refused = own.some(({ code }) => SYNTAX.has(code))
  const accepted = referee(text)
  if (accepted !== refused) return undefined
  const detail = accepted
    ? "HashiCorp's parser accepts this file, which mpc refuses as not well formed. If the text is right, this is a defect of mpc: please report it with the file."
    : "HashiCorp's parser refuses this file, which mpc accepts. Other tools will not read it. Please report it with the file: this is a defect of mpc."
  return diagnose('declaration.second-opinion', { detail, range: fileSource(filename, text).rangeAt(0, 0) })
}

/**
 * What HashiCorp's parser says otherwise than we do about the HCL files among `sources`: whether each is well formed. Long files are left
 * out. The parser is loaded only when there is a file to ask about.
 */
export const secondOpinions = async (
  sources: ReadonlyMap<string, string>,
  diagnostics: readonly Diagnostic[],
  load: () => Promise<Referee> = loadReferee,
): Promise<readonly Diagnostic[]> => {
  const byFile = (name: string) => diagnostics.filter(({ range }) => range?.filename === name)
  const asked = [...sources].filter(
    ([name, text]) =>
      name.endsWith('.hcl') && text.length <= LONGEST && !byFile(name).some(({ code }) => LIMITS.has(code)),
  )
  if (asked.length === 0) return []
  const referee = await load()
  return asked.flatMap(([name, text]) => opinionOn(name, text, byFile(name), referee) ?? [])
}
