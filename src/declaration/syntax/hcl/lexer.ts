import { MAX_NESTING } from '../limits.ts'
import type { LexicalProblem, Token, TokenType } from './token.ts'

const IDENTIFIER = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy
const NUMBER = /\d(?:(?:[\d.]|[eE][+-]?\d)*(?:\d|[eE][+-]?\d))?/y
const OPERATOR = /==|!=|<=|>=|&&|\|\||=>|\.\.\.|::|[-+*/%<>=!?:.,&|]/y
const SPACE = /[ \t]+/y
const LINE_COMMENT = /(?:#|\/\/)[^\n]*\n?/y
const HEREDOC = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy

/** What the lexer is inside of. */
type Mode =
  | { readonly in: 'bracket'; readonly open: number; readonly close: string }
  | { readonly in: 'template'; readonly open: number }
  | { readonly in: 'quotes'; readonly open: number }
  | { readonly in: 'heredoc'; readonly open: number; readonly marker: string }
  | { readonly in: 'bare' }

export interface Lexed {
  readonly tokens: readonly Token[]
  readonly problems: readonly LexicalProblem[]
  /** Nesting went past the limit; the tokens end there. */
  readonly tooDeep?: Token
}

interface State {
  readonly text: string
  at: number
  readonly tokens: Token[]
  readonly problems: LexicalProblem[]
  readonly modes: Mode[]
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

const push = (state: State, type: TokenType, end: number): undefined => {
  state.tokens.push({ type, start: state.at, end })
  state.at = end
}

const problem = (state: State, start: number, end: number, detail: string): undefined => {
  state.problems.push({ start, end, detail })
}

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

const endOfBlockComment = (state: State): number => {
  const end = state.text.indexOf('*/', state.at + 2)
  if (end >= 0) return end + 2
  problem(state, state.at, state.at + 2, 'This comment is never closed. Add "*/" where it ends.')
  return state.text.length
}

const openBracket = (state: State, character: string): undefined => {
  state.modes.push({ in: 'bracket', open: state.at, close: CLOSING[character] ?? '' })
  push(state, 'open', state.at + 1)
}

/** Leaves brackets that were never closed, up to the one the character closes; a stray one is reported and passed. */
const closeBracket = (state: State, character: string): undefined => {
  const { modes } = state
  for (let i = modes.length - 1; i >= 0; i--) {
    const mode = modes[i]
    if (mode?.in === 'bracket' && mode.close === character) {
      for (const unclosed of modes.splice(i).slice(1)) reportUnclosed(state, unclosed)
      push(state, 'close', state.at + 1)
      return
    }
    if (mode?.in !== 'bracket') {
      if (mode?.in !== 'template' || character !== '}') break
      for (const unclosed of modes.splice(i).slice(1)) reportUnclosed(state, unclosed)
      push(state, 'template-close', state.at + 1)
      return
    }
  }
  problem(
    state,
    state.at,
    state.at + 1,
    `This "${character}" closes nothing. Remove it, or add the bracket it should close.`,
  )
  push(state, 'close', state.at + 1)
}

const reportUnclosed = (state: State, mode: Mode): undefined => {
  if (mode.in === 'bare') return
  const { open } = mode
  if (mode.in === 'bracket')
    problem(state, open, open + 1, `This "${state.text[open]}" is never closed. Add "${mode.close}" where it ends.`)
  else if (mode.in === 'template')
    problem(state, open, open + 2, 'This template sequence is never closed. Add "}" where its expression ends.')
  else if (mode.in === 'quotes')
    problem(state, open, open + 1, 'This string is never closed. Add a double quote where it ends.')
  else
    problem(
      state,
      open,
      open + 2,
      `This heredoc is never closed. Add a line that holds only ${mode.marker}, with a line break after it.`,
    )
}

const startsQuotes = (state: State): undefined => {
  state.modes.push({ in: 'quotes', open: state.at })
  push(state, 'quote-open', state.at + 1)
}

const lexLineComment = (state: State): undefined => {
  const match = matchAt(LINE_COMMENT, state.text, state.at)
  push(state, 'comment', state.at + (match?.[0].length ?? 1))
}

const lexHeredocOpen = (state: State): boolean => {
  const match = matchAt(HEREDOC, state.text, state.at)
  if (!match?.[1]) return false
  state.modes.push({ in: 'heredoc', open: state.at, marker: match[1] })
  push(state, 'heredoc-open', state.at + match[0].length)
  return true
}

const INVALID_HINTS: Readonly<Record<string, string>> = {
  "'": 'Single quotes mean nothing here. Use double quotes for strings.',
  '`': 'Backticks mean nothing here. Use double quotes for one line, or a heredoc for several.',
  ';': 'Semicolons mean nothing here. Put each attribute on a line of its own.',
  '“': 'This is a typographic quote. Use the plain double quote.',
  '”': 'This is a typographic quote. Use the plain double quote.',
}

const lexInvalid = (state: State): undefined => {
  const character = String.fromCodePoint(state.text.codePointAt(state.at) ?? 0)
  const end = state.at + character.length
  const hint = INVALID_HINTS[character] ?? 'Remove it, or put it inside a quoted string.'
  problem(state, state.at, end, `The character ${JSON.stringify(character)} has no meaning here. ${hint}`)
  push(state, 'invalid', end)
}

const lexWord = (state: State): undefined => {
  const { text, at } = state
  const word = matchAt(IDENTIFIER, text, at)
  if (word) {
    push(state, 'identifier', at + word[0].length)
    return
  }
  const number = matchAt(NUMBER, text, at)
  if (number) {
    push(state, 'number', at + number[0].length)
    return
  }
  const operator = matchAt(OPERATOR, text, at)
  if (operator) {
    push(state, 'operator', at + operator[0].length)
    return
  }
  return lexInvalid(state)
}

/** One token of an expression or a body. */
const lexMain = (state: State): undefined => {
  const { text, at } = state
  const character = text[at] ?? ''
  const next = text[at + 1]
  switch (character) {
    case ' ':
    case '\t':
      state.at += matchAt(SPACE, text, at)?.[0].length ?? 1
      return
    case '\n':
      return push(state, 'newline', at + 1)
    case '\r':
      return next === '\n' ? push(state, 'newline', at + 2) : lexInvalid(state)
    case '"':
      return startsQuotes(state)
    case '(':
    case '[':
    case '{':
      return openBracket(state, character)
    case ')':
    case ']':
    case '}':
      return closeBracket(state, character)
    case '#':
      return lexLineComment(state)
    case '/':
      if (next === '/') return lexLineComment(state)
      return next === '*' ? push(state, 'comment', endOfBlockComment(state)) : lexWord(state)
    case '~':
      if (next === '}' && state.modes.at(-1)?.in === 'template') {
        state.modes.pop()
        return push(state, 'template-close', at + 2)
      }
      return lexInvalid(state)
    case '<':
      if (next === '<' && lexHeredocOpen(state)) return
      return lexWord(state)
    default:
      return lexWord(state)
  }
}

/** `${` or `%{` at this place, not escaped: the length of the opening, else 0. */
const templateOpenAt = (text: string, at: number): number => {
  const character = text[at]
  if ((character !== '$' && character !== '%') || text[at + 1] !== '{') return 0
  return text[at + 2] === '~' ? 3 : 2
}

/** `$${` and `%%{` stand for themselves without the first character. */
const isEscapedOpen = (text: string, at: number): boolean =>
  (text[at] === '$' || text[at] === '%') && text[at + 1] === text[at] && text[at + 2] === '{'

const openTemplate = (state: State, length: number): undefined => {
  state.modes.push({ in: 'template', open: state.at })
  push(state, 'template-open', state.at + length)
}

const lexQuoted = (state: State): undefined => {
  const { text } = state
  let at = state.at
  for (; at < text.length; at++) {
    const character = text[at]
    if (character === '"' || character === '\n' || character === '\r') break
    if (character === '\\' && text[at + 1] !== '\n' && text[at + 1] !== '\r') at++
    else if (isEscapedOpen(text, at)) at += 2
    else if (templateOpenAt(text, at) > 0) break
  }
  if (at > state.at) push(state, 'text', Math.min(at, text.length))
  const length = templateOpenAt(text, state.at)
  if (length > 0) {
    openTemplate(state, length)
    return
  }
  if (text[state.at] === '"') {
    state.modes.pop()
    return push(state, 'quote-close', state.at + 1)
  }
  if (state.at >= text.length) return
  const open = state.modes.pop()
  const start = open && 'open' in open ? open.open : state.at
  problem(
    state,
    start,
    state.at,
    'This string has no closing quote on its line. Add it, write "\\n" for a line break, or use a heredoc (<<EOT).',
  )
}

const reportLoneReturn = (state: State, at: number): void => {
  if (state.modes.at(-1)?.in === 'heredoc')
    problem(
      state,
      at,
      at + 1,
      'A carriage return without a line feed stands here. Save the file with ordinary line ends.',
    )
}

/** One line, or what is left of it, of a heredoc or a bare template; stops before a template sequence. */
const lexLine = (state: State): undefined => {
  const { text } = state
  let at = state.at
  while (at < text.length) {
    if (isEscapedOpen(text, at)) {
      at += 3
      continue
    }
    if (templateOpenAt(text, at) > 0) break
    if (text[at] === '\r' && text[at + 1] !== '\n') reportLoneReturn(state, at)
    if (text[at++] === '\n') break
  }
  if (at > state.at) {
    push(state, 'text', at)
    return
  }
  return openTemplate(state, templateOpenAt(text, at))
}

const heredocEndAt = (state: State, marker: string): number | undefined => {
  const { text, at } = state
  if (text[at - 1] !== '\n') return undefined
  const newline = text.indexOf('\n', at)
  if (newline < 0) return undefined
  return text.slice(at, newline).trim() === marker ? newline : undefined
}

const lexHeredoc = (state: State, marker: string): undefined => {
  const newline = heredocEndAt(state, marker)
  if (newline === undefined) {
    lexLine(state)
    return
  }
  state.modes.pop()
  push(state, 'heredoc-close', state.text[newline - 1] === '\r' ? newline - 1 : newline)
}

const lexStep = (state: State): undefined => {
  const mode = state.modes.at(-1)
  if (mode?.in === 'quotes') return lexQuoted(state)
  if (mode?.in === 'heredoc') return lexHeredoc(state, mode.marker)
  if (mode?.in === 'bare') {
    lexLine(state)
    return
  }
  return lexMain(state)
}

const run = (text: string, modes: Mode[], start: number): Lexed => {
  const state: State = { text, at: start, tokens: [], problems: [], modes }
  while (state.at < text.length) {
    lexStep(state)
    const deepest = state.tokens.at(-1)
    if (state.modes.length > MAX_NESTING && deepest)
      return { tokens: state.tokens, problems: state.problems, tooDeep: deepest }
  }
  for (const mode of state.modes) reportUnclosed(state, mode)
  return { tokens: state.tokens, problems: state.problems }
}

/** Tokens of an HCL file or expression; everything between them is blank. Never throws. */
export const lexHcl = (text: string): Lexed => run(text, [], text.startsWith('\uFEFF') ? 1 : 0)

/** Tokens of a template that stands alone: a template file, a YAML string. */
export const lexTemplate = (text: string): Lexed => run(text, [{ in: 'bare' }], 0)
