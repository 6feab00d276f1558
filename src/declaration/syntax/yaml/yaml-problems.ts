import type { Document } from 'yaml'

/** Something the YAML library found wrong, in our words. Offsets count in the text of the file. */
export interface YamlProblem {
  readonly start: number
  readonly end: number
  readonly detail: string
}

/** By the library's code; others keep its own words. */
const DETAILS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'A value that holds ": " needs quotes, and a map needs lines of its own below its name.',
  MISSING_CHAR: 'A quote, comma or bracket is missing here. Close what was opened before.',
  MULTIPLE_DOCS: 'A second document begins here. A declaration file holds one: put the others into files of their own.',
  TAB_AS_INDENT: 'Tabs cannot indent in YAML. Use blanks.',
  BAD_INDENT:
    'The indentation fits nothing above. Keys of one map begin in one column, and what belongs to a key stands deeper than it.',
}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '"': '"', "'": "'" }

type Yaml = typeof import('yaml')

/** Where the innermost string, list or map begins that is still open at a place. */
const openBefore = (yaml: Yaml, document: Document.Parsed, text: string, at: number): number | undefined => {
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

/** Where the template sequence that begins at a place ends on its line: behind its closing brace. */
const sequenceEnd = (text: string, start: number): number => {
  let depth = 0
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return at + 1
  }
  return start + 2
}

const isSequence = (text: string, at: number): boolean => /^[$%]\{/.test(text.slice(at, at + 2))

/** An expression without the quotes YAML wants: `{ tag: ${var.vlan} }`, or one that holds ": ". */
const bareExpression = (document: Document.Parsed, text: string): YamlProblem | undefined => {
  for (const { code, pos } of document.errors) {
    const inFlow = isSequence(text, pos[0] - 1)
    const start = inFlow ? pos[0] - 1 : pos[0]
    if (!inFlow && !(code === 'BLOCK_AS_IMPLICIT_KEY' && isSequence(text, start))) continue
    const end = sequenceEnd(text, start)
    const written = text.slice(start, end)
    const quote = written.includes('"') ? "'" : '"'
    const why = inFlow ? 'Inside { } and [ ] an expression needs quotes' : 'An expression that holds ": " needs quotes'
    return { start, end, detail: `${why}: ${quote}${written}${quote}.` }
  }
  return undefined
}

/** A file with more is told of those, and then of the others. */
const MOST = 1000

/** One finding a line: what follows on it is mostly a consequence. */
const otherProblems = (yaml: Yaml, document: Document.Parsed, text: string): readonly YamlProblem[] => {
  const problems: YamlProblem[] = []
  const lines = new Set<number>()
  let asked = false
  for (const { code, message, pos } of [...document.errors, ...document.warnings].slice(0, MOST)) {
    const line = text.lastIndexOf('\n', pos[0] - 1)
    if (lines.has(line)) continue
    lines.add(line)
    const mayBeOpen: boolean = !asked && /^Flow |closing/.test(message)
    asked ||= mayBeOpen
    const open = mayBeOpen ? openBefore(yaml, document, text, pos[0]) : undefined
    if (open !== undefined) {
      const character = text[open] ?? ''
      const detail = `This ${character} is never closed. Add ${CLOSING[character]} where it ends.`
      return [...problems, { start: open, end: open + 1, detail }]
    }
    const [start, end] = code === 'MULTIPLE_DOCS' ? [pos[0], pos[0] + 3] : [pos[0], Math.max(pos[1], pos[0] + 1)]
    problems.push({ start, end, detail: DETAILS[code] ?? message.replace(/\.?$/, '.') })
  }
  return problems
}

/** Each round reads the file again; in a long one the first finding is told alone. */
const roundsFor = (text: string): number => (text.length > 100_000 ? 1 : 50)

/**
 * What is wrong with a text that was parsed to `document`. Expressions without quotes are found one after the other, each read as a plain word
 * from then on, because everything after one is a consequence.
 */
export const yamlProblems = (
  yaml: Yaml,
  document: Document.Parsed,
  text: string,
  parse: (text: string) => Document.Parsed,
): readonly YamlProblem[] => {
  const found: YamlProblem[] = []
  let [current, read] = [document, text]
  for (let round = 0; round < roundsFor(text); round++) {
    const bare = bareExpression(current, read)
    if (!bare) return [...found, ...otherProblems(yaml, current, read)].sort((a, b) => a.start - b.start)
    found.push(bare)
    read = `${read.slice(0, bare.start)}${'x'.repeat(bare.end - bare.start)}${read.slice(bare.end)}`
    current = parse(read)
  }
  return found
}
