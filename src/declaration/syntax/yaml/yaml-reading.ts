import type { Node } from 'yaml'
import { type Diagnostic, diagnose } from '../../../diagnostic/diagnostic.ts'
import type { Grammar } from '../hcl/grammar.ts'
import type { Parsed } from '../hcl/parse-hcl.ts'
import type { Located, Source } from '../source.ts'
import type { Name } from '../tree.ts'

/** The library, which is loaded only when there is YAML to read. */
export type Yaml = typeof import('yaml')

/** One file on its way into the tree. */
export interface Reading {
  readonly yaml: Yaml
  readonly grammar: Grammar
  readonly source: Source
  readonly aliases: ReadonlyMap<unknown, Node>
  readonly report: (diagnostic: Diagnostic) => void
  readonly isFull: () => boolean
  /** Values read so far, those behind aliases each time again, and how deep the current one lies. */
  count: number
  depth: number
}

/** Where a node stands; where it is missing, the place of what it belongs to. */
export const place = ({ source }: Reading, node: Node | null | undefined, fallback: Located): Located => {
  const [start, end] = node?.range ?? [fallback.start, fallback.end]
  return { source, start, end }
}

/** Reports a mistake of syntax. */
export const syntax = (reading: Reading, at: Located, detail: string): void => {
  if (reading.isFull()) return
  reading.report(
    diagnose('declaration.syntax', {
      detail,
      range: reading.source.rangeAt(at.start, at.end),
    }),
  )
}

/** Follows an alias to what it stands for. */
export const resolved = (reading: Reading, node: unknown): Node | null => {
  if (!reading.yaml.isAlias(node)) return node as Node | null
  const found = reading.aliases.get(node)
  if (found) return found
  const [start = 0, end = 0] = node.range ?? []
  const detail = `There is no "&${node.source}" before this. An alias stands for a value that was named so further up.`
  syntax(reading, { source: reading.source, start, end }, detail)
  return null
}

/** A key as a name; undefined, and reported, where it is none. */
export const nameOf = (reading: Reading, key: unknown, fallback: Located): Name | undefined => {
  const node = resolved(reading, key)
  const at = place(reading, node, fallback)
  if (!reading.yaml.isScalar(node) || node.value === null || typeof node.value === 'object') {
    syntax(reading, at, 'A key must be a word or a string.')
    return undefined
  }
  return { ...at, text: String(node.value).normalize('NFC') }
}

/** A part's value; its problems become the file's. */
export const take = <T>(reading: Reading, { value, diagnostics }: Parsed<T>): T => {
  for (const diagnostic of diagnostics) reading.report(diagnostic)
  return value
}
