import type { Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { type Diagnostic, diagnose } from '../../../diagnostic/diagnostic.ts'
import { collectFindings } from '../findings.ts'
import { type Grammar, hclGrammar } from '../hcl/grammar.ts'
import { type Parsed, parseExpressionWith, parseTemplateWith } from '../hcl/parse-hcl.ts'
import { MAX_NESTING, MAX_TEXT, MAX_VALUES } from '../limits.ts'
import type { Located, Source } from '../source.ts'
import type { Attribute, Block, Body, Expression, Name, ObjectItem } from '../tree.ts'
import type { BlockShape, BodyShape } from './block-shape.ts'
import { aliasTargets } from './yaml-aliases.ts'
import { yamlNesting } from './yaml-nesting.ts'
import { yamlText } from './yaml-text.ts'

type Yaml = typeof import('yaml')

interface Reading {
  readonly yaml: Yaml
  readonly grammar: Grammar
  readonly source: Source
  readonly document: Document.Parsed
  readonly aliases: ReadonlyMap<unknown, Node>
  readonly report: (diagnostic: Diagnostic) => void
  readonly isFull: () => boolean
  /** Values read so far, those behind aliases each time anew, and how deep the current one lies. */
  count: number
  depth: number
}

const place = ({ source }: Reading, node: Node | null | undefined, fallback: Located): Located => {
  const [start, end] = node?.range ?? [fallback.start, fallback.end]
  return { source, start, end }
}

const syntax = (reading: Reading, at: Located, detail: string): void => {
  if (reading.isFull()) return
  reading.report(
    diagnose('declaration.syntax', {
      detail,
      range: reading.source.rangeAt(at.start, at.end),
    }),
  )
}

/** Follows an alias to what it stands for. */
const resolved = (reading: Reading, node: unknown): Node | null => {
  if (!reading.yaml.isAlias(node)) return node as Node | null
  const found = reading.aliases.get(node)
  if (found) return found
  const [start = 0, end = 0] = node.range ?? []
  const detail = `There is no "&${node.source}" before this. An alias stands for a value that was named so further up.`
  syntax(reading, { source: reading.source, start, end }, detail)
  return null
}

const nameOf = (reading: Reading, key: unknown, fallback: Located): Name | undefined => {
  const node = resolved(reading, key)
  const at = place(reading, node, fallback)
  if (!reading.yaml.isScalar(node) || node.value === null || typeof node.value === 'object') {
    syntax(reading, at, 'A key must be a word or a string.')
    return undefined
  }
  return { ...at, text: String(node.value).normalize('NFC') }
}

const take = <T>(reading: Reading, { value, diagnostics }: Parsed<T>): T => {
  for (const diagnostic of diagnostics) reading.report(diagnostic)
  return value
}

const stringExpression = (reading: Reading, node: Scalar, at: Located, asExpression: boolean): Expression => {
  const value = String(node.value)
  const text = yamlText(reading.source, node, at.start, at.end)
  if (value.includes('${') || value.includes('%{'))
    return { ...take(reading, parseTemplateWith(reading.grammar, text)) }
  if (asExpression) return take(reading, parseExpressionWith(reading.grammar, text))
  return { type: 'literal', value: value.normalize('NFC'), ...at }
}

const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

const numberExpression = (reading: Reading, node: Scalar, at: Located): Expression => {
  const written = reading.source.text.slice(at.start, at.end)
  const number = DECIMAL.test(written) ? written : String(node.value)
  if (DECIMAL.test(number) && !number.startsWith('-')) return { type: 'literal', value: { number }, ...at }
  if (DECIMAL.test(number)) {
    const operand: Expression = {
      type: 'literal',
      value: { number: number.slice(1) },
      ...at,
    }
    return { type: 'unary', operator: '-', operand, ...at }
  }
  syntax(reading, at, `${written} is not a number mpc can use. Write a decimal number such as 12 or 1.5.`)
  return { type: 'invalid', ...at }
}

const scalarExpression = (reading: Reading, node: Scalar, at: Located, asExpression: boolean): Expression => {
  if (typeof node.value === 'string') return stringExpression(reading, node, at, asExpression)
  if (typeof node.value === 'boolean' || node.value === null) return { type: 'literal', value: node.value, ...at }
  if (typeof node.value === 'number' || typeof node.value === 'bigint') return numberExpression(reading, node, at)
  syntax(
    reading,
    at,
    'This kind of YAML value means nothing in a declaration. Use a string, a number, true, false or null.',
  )
  return { type: 'invalid', ...at }
}

const keyOf = ({ yaml }: Reading, { key }: Pair): unknown => (yaml.isScalar(key) ? key.value : undefined)

/** Maps that `<<` merges in; other things there are reported. */
const mergedMaps = (reading: Reading, pair: Pair): readonly YAMLMap[] => {
  const node = resolved(reading, pair.value)
  const all = reading.yaml.isSeq(node) ? node.items.map((item) => resolved(reading, item)) : [node]
  return all.flatMap((map) => {
    if (reading.yaml.isMap(map)) return map as YAMLMap
    const [start, end] = (pair.key as Node | null)?.range ?? [0, 0]
    syntax(
      reading,
      { source: reading.source, start, end },
      '"<<" takes over the entries of a map: write an alias of one, or a list of them.',
    )
    return []
  })
}

/** Own entries, then those that `<<` brings in and that are not there yet. */
const withMerged = (reading: Reading, pairs: readonly Pair[], depth = 0): readonly Pair[] => {
  const merges = pairs.filter((pair) => keyOf(reading, pair) === '<<')
  if (merges.length === 0 || depth > MAX_NESTING) return pairs
  const known = new Map(pairs.flatMap((pair) => (merges.includes(pair) ? [] : [[keyOf(reading, pair), pair] as const])))
  for (const map of merges.flatMap((pair) => mergedMaps(reading, pair)))
    for (const pair of withMerged(reading, map.items, depth + 1)) {
      const key = keyOf(reading, pair)
      if (!known.has(key)) known.set(key, pair)
    }
  return [...known.values()]
}

/** The entries of a map; a key that is there twice is reported. */
const pairsOf = (reading: Reading, node: YAMLMap): readonly Pair[] => {
  const seen = new Set<unknown>()
  for (const { key } of node.items) {
    if (!reading.yaml.isScalar(key)) continue
    const { source } = reading
    const [start, end] = key.range ?? [0, 0]
    if (seen.has(key.value))
      syntax(reading, { source, start, end }, 'This key is already there in the same map. Keep one of the two.')
    seen.add(key.value)
  }
  return seen.has('<<') ? withMerged(reading, node.items) : node.items
}

const mapItem = (reading: Reading, pair: Pair, outer: Located, asExpression: boolean): ObjectItem | undefined => {
  const name = nameOf(reading, pair.key, outer)
  if (!name) return undefined
  const templated = name.text.includes('${')
  const node = resolved(reading, pair.key)
  const key: Expression =
    templated && reading.yaml.isScalar(node)
      ? stringExpression(reading, node, name, false)
      : {
          type: 'literal',
          value: name.text,
          source: name.source,
          start: name.start,
          end: name.end,
        }
  return {
    key,
    ...(!templated && { bare: true as const }),
    value: expressionOf(reading, pair.value, name, asExpression),
  }
}

/** True when aliases have multiplied out of proportion, or stand for themselves; told once. */
const isTooMuch = (reading: Reading, at: Located): boolean => {
  const { count, depth, source } = reading
  if (count <= MAX_VALUES && depth <= MAX_NESTING) return false
  if (count === MAX_VALUES + 1 || (count <= MAX_VALUES && depth === MAX_NESTING + 1)) {
    const detail = `Aliases make more than ${MAX_VALUES} values of this file, or one stands for itself. Use locals instead.`
    reading.report(diagnose('declaration.too-large', { detail, range: source.rangeAt(at.start, at.end) }))
    reading.count = MAX_VALUES + 2
  }
  return true
}

const expressionOf = (reading: Reading, given: unknown, fallback: Located, asExpression: boolean): Expression => {
  reading.count++
  if (isTooMuch(reading, fallback))
    return { type: 'invalid', source: fallback.source, start: fallback.start, end: fallback.end }
  reading.depth++
  try {
    return expressionWithin(reading, given, fallback, asExpression)
  } finally {
    reading.depth--
  }
}

const expressionWithin = (reading: Reading, given: unknown, fallback: Located, asExpression: boolean): Expression => {
  const node = resolved(reading, given)
  const at = place(reading, node, fallback)
  const { yaml } = reading
  if (node === null || node === undefined) return { type: 'literal', value: null, ...at }
  if (yaml.isScalar(node)) return scalarExpression(reading, node, at, asExpression)
  if (yaml.isSeq(node)) {
    const items = (node as YAMLSeq).items.map((item) => expressionOf(reading, item, at, asExpression))
    return { type: 'tuple', items, ...at }
  }
  if (yaml.isMap(node)) {
    const items = pairsOf(reading, node as YAMLMap).map((pair) => mapItem(reading, pair, at, asExpression))
    return {
      type: 'object',
      items: items.filter((item) => item !== undefined),
      ...at,
    }
  }
  syntax(reading, at, 'This kind of YAML value means nothing in a declaration.')
  return { type: 'invalid', ...at }
}

const isEmpty = (reading: Reading, node: Node | null): boolean =>
  node === null || (reading.yaml.isScalar(node) && node.value === null)

/** Blocks under one key: one per label, and a list gives several without labels. */
const blocksOf = (
  reading: Reading,
  name: Name,
  labels: readonly Name[],
  given: unknown,
  shape: BlockShape,
): readonly Block[] => {
  const node = resolved(reading, given)
  const at = place(reading, node, name)
  const { yaml } = reading
  if (labels.length < shape.labels) {
    if (isEmpty(reading, node)) return []
    if (yaml.isMap(node))
      return pairsOf(reading, node as YAMLMap).flatMap((pair) => {
        const label = nameOf(reading, pair.key, at)
        return label ? blocksOf(reading, name, [...labels, label], pair.value, shape) : []
      })
    syntax(reading, at, `Under "${labels.at(-1)?.text ?? name.text}" stand names, each with its own settings below it.`)
    return []
  }
  if (yaml.isSeq(node)) return (node as YAMLSeq).items.flatMap((item) => blocksOf(reading, name, labels, item, shape))
  if (!isEmpty(reading, node) && !yaml.isMap(node)) {
    syntax(
      reading,
      at,
      `"${labels.at(-1)?.text ?? name.text}" is a block: its settings stand below it, each as "name: value".`,
    )
    return []
  }
  const body: Body = yaml.isMap(node) ? bodyOf(reading, node as YAMLMap, shape.body, at) : { items: [], ...at }
  const header = labels.at(-1) ?? name
  const whole = {
    source: reading.source,
    start: Math.min(header.start, at.start),
    end: Math.max(header.end, at.end),
  }
  return [
    {
      type: 'block',
      name,
      labels,
      body,
      header: { source: reading.source, start: header.start, end: header.end },
      ...whole,
    },
  ]
}

const bodyOf = (reading: Reading, node: YAMLMap, shape: BodyShape, at: Located): Body => {
  const items: (Attribute | Block)[] = []
  for (const pair of pairsOf(reading, node)) {
    const name = nameOf(reading, pair.key, at)
    if (!name) continue
    const block = Object.hasOwn(shape.blocks, name.text) ? shape.blocks[name.text] : undefined
    if (block) for (const one of blocksOf(reading, name, [], pair.value, block)) items.push(one)
    else {
      const expression = expressionOf(reading, pair.value, name, shape.expressions.includes(name.text))
      items.push({
        type: 'attribute',
        name,
        expression,
        source: reading.source,
        start: name.start,
        end: Math.max(name.end, expression.end),
      })
    }
  }
  return { items, source: at.source, start: at.start, end: at.end }
}

const refusal = (source: Source): Diagnostic | undefined => {
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

/** The YAML library's findings in our words, by its code; others keep its own. */
const YAML_PROBLEMS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'A value that holds ": " needs quotes, and a map needs lines of its own below its name.',
  MISSING_CHAR: 'A quote, comma or bracket is missing here. Close what was opened before.',
  MULTIPLE_DOCS: 'A second document begins here. A declaration file holds one: put the others into files of their own.',
  TAB_AS_INDENT: 'Tabs cannot indent in YAML. Use blanks.',
  BAD_INDENT:
    'The indentation fits nothing above. Keys of one map begin in one column, and what belongs to a key stands deeper than it.',
}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '"': '"', "'": "'" }

/** Where the innermost string, list or map begins that is still open at a place. */
const openBefore = ({ yaml, document, source: { text } }: Reading, at: number): number | undefined => {
  let found: number | undefined
  yaml.visit(document, {
    Node: (_, node) => {
      const [start = 0, end = 0] = node.range ?? []
      const close = CLOSING[text[start] ?? '']
      const isOpen = close !== undefined && (text[end - 1] !== close || end === start + 1)
      if (isOpen && start < at && at <= end + 1) found = start
    },
  })
  return found
}

/** Expressions without quotes inside `{ }` or `[ ]`, where YAML takes their brace for a map; all else it says is a consequence. */
const reportBareExpressions = (reading: Reading): boolean => {
  const { source, document } = reading
  const starts = document.errors.flatMap(({ pos: [at] }) =>
    /[$%]\{/.test(source.text.slice(at - 1, at + 1)) ? [at - 1] : [],
  )
  for (const start of starts) {
    const [text = ''] = /^[^\n}]*\}?/.exec(source.text.slice(start)) ?? []
    const quote = text.includes('"') ? "'" : '"'
    const detail = `Inside { } and [ ] an expression needs quotes: ${quote}${text}${quote}.`
    syntax(reading, { source, start, end: start + text.length }, detail)
  }
  return starts.length > 0
}

const reportDocument = (reading: Reading): void => {
  if (reportBareExpressions(reading)) return
  let asked = false
  for (const { code, message, pos } of [...reading.document.errors, ...reading.document.warnings]) {
    if (reading.isFull()) return
    const mayBeOpen: boolean = !asked && /^Flow |closing/.test(message)
    asked ||= mayBeOpen
    const open = mayBeOpen ? openBefore(reading, pos[0]) : undefined
    if (open !== undefined) {
      const character = reading.source.text[open] ?? ''
      const detail = `This ${character} is never closed. Add ${CLOSING[character]} where it ends.`
      syntax(reading, { source: reading.source, start: open, end: open + 1 }, detail)
      return
    }
    const [start, end] = code === 'MULTIPLE_DOCS' ? [pos[0], pos[0] + 3] : [pos[0], Math.max(pos[1], pos[0] + 1)]
    syntax(reading, { source: reading.source, start, end }, YAML_PROBLEMS[code] ?? `${message}.`)
  }
}

/** Reads a YAML or JSON file into the same tree HCL gives; `shape` tells blocks from attributes. */
export const parseYaml = async (source: Source, shape: BodyShape): Promise<Parsed<Body>> => {
  const empty: Body = { items: [], source, start: 0, end: source.text.length }
  const refused = refusal(source)
  if (refused) return { value: empty, diagnostics: [refused] }
  const [yaml, grammar] = await Promise.all([import('yaml'), hclGrammar()])
  const document = yaml.parseDocument(source.text, {
    // It would look up the lines of each problem from the beginning of the file.
    prettyErrors: false,
    intAsBigInt: true,
    // Checked by us: the library compares each key with each other one.
    uniqueKeys: false,
  })
  const { diagnostics, add, isFull } = collectFindings()
  const reading: Reading = {
    yaml,
    grammar,
    source,
    document,
    aliases: aliasTargets(yaml, document),
    report: add,
    isFull,
    count: 0,
    depth: 0,
  }
  reportDocument(reading)
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
