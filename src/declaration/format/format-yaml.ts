import { isMap, type ParsedNode, parseDocument, type ScalarTag, type Tags } from 'yaml'
import { type Checked, type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { fileSource } from '../syntax/source.ts'
import { alignComments } from './align-comments.ts'
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

const problems = (filename: string, text: string, { errors }: Parsed['document']): readonly Diagnostic[] => {
  const source = fileSource(filename, text)
  return errors.map(({ code, message, pos: [start, end] }) =>
    diagnose('declaration.syntax', {
      detail:
        code === 'MULTIPLE_DOCS'
          ? 'A second document begins here. A declaration file holds one: put the others into files of their own.'
          : `This is not well-formed YAML: ${message.replace(/\.?$/, '.')} Mend it, then format the file.`,
      range: source.rangeAt(start, end),
    }),
  )
}

/**
 * A YAML file in one style: two blanks a level, blanks inside braces and none inside brackets. Comments, quotes, anchors and the spelling
 * of numbers stay. A file with syntax errors is not formatted: their diagnostics come instead.
 */
export const formatYaml = (filename: string, text: string): Checked<string> => {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : ''
  const lines = text.slice(mark.length).replaceAll('\r\n', '\n')
  if (lines.trim() === '') return { value: mark, diagnostics: [] }
  const { document, tail } = parse(lines)
  if (document.errors.length > 0) return { value: undefined, diagnostics: problems(filename, lines, document) }
  if (document.contents === null) return { value: text, diagnostics: [] }
  const head = tail === '' ? lines : lines.slice(0, -tail.length)
  const body = alignComments(head, tightBrackets(document.toString({ indent: 2, lineWidth: 0 })))
  return {
    value: `${mark}${body.replace(/\n+$/, '\n')}${tail.replace(/\n*$/, tail === '' ? '' : '\n')}`,
    diagnostics: [],
  }
}
