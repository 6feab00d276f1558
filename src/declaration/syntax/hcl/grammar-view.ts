import type { LexicalProblem, Token } from './token.ts'

/** `name = constant` on a line of its own, read without the grammar: most lines of real declarations. */
export interface ConstantItem {
  readonly name: Token
  readonly value: readonly Token[]
}

/** The text as the grammar is to see it, with what was taken out of it. Offsets stay the same. */
export interface GrammarView {
  readonly text: string
  /** Line breaks by the offset of the innermost brace around them, -1 for the file; inside other brackets they mean nothing. */
  readonly newlines: ReadonlyMap<number, readonly number[]>
  readonly constants: ReadonlyMap<number, readonly ConstantItem[]>
  /** Literal text of each template, by the template's offset. */
  readonly texts: ReadonlyMap<number, readonly Token[]>
  readonly problems: readonly LexicalProblem[]
}

interface Opener {
  readonly token: Token
  readonly kind: 'block' | 'object' | 'for' | 'bracket'
}

interface State {
  readonly source: string
  readonly tokens: readonly Token[]
  readonly out: Uint8Array
  /** The last character written that is no blank. */
  last: number
  readonly openers: Opener[]
  readonly templates: number[]
  readonly lists: Lists
  readonly problems: LexicalProblem[]
}

/** Made when first needed: most texts are single expressions, and most of those need none of them. */
interface Lists {
  newlines?: Map<number, number[]>
  constants?: Map<number, ConstantItem[]>
  texts?: Map<number, Token[]>
}

const listIn = <T>(map: Map<number, T[]>, key: number): T[] => {
  const known = map.get(key)
  if (known) return known
  const fresh: T[] = []
  map.set(key, fresh)
  return fresh
}

const addNewline = ({ lists }: State, brace: number, start: number): void => {
  lists.newlines ??= new Map()
  listIn(lists.newlines, brace).push(start)
}

const addConstant = ({ lists }: State, brace: number, item: ConstantItem): void => {
  lists.constants ??= new Map()
  listIn(lists.constants, brace).push(item)
}

const addText = ({ lists }: State, template: number, text: Token): void => {
  lists.texts ??= new Map()
  listIn(lists.texts, template).push(text)
}

const textOf = ({ source }: State, token: Token | undefined): string =>
  token ? source.slice(token.start, token.end) : ''

const BLANK = 0x20

/** Puts a stand-in in place of a token, as long as the token; what nobody writes to stays blank. */
const write = (state: State, start: number, standIn: string): void => {
  for (let index = 0; index < standIn.length; index++) {
    const code = standIn.charCodeAt(index)
    state.out[start + index] = code < 0x80 ? code : FOREIGN
    if (code !== BLANK) state.last = code
  }
}

/** Writes one character over a whole token. */
const fill = (state: State, start: number, end: number, code: number): void => {
  state.out.fill(code, start, end)
  state.last = code
}

/** Writes a token as it stands. */
const copy = (state: State, { start, end }: Token): void => {
  const { source, out } = state
  for (let at = start; at < end; at++) {
    const code = source.charCodeAt(at)
    out[at] = code < 0x80 ? code : FOREIGN
  }
  state.last = out[end - 1] ?? BLANK
}

/** `@`, which the grammar knows nowhere. */
const FOREIGN = 0x40

const [ZERO, ONE, LETTER] = [0x30, 0x31, 0x78]

const isBreak = (state: State, token: Token | undefined): boolean =>
  token === undefined || token.type === 'newline' || (token.type === 'comment' && state.source[token.end - 1] === '\n')

const CONSTANTS: readonly string[] = ['true', 'false', 'null']

/** Tokens from `at` that make one constant; empty when it is anything else. */
const constantAt = (state: State, at: number): readonly Token[] => {
  const { tokens } = state
  const first = tokens[at]
  if (!first) return []
  if (first.type === 'number') return [first]
  if (first.type === 'identifier') return CONSTANTS.includes(textOf(state, first)) ? [first] : []
  if (first.type !== 'quote-open') return []
  const second = tokens[at + 1]
  if (second?.type === 'quote-close') return [first, second]
  const third = tokens[at + 2]
  return second?.type === 'text' && third?.type === 'quote-close' ? [first, second, third] : []
}

const takeConstantItem = (state: State, at: number, brace: number): number => {
  const { tokens } = state
  const name = tokens[at]
  const equals = tokens[at + 1]
  if (name?.type !== 'identifier' || equals?.type !== 'operator') return 0
  if (equals.end - equals.start !== 1 || state.source[equals.start] !== '=') return 0
  // A block on one line is left to the grammar and its checks.
  if (!isBreak(state, tokens[at - 1])) return 0
  const value = constantAt(state, at + 2)
  if (value.length === 0) return 0
  const after = at + 2 + value.length
  if (!isBreak(state, tokens[after])) return 0
  addConstant(state, brace, { name, value })
  return 2 + value.length
}

/** A string or heredoc without any sequence in it: index of its closing token, else -1. */
const plainEnd = ({ tokens }: State, at: number): number => {
  let i = at + 1
  while (tokens[i]?.type === 'text') i++
  const close = tokens[i]?.type
  return close === 'quote-close' || close === 'heredoc-close' ? i : -1
}

/** The next token that way on the same line; comments within the line are passed. */
const beside = (state: State, at: number, step: 1 | -1): Token | undefined => {
  let index = at + step
  while (state.tokens[index]?.type === 'comment' && !isBreak(state, state.tokens[index])) index += step
  return state.tokens[index]
}

const isLabel = (state: State, at: number, end: number): boolean => {
  const [before, after] = [beside(state, at, -1), beside(state, end, 1)]
  const starts = before?.type === 'identifier' || before?.type === 'quote-close'
  const goesOn = after?.type === 'identifier' || after?.type === 'quote-open' || textOf(state, after) === '{'
  return starts && goesOn
}

/** Digits written here would become one number with a neighbour. */
const touchesWord = ({ tokens }: State, at: number, end: number): boolean => {
  const [before, first, last, after] = [tokens[at - 1], tokens[at], tokens[end], tokens[end + 1]]
  const joins = (token: Token | undefined): boolean =>
    token !== undefined && token.type !== 'open' && token.type !== 'close' && token.type !== 'newline'
  return (before?.end === first?.start && joins(before)) || (after?.start === last?.end && joins(after))
}

/** The grammar needs no more than "a constant stands here": digits, or a word where a block's label stands. */
const writePlain = (state: State, at: number, end: number): void => {
  const [first, last] = [state.tokens[at], state.tokens[end]]
  if (!first || !last) return
  for (let i = at + 1; i < end; i++) {
    const text = state.tokens[i]
    if (text) addText(state, first.start, text)
  }
  if (touchesWord(state, at, end)) {
    write(state, first.start, '"')
    write(state, last.end - 1, '"')
  } else fill(state, first.start, last.end, isLabel(state, at, end) ? LETTER : ZERO)
}

const openTemplate = (state: State, token: Token): void => {
  state.templates.push(token.start)
  write(state, token.start, '"')
}

const writeNumber = (state: State, at: number, token: Token): void => {
  const text = textOf(state, token)
  if (textOf(state, state.tokens[at - 1]) === '.') {
    if (text.includes('.'))
      state.problems.push({
        start: token.start,
        end: token.end,
        detail: `".${text}" is not an index. Write each index in brackets: [0][1].`,
      })
    fill(state, token.start, token.end, ZERO)
    return
  }
  if (!/^\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text))
    state.problems.push({
      start: token.start,
      end: token.end,
      detail: `"${text}" is not a number. Write it as 12, 1.5 or 1e6, or quote it when it is text.`,
    })
  fill(state, token.start, token.end, ONE)
}

/** The grammar wants `.*` and `[*]` without blanks inside. */
const writeStar = (state: State, at: number, token: Token): void => {
  const before = state.tokens[at - 1]
  if (before && textOf(state, before) === '.' && before.end < token.start) {
    write(state, before.start, ' ')
    write(state, token.start - 1, '.')
  }
  write(state, token.start, '*')
}

const isSpacedSplat = (state: State, at: number): boolean =>
  textOf(state, state.tokens[at]) === '[' &&
  textOf(state, state.tokens[at + 1]) === '*' &&
  textOf(state, state.tokens[at + 2]) === ']'

const isBlank = ({ type }: Token): boolean => type === 'newline' || type === 'comment'

const significant = ({ tokens }: State, at: number, step: 1 | -1): Token | undefined => {
  let index = at + step
  for (let token = tokens[index]; token && isBlank(token); token = tokens[index]) index += step
  return tokens[index]
}

const WORD_LIKE: ReadonlySet<string> = new Set(['identifier', 'quote-close'])

/** A brace after a word or label begins a block, but only where blocks can stand: `[for x in { … } : x]` holds an object. */
const kindOf = (state: State, at: number, token: Token): Opener['kind'] => {
  if (state.source[token.start] !== '{' || token.type !== 'open') return 'bracket'
  const inBody = (state.openers.at(-1)?.kind ?? 'block') === 'block'
  if (inBody && WORD_LIKE.has(significant(state, at, -1)?.type ?? '')) return 'block'
  return textOf(state, significant(state, at, 1)) === 'for' ? 'for' : 'object'
}

const opened = (state: State, at: number, token: Token): void => {
  state.openers.push({ token, kind: kindOf(state, at, token) })
}

const NO_ENTRY_ENDS: ReadonlySet<number> = new Set(Array.from(' {,=:', (character) => character.charCodeAt(0)))

/** Without a comma here the grammar, which knows no line breaks, could take two entries for one: `a = b` and `(c) = d`. */
const separatesEntries = (state: State, at: number): boolean => {
  if (state.openers.at(-1)?.kind !== 'object' || NO_ENTRY_ENDS.has(state.last)) return false
  const after = textOf(state, significant(state, at, 1))
  return after !== '}' && after !== ','
}

const closed = (state: State): void => {
  state.openers.pop()
}

const braceAround = ({ openers }: State): number | undefined => {
  const top = openers.at(-1)
  if (!top) return -1
  return top.kind === 'bracket' ? undefined : top.token.start
}

const writeToken = (state: State, at: number, token: Token): number => {
  switch (token.type) {
    case 'comment':
    case 'newline': {
      const brace = braceAround(state)
      if (brace === undefined || !isBreak(state, token)) return 1
      addNewline(state, brace, token.start)
      if (separatesEntries(state, at)) write(state, token.end - 1, ',')
      return 1
    }
    case 'quote-open':
    case 'heredoc-open': {
      const end = plainEnd(state, at)
      if (end < 0) openTemplate(state, token)
      else writePlain(state, at, end)
      return end < 0 ? 1 : end - at + 1
    }
    case 'text':
      addText(state, state.templates.at(-1) ?? 0, token)
      return 1
    case 'quote-close':
    case 'heredoc-close':
      state.templates.pop()
      write(state, token.end - 1, '"')
      return 1
    case 'template-open':
      opened(state, at, token)
      write(state, token.start, state.source.slice(token.start, token.start + 2))
      return 1
    case 'template-close':
      closed(state)
      write(state, token.end - 1, '}')
      return 1
    case 'open':
      if (isSpacedSplat(state, at)) {
        write(state, (state.tokens[at + 2]?.end ?? token.start + 3) - 3, '[*]')
        return 3
      }
      opened(state, at, token)
      copy(state, token)
      return 1
    case 'close':
      closed(state)
      copy(state, token)
      return 1
    case 'number':
      writeNumber(state, at, token)
      return 1
    case 'identifier':
      return writeIdentifier(state, at, token)
    default:
      if (textOf(state, token) === '*') writeStar(state, at, token)
      else copy(state, token)
      return 1
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/

const KEYWORDS: ReadonlySet<string> = new Set(['for', 'in', 'if', 'else', 'endif', 'endfor', 'true', 'false', 'null'])

/** Words that begin like a keyword; the grammar would take `inme` for `in me`. */
const KEYWORD_FIRST = /^(?:for|in|if|else|endif|endfor|true|false|null)./

/** The grammar takes the word for a name, as HCL does. */
const isSafeWord = (state: State, at: number, text: string): boolean => {
  if (KEYWORD_FIRST.test(text) && !KEYWORDS.has(text)) return false
  if (CONSTANTS.includes(text) && textOf(state, state.tokens[at + 1]) === '(') return false
  return ASCII.test(text)
}

const writeIdentifier = (state: State, at: number, token: Token): number => {
  const brace = braceAround(state)
  const taken = brace === undefined ? 0 : takeConstantItem(state, at, brace)
  if (taken > 0) return taken
  const text = textOf(state, token)
  if (isSafeWord(state, at, text)) copy(state, token)
  else fill(state, token.start, token.end, LETTER)
  return 1
}

/** Blanks in a row that are left as they are. */
const LONGEST_GAP = 200

const [SLASH, STAR] = [0x2f, 0x2a]

/** Makes comments of long gaps: behind an error the grammar would look for their end at each of their characters. */
const closeGaps = (out: Uint8Array): void => {
  for (let start = out.indexOf(BLANK); start >= 0; ) {
    let end = start
    while (out[end] === BLANK) end++
    if (end - start > LONGEST_GAP) {
      out.fill(LETTER, start + 1, end - 1)
      out.set([SLASH, STAR], start + 1)
      out.set([STAR, SLASH], end - 3)
    }
    start = out.indexOf(BLANK, end)
  }
}

const NONE: ReadonlyMap<number, readonly never[]> = new Map()

/**
 * What of the text the grammar needs to see. Strings, comments, heredocs and numbers are replaced by blanks or digits of the same length:
 * the grammar's own reading of them differs from HashiCorp's in places, and it is faster without. `bare` is the offset a template without
 * quotes is known by.
 */
export const grammarView = (source: string, tokens: readonly Token[], bare?: number): GrammarView => {
  const state: State = {
    source,
    tokens,
    out: new Uint8Array(source.length).fill(BLANK),
    last: BLANK,
    openers: [],
    templates: bare === undefined ? [] : [bare],
    lists: {},
    problems: [],
  }
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at]
    if (!token) break
    at += writeToken(state, at, token)
  }
  // Of a string that is never closed the grammar would look for the end at each of its characters.
  for (const start of state.templates) if (start !== bare) state.out[start] = FOREIGN
  closeGaps(state.out)
  const { lists, problems } = state
  const { newlines = NONE, constants = NONE, texts = NONE } = lists
  return { text: Buffer.from(state.out.buffer).toString('latin1'), newlines, constants, texts, problems }
}
