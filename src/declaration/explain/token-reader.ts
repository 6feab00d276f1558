import type { Token, TokenType } from '../syntax/hcl/token.ts'

/** What is wrong with the syntax at a place: offsets in the text, and what to do about it. */
export interface Finding {
  readonly start: number
  readonly end: number
  readonly detail: string
}

/** Goes through tokens; comments are passed over, but for the line break that ends them. */
export interface TokenReader {
  readonly text: string
  readonly tokens: readonly Token[]
  readonly findings: Finding[]
  at: number
  /** Above zero: inside brackets, where line breaks mean nothing. */
  free: number
  /** Conditions within one another. */
  deep: number
}

const withoutComments = (text: string, tokens: readonly Token[]): readonly Token[] => {
  const left: Token[] = []
  for (const token of tokens) {
    if (token.type !== 'comment') left.push(token)
    else if (text[token.end - 1] === '\n') left.push({ type: 'newline', start: token.end - 1, end: token.end })
  }
  return left
}

export const tokenReader = (text: string, tokens: readonly Token[]): TokenReader => ({
  text,
  tokens: withoutComments(text, tokens),
  findings: [],
  at: 0,
  free: 0,
  deep: 0,
})

export const peek = (reader: TokenReader): Token | undefined => {
  if (reader.free > 0) while (reader.tokens[reader.at]?.type === 'newline') reader.at++
  return reader.tokens[reader.at]
}

export const advance = (reader: TokenReader): Token | undefined => {
  const token = peek(reader)
  reader.at++
  return token
}

export const textOf = ({ text }: TokenReader, token: Token | undefined): string =>
  token ? text.slice(token.start, token.end) : ''

export const isToken = (reader: TokenReader, token: Token | undefined, type: TokenType, text?: string): boolean =>
  token?.type === type && (text === undefined || textOf(reader, token) === text)

export const isOperator = (reader: TokenReader, token: Token | undefined, ...texts: readonly string[]): boolean =>
  token?.type === 'operator' && texts.includes(textOf(reader, token))

/** Passes the token when it is that one. */
export const accept = (reader: TokenReader, type: TokenType, text?: string): boolean => {
  if (!isToken(reader, peek(reader), type, text)) return false
  advance(reader)
  return true
}

/** A token in a message. */
export const shown = (reader: TokenReader, token: Token): string => {
  if (token.type === 'newline') return 'the end of the line'
  if (token.type === 'quote-open') return 'a string'
  if (token.type === 'heredoc-open') return 'a heredoc'
  return JSON.stringify(textOf(reader, token).slice(0, 30)).replaceAll('\\"', '"')
}

/** Records what is wrong and gives false. What the lexer has reported itself, and the end of the file, are left to it. */
export const fail = (reader: TokenReader, token: Token | undefined, detail: string): false => {
  if (token && token.type !== 'invalid') reader.findings.push({ start: token.start, end: token.end, detail })
  return false
}

/** Runs where line breaks are free, as inside brackets, or (`significant`) where they separate. */
export const within = (reader: TokenReader, breaks: 'free' | 'significant', read: () => boolean): boolean => {
  const { free } = reader
  reader.free = breaks === 'free' ? free + 1 : 0
  const done = read()
  reader.free = free
  return done
}
