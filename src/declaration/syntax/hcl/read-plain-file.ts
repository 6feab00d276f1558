import { MAX_NESTING, MAX_TOKENS } from '../limits.ts'
import { relocated } from '../relocate.ts'
import { type Located, type Source, sliceSource } from '../source.ts'
import type { Attribute, Block, Body, Expression, Literal, Name } from '../tree.ts'
import { fileStart, lexStep } from './lexer.ts'
import { type LexerState, lexerState } from './lexer-state.ts'
import type { Spelling, Spellings } from './spellings.ts'
import { decodeQuoted } from './string-literal.ts'
import type { Token } from './token.ts'

/** An attribute whose expression is still to be read. */
type Waiting = { -readonly [K in keyof Attribute]: Attribute[K] }

interface Reader {
  readonly state: LexerState
  readonly source: Source
  readonly spellings: Spellings
  /** Spellings met for the first time, and the attributes that wait for each. */
  readonly unread: Map<string, { readonly spelling: Spelling; readonly users: Waiting[] }>
}

/** Thrown where the text is not plainly well formed; the grammar then reads it as a whole. */
class NotPlain extends Error {}

const fail = (): never => {
  throw new NotPlain()
}

/** Spellings parsed in one go. */
const BATCH = 500

const located = ({ source }: Reader, start: number, end: number): Located => ({ source, start, end })

const normal = ({ source }: Reader, text: string): string => (source.isAscii ? text : text.normalize('NFC'))

/** Goes on by one step of the lexer, which gives one token or two of a string. */
const step = ({ state }: Reader): void => {
  lexStep(state)
  if (state.problems.length > 0 || state.modes.length > MAX_NESTING) fail()
}

const endsLine = ({ state: { text } }: Reader, { type, end }: Token): boolean =>
  type === 'newline' || (type === 'comment' && text[end - 1] === '\n')

/** The next token between values; comments that do not end a line are passed. Undefined at the end of the file. */
const next = (reader: Reader): Token | undefined => {
  const { state } = reader
  for (;;) {
    state.tokens.length = 0
    while (state.tokens.length === 0) {
      if (state.at >= state.text.length) return undefined
      step(reader)
    }
    const [token] = state.tokens
    if (token?.type !== 'comment' || endsLine(reader, token)) return token
  }
}

const is = ({ state: { text } }: Reader, token: Token | undefined, character: string): boolean =>
  token !== undefined && token.end - token.start === 1 && text[token.start] === character

const nameOf = (reader: Reader, { start, end }: Token): Name => ({
  text: normal(reader, reader.source.text.slice(start, end)),
  source: reader.source,
  start,
  end,
})

const decoded = (reader: Reader, start: number, end: number): string => {
  const raw = reader.source.text.slice(start, end)
  const { value, problems } = decodeQuoted(raw, start)
  if (problems.length > 0) return fail()
  // An escape may stand for a character that ASCII has not.
  return raw.includes('\\') ? value.normalize('NFC') : normal(reader, value)
}

/** A string without sequences, behind its opening quote. */
const readLabel = (reader: Reader, open: Token): Name => {
  const { state, source } = reader
  if (open.type === 'identifier') return nameOf(reader, open)
  state.tokens.length = 0
  step(reader)
  const close = state.tokens.at(-1)
  if (close?.type !== 'quote-close') return fail()
  return { text: decoded(reader, open.end, close.start), source, start: open.start, end: close.end }
}

interface Value {
  /** Offsets from the value's beginning. */
  readonly tokens: readonly Token[]
  readonly start: number
  readonly end: number
}

const skipBlanks = ({ state }: Reader): void => {
  while (state.text[state.at] === ' ' || state.text[state.at] === '\t') state.at++
}

/** At a line's end, a comment that ends it, or a closing brace. */
const endsValue = ({ state: { text, at } }: Reader): boolean => {
  switch (text[at]) {
    case '\n':
    case '\r':
    case '#':
    case '}':
      return true
    default:
      return text[at] === '/' && text[at + 1] === '/'
  }
}

/** What stands between `=` and the end of the line, which is left to be read, or the brace that closes a block on one line. */
const readValue = (reader: Reader): Value => {
  const { state } = reader
  skipBlanks(reader)
  const depth = state.modes.length
  const [start, outer] = [state.at, state.tokens]
  const tokens: Token[] = []
  state.base = start
  state.tokens = tokens
  let length = 0
  for (let goOn = true; goOn && state.at < state.text.length; ) {
    if (state.modes.length === depth && endsValue(reader)) break
    const known = tokens.length
    step(reader)
    if (tokens.length > MAX_TOKENS) fail()
    goOn = state.modes.length >= depth
    for (let i = known; i < tokens.length; i++) {
      const token = tokens[i]
      if (token && token.type !== 'newline' && token.type !== 'comment') length = token.end
    }
  }
  state.base = 0
  state.tokens = outer
  return length > 0 ? { tokens, start, end: start + length } : fail()
}

const NUMBER = /^\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const CONSTANTS: ReadonlyMap<string, Literal['value']> = new Map<string, Literal['value']>([
  ['true', true],
  ['false', false],
  ['null', null],
])

const constantValue = (reader: Reader, { tokens, start, end }: Value): Literal['value'] | undefined => {
  const [first, second, third] = tokens
  const text = reader.source.text
  if (first?.type === 'quote-open') {
    const close = tokens.length === 2 ? second : tokens.length === 3 && second?.type === 'text' ? third : undefined
    return close?.type === 'quote-close' ? decoded(reader, start + 1, end - 1) : undefined
  }
  if (tokens.length !== 1) return undefined
  if (first?.type === 'identifier') return CONSTANTS.get(text.slice(start, end))
  if (first?.type !== 'number') return undefined
  const number = text.slice(start, end)
  return NUMBER.test(number) ? { number } : fail()
}

/** What is there already, else a stand-in that `readUnread` replaces. */
const expressionOf = (reader: Reader, value: Value): { readonly expression: Expression; readonly isRead: boolean } => {
  const { source, spellings } = reader
  const { start, end } = value
  const constant = constantValue(reader, value)
  if (constant !== undefined)
    return { expression: { type: 'literal', value: constant, source, start, end }, isRead: true }
  const known = spellings.known('expression', source.text.slice(start, end))
  if (known) return { expression: relocated(known, { source, by: start }), isRead: true }
  return { expression: { type: 'invalid', source, start, end }, isRead: false }
}

/** Gives the attributes that wait their expressions. */
const readUnread = ({ unread, spellings, source }: Reader): void => {
  const waiting = [...unread.values()]
  unread.clear()
  const read =
    spellings.read(
      'expression',
      waiting.map(({ spelling }) => spelling),
    ) ?? fail()
  for (const [index, { users }] of waiting.entries())
    for (const attribute of users) {
      const expression = read[index] ?? fail()
      attribute.expression = relocated(expression, { source, by: attribute.expression.start })
    }
}

const waitFor = (reader: Reader, attribute: Waiting, { tokens, start, end }: Value): void => {
  const { source, unread } = reader
  const text = source.text.slice(start, end)
  const met = unread.get(text)
  if (met) met.users.push(attribute)
  else unread.set(text, { spelling: { source: sliceSource(source, start, end), tokens }, users: [attribute] })
  if (unread.size >= BATCH) readUnread(reader)
}

const readAttribute = (reader: Reader, word: Token): Attribute => {
  const name = nameOf(reader, word)
  const value = readValue(reader)
  const { expression, isRead } = expressionOf(reader, value)
  const { source } = reader
  const attribute: Waiting = { type: 'attribute', name, expression, source, start: word.start, end: value.end }
  if (!isRead) waitFor(reader, attribute, value)
  return attribute
}

const endLine = (reader: Reader): void => {
  const token = next(reader)
  if (token && !endsLine(reader, token)) fail()
}

/** What follows the opening brace, with the closing one. */
const readBlockBody = (reader: Reader, open: Token): Body => {
  const first = next(reader) ?? fail()
  const { source } = reader
  if (is(reader, first, '}')) return { items: [], ...located(reader, open.start, first.end) }
  if (endsLine(reader, first)) {
    const items = readItems(reader, true)
    return { items, source, start: open.start, end: reader.state.at }
  }
  if (first.type !== 'identifier' || !is(reader, next(reader), '=')) return fail()
  const attribute = readAttribute(reader, first)
  const close = next(reader)
  if (!close || !is(reader, close, '}')) return fail()
  return { items: [attribute], source, start: open.start, end: close.end }
}

const readBlock = (reader: Reader, word: Token, second: Token): Block => {
  const name = nameOf(reader, word)
  const labels: Name[] = []
  for (let token: Token | undefined = second; token; token = next(reader)) {
    if (token.type === 'open' && is(reader, token, '{')) {
      const body = readBlockBody(reader, token)
      const header = located(reader, word.start, labels.at(-1)?.end ?? word.end)
      return { type: 'block', name, labels, body, header, ...located(reader, word.start, body.end) }
    }
    if (token.type !== 'identifier' && token.type !== 'quote-open') break
    labels.push(readLabel(reader, token))
  }
  return fail()
}

const readItem = (reader: Reader, word: Token): Attribute | Block => {
  const second = next(reader) ?? fail()
  return is(reader, second, '=') ? readAttribute(reader, word) : readBlock(reader, word, second)
}

/** Items up to the end of the file or, inside a block, to its closing brace. */
const readItems = (reader: Reader, inBlock: boolean): readonly (Attribute | Block)[] => {
  const items: (Attribute | Block)[] = []
  const names = new Set<string>()
  for (let token = next(reader); token; token = next(reader)) {
    if (endsLine(reader, token)) continue
    if (inBlock && is(reader, token, '}')) return items
    if (token.type !== 'identifier') return fail()
    const item = readItem(reader, token)
    endLine(reader)
    if (item.type === 'attribute') {
      if (names.has(item.name.text)) fail()
      names.add(item.name.text)
    }
    items.push(item)
  }
  return inBlock ? fail() : items
}

/**
 * Reads a well-formed file by its tokens and gives the grammar only the expressions, each spelling once: most of a file is names, braces and
 * repeated expressions. Undefined when anything is out of the ordinary; the grammar then reads the whole file.
 */
export const readPlainFile = (source: Source, spellings: Spellings): Body | undefined => {
  const state = lexerState(source.text, fileStart(source.text))
  const reader: Reader = { state, source, spellings, unread: new Map() }
  try {
    const items = readItems(reader, false)
    readUnread(reader)
    return { items, ...located(reader, 0, source.text.length) }
  } catch (error) {
    if (error instanceof NotPlain) return undefined
    throw error
  }
}
