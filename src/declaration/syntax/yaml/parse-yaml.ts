import type { Node } from 'yaml'
import { collectFindings } from '../findings.ts'
import { hclGrammar } from '../hcl/grammar.ts'
import type { Parsed } from '../hcl/parse-hcl.ts'
import type { Source } from '../source.ts'
import type { Body } from '../tree.ts'
import type { BodyShape } from './block-shape.ts'
import { aliasTargets } from './yaml-aliases.ts'
import { bodyOf } from './yaml-blocks.ts'
import { refusal } from './yaml-limits.ts'
import { yamlProblems } from './yaml-problems.ts'
import { place, type Reading, syntax } from './yaml-reading.ts'

const OPTIONS = {
  // It would look up the lines of each problem from the beginning of the file.
  prettyErrors: false,
  intAsBigInt: true,
  // Checked by us: the library compares each key with each other one.
  uniqueKeys: false,
} as const

const NO_ALIASES: ReadonlyMap<unknown, Node> = new Map()

/** Reads a YAML or JSON file into the same tree HCL gives; `shape` tells blocks from attributes. */
export const parseYaml = async (source: Source, shape: BodyShape): Promise<Parsed<Body>> => {
  const empty: Body = { items: [], source, start: 0, end: source.text.length }
  const refused = refusal(source)
  if (refused) return { value: empty, diagnostics: [refused] }
  const [yaml, grammar] = await Promise.all([import('yaml'), hclGrammar()])
  const parse = (text: string) => yaml.parseDocument(text, OPTIONS)
  const document = parse(source.text)
  const { diagnostics, add, isFull } = collectFindings()
  const reading: Reading = {
    yaml,
    grammar,
    source,
    aliases: source.text.includes('&') ? aliasTargets(yaml, document) : NO_ALIASES,
    report: add,
    isFull,
    count: 0,
    depth: 0,
  }
  for (const { start, end, detail } of yamlProblems(yaml, document, source.text, parse))
    syntax(reading, { source, start, end }, detail)
  // What the rest would say is mostly a consequence.
  if (diagnostics.length > 0) return { value: empty, diagnostics }
  const { contents } = document
  if (contents === null || (yaml.isScalar(contents) && contents.value === null)) return { value: empty, diagnostics }
  if (!yaml.isMap(contents)) {
    if (diagnostics.length === 0)
      syntax(
        reading,
        place(reading, contents, empty),
        'A declaration file holds blocks by name, such as "vm:" or "variable:".',
      )
    return { value: empty, diagnostics }
  }
  return { value: bodyOf(reading, contents, shape, empty), diagnostics }
}
