import * as yaml from 'yaml'
import { isMap, type ParsedNode, parseDocument, type ScalarTag, type Tags, visit } from 'yaml'
import { type Checked, type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { collectFindings } from '../syntax/findings.ts'
import { fileSource } from '../syntax/source.ts'
import { yamlProblems } from '../syntax/yaml/yaml-problems.ts'
import { alignComments } from './align-comments.ts'
import { joinComments } from './join-comments.ts'
import { type Lexeme, yamlLexemes } from './yaml-lexemes.ts'

/** Numbers are written as they were: `0x1F` and `1.50` mean something to who wrote them, and long ones do not fit a double. */
const keepNumbers = (tags: Tags): Tags =>
  tags.map((tag): Tags[number] => {
    if (typeof tag !== 'object' || !/:(?:int|float)$/.test(tag.tag)) return tag
    const { stringify: _, ...rest } = tag as ScalarTag
    return { ...rest, stringify: ({ source, value }) => source ?? String(value) }
  })

const isBlank = (lexeme: Lexeme | undefined): boolean =>
  lexeme !== undefined && !lexeme.scalar && /^ +$/.test(lexeme.text)

/** Braces keep their inner blanks, brackets lose them: `{ a: 1 }`, `[a, b]`. */
const tightBrackets = (text: string): string => {
  const lexemes = yamlLexemes(text)
  const drop = (at: number): boolean => {
    const [before, lexeme, after] = [lexemes[at - 1], lexemes[at], lexemes[at + 1]]
    if (!isBlank(lexeme) || !before || !after) return false
    if (before.text === '[' && !before.scalar) return !/^[\n#]/.test(after.text)
    return after.text === ']' && !after.scalar && !before.text.endsWith('\n')
  }
  return lexemes.flatMap((lexeme, at) => (drop(at) ? [] : [lexeme.text])).join('')
}

/** Comments at the end of a file that are not indented: the YAML library would make them part of what is above. */
const FINAL_COMMENTS = /(?:^|\n)\n*(?:#[^\n]*\n*)+$/

interface Parsed {
  readonly document: ReturnType<typeof parseDocument<ParsedNode>>
  readonly tail: string
}

const parseOnce = (text: string) =>
  parseDocument<ParsedNode>(text, { customTags: keepNumbers, prettyErrors: false, uniqueKeys: false })

const parse = (text: string): Parsed => {
  const at = FINAL_COMMENTS.exec(text)?.index ?? -1
  if (at > 0) {
    const document = parseOnce(text.slice(0, at + 1))
    if (document.errors.length === 0 && isMap(document.contents)) return { document, tail: text.slice(at + 1) }
  }
  return { document: parseOnce(text), tail: '' }
}

const problems = (filename: string, text: string, document: Parsed['document']): readonly Diagnostic[] => {
  const source = fileSource(filename, text)
  const { diagnostics, add } = collectFindings()
  for (const { start, end, detail } of yamlProblems(yaml, document, text, parseOnce))
    add(diagnose('declaration.syntax', { detail, range: source.rangeAt(start, end) }))
  return diagnostics
}

/** The last text of a document keeps the line breaks behind it (`|+`), so that they are part of it. */
const keepsLineBreaks = (document: Parsed['document'], source: string): boolean => {
  let last = 0
  visit(document, {
    Scalar: (_, { type, range }) => {
      if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') last = Math.max(last, range?.[0] ?? 0)
    },
  })
  return /^[|>]\d?\+/.test(source.slice(last, last + 3))
}

interface Laid {
  readonly text: string
  readonly document: Parsed['document']
}

const layOut = (lines: string): Laid => {
  const { document, tail } = parse(lines)
  if (document.errors.length > 0 || document.contents === null) return { text: lines, document }
  const head = tail === '' ? lines : lines.slice(0, -tail.length)
  const written = tightBrackets(document.toString({ indent: 2, lineWidth: 0 }))
  const body = alignComments(head, joinComments(head, written))
  const keeps = tail === '' && body.endsWith('\n\n') && keepsLineBreaks(document, lines)
  const end = keeps ? body : body.replace(/\n+$/, '\n')
  return { text: `${end}${tail === '' ? '' : tail.replace(/\n*$/, '\n')}`, document }
}

/** Comments at odd places come to rest only when what is around them has. */
const ROUNDS = 4

const settled = (lines: string): Laid => {
  let laid = layOut(lines)
  for (let round = 1; round < ROUNDS; round++) {
    const { text } = layOut(laid.text)
    if (text === laid.text) break
    laid = { ...laid, text }
  }
  return laid
}

/**
 * A YAML file in one style: two blanks a level, blanks inside braces and none inside brackets. Comments, quotes, anchors and the spelling
 * of numbers stay. A file with syntax errors is not formatted: their diagnostics come instead.
 */
export const formatYaml = (filename: string, text: string): Checked<string> => {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : ''
  const lines = text.slice(mark.length).replaceAll('\r\n', '\n')
  if (lines.trim() === '') return { value: mark, diagnostics: [] }
  const { text: after, document } = settled(lines)
  if (document.errors.length > 0) return { value: undefined, diagnostics: problems(filename, lines, document) }
  return { value: document.contents === null ? text : `${mark}${after}`, diagnostics: [] }
}
