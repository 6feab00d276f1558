import type { Concrete } from './concrete.ts'
import { type ExpressionCache, placedAt } from './expression-cache.ts'
import type { GrammarView } from './grammar-view.ts'
import type { Token } from './token.ts'

/** An attribute or block before its expressions are parsed. */
type Item =
  | { readonly type: 'attribute'; readonly name: Token; readonly start: number; readonly end: number }
  | {
      readonly type: 'block'
      readonly name: Token
      readonly labels: readonly Concrete[]
      readonly open: Token
      readonly items: readonly Item[]
      readonly end: number
    }

interface Reader {
  readonly source: string
  readonly tokens: readonly Token[]
  /** Names of the constants the view has taken out. */
  readonly constants: ReadonlySet<number>
  at: number
}

/** Thrown where the text is not plainly well formed; the grammar then reads it as a whole. */
class NotPlain extends Error {}

const fail = (): never => {
  throw new NotPlain()
}

const isBreak = ({ source }: Reader, token: Token | undefined): boolean =>
  token === undefined || token.type === 'newline' || (token.type === 'comment' && source[token.end - 1] === '\n')

/** Passes comments that do not end the line. */
const peek = (reader: Reader): Token | undefined => {
  for (let token = reader.tokens[reader.at]; token; token = reader.tokens[++reader.at])
    if (token.type !== 'comment' || isBreak(reader, token)) return token
  return undefined
}

const character = ({ source }: Reader, token: Token | undefined): string =>
  token && token.end - token.start === 1 ? (source[token.start] ?? '') : ''

const OPENING: ReadonlySet<string> = new Set(['open', 'template-open', 'quote-open', 'heredoc-open'])
const CLOSING: ReadonlySet<string> = new Set(['close', 'template-close', 'quote-close', 'heredoc-close'])

/** Goes to the end of a value: a line break outside all brackets, or the brace that closes a block on one line. */
const skipValue = (reader: Reader): { readonly start: number; readonly end: number } => {
  const first = peek(reader) ?? fail()
  if (isBreak(reader, first)) fail()
  let depth = 0
  let end = first.start
  for (let token = peek(reader); token; token = peek(reader)) {
    if (depth === 0 && (isBreak(reader, token) || CLOSING.has(token.type))) break
    if (OPENING.has(token.type)) depth++
    else if (CLOSING.has(token.type)) depth--
    if (token.type !== 'newline' && token.type !== 'comment') end = token.end
    reader.at++
  }
  return end > first.start ? { start: first.start, end } : fail()
}

const readLabel = (reader: Reader, token: Token): Concrete => {
  reader.at++
  if (token.type === 'identifier') return { type: 'identifier', start: token.start, end: token.end, children: [] }
  const text = reader.tokens[reader.at]
  if (text?.type === 'text') reader.at++
  const close = reader.tokens[reader.at++]
  if (close?.type !== 'quote-close') return fail()
  return { type: 'string_lit', start: token.start, end: close.end, children: [] }
}

const endLine = (reader: Reader): void => {
  const token = peek(reader)
  if (!isBreak(reader, token)) fail()
  reader.at++
}

/** What follows the opening brace, up to the end of the closing brace's line. */
const readBlockBody = (reader: Reader): { readonly items: readonly Item[]; readonly end: number } => {
  const first = peek(reader) ?? fail()
  const items = isBreak(reader, first) ? readItems(reader, true) : readOneLine(reader)
  const close = peek(reader)
  if (character(reader, close) !== '}' || close?.type !== 'close') return fail()
  reader.at++
  return { items, end: close.end }
}

const readOneLine = (reader: Reader): readonly Item[] => {
  const token = peek(reader)
  if (character(reader, token) === '}') return []
  if (token?.type !== 'identifier') return fail()
  reader.at++
  const equals = peek(reader)
  if (character(reader, equals) !== '=') return fail()
  reader.at++
  const { start, end } = skipValue(reader)
  return [{ type: 'attribute', name: token, start, end }]
}

const readBlock = (reader: Reader, name: Token): Item => {
  const labels: Concrete[] = []
  for (let token = peek(reader); token; token = peek(reader)) {
    if (token.type === 'open' && character(reader, token) === '{') {
      reader.at++
      const { items, end } = readBlockBody(reader)
      return { type: 'block', name, labels, open: token, items, end }
    }
    if (token.type !== 'identifier' && token.type !== 'quote-open') break
    labels.push(readLabel(reader, token))
  }
  return fail()
}

const readItem = (reader: Reader, name: Token): Item => {
  reader.at++
  const equals = peek(reader)
  if (character(reader, equals) !== '=') return readBlock(reader, name)
  reader.at++
  return { type: 'attribute', name, ...skipValue(reader) }
}

const readItems = (reader: Reader, inBlock: boolean): readonly Item[] => {
  const items: Item[] = []
  for (let token = peek(reader); token; token = peek(reader)) {
    if (isBreak(reader, token)) {
      reader.at++
      continue
    }
    if (inBlock && character(reader, token) === '}') return items
    if (token.type !== 'identifier') return fail()
    const item = readItem(reader, token)
    endLine(reader)
    if (item.type === 'block' || !reader.constants.has(item.name.start)) items.push(item)
  }
  return inBlock ? fail() : items
}

const valuesOf = (items: readonly Item[]): readonly { readonly start: number; readonly end: number }[] =>
  items.flatMap((item) => (item.type === 'attribute' ? [item] : valuesOf(item.items)))

const leaf = (type: string, { start, end }: Token): Concrete => ({ type, start, end, children: [] })

/** Takes the values in the order they stand in. */
const concreteItem = (item: Item, values: Iterator<Concrete>): Concrete => {
  const name = leaf('identifier', item.name)
  if (item.type === 'block') {
    const inner = item.items.map((one) => concreteItem(one, values))
    const children = [name, ...item.labels, leaf('block_start', item.open), ...inner]
    return { type: 'block', start: name.start, end: item.end, children }
  }
  const next = values.next()
  if (next.done) throw new Error('a value is missing')
  const value = placedAt(next.value, item.start)
  return { type: 'attribute', start: name.start, end: value.end, children: [name, value] }
}

/**
 * Reads a well-formed file by its tokens and gives the grammar only the expressions, each spelling once: most of a file is names, braces and
 * repeated expressions. Undefined when anything is out of the ordinary; the grammar then reads the whole file.
 */
export const readPlainFile = (
  source: string,
  tokens: readonly Token[],
  view: GrammarView,
  cache: ExpressionCache,
): Concrete | undefined => {
  const constants = new Set([...view.constants.values()].flatMap((items) => items.map(({ name }) => name.start)))
  try {
    const items = readItems({ source, tokens, constants, at: 0 }, false)
    const values = cache.parse(valuesOf(items).map(({ start, end }) => view.text.slice(start, end)))
    if (!values) return undefined
    const iterator = values[Symbol.iterator]()
    const children = items.map((item) => concreteItem(item, iterator))
    return { type: 'config_file', start: 0, end: source.length, children }
  } catch (error) {
    if (error instanceof NotPlain) return undefined
    throw error
  }
}
