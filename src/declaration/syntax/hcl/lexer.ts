import { MAX_NESTING, MAX_TOKENS } from '../limits.ts'
import { lexHeredoc, lexLine, lexQuoted } from './lex-text.ts'
import { lexInvalid, lexWord } from './lex-word.ts'
import { type LexerState, lexerState, type Mode, matchAt, problem, push, reportUnclosed } from './lexer-state.ts'
import type { LexicalProblem, Token } from './token.ts'

const LINE_COMMENT = /(?:#|\/\/)[^\n]*\n?/y
const HEREDOC = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy

export interface Lexed {
  readonly tokens: readonly Token[]
  readonly problems: readonly LexicalProblem[]
  /** Nesting went past the limit; the tokens end there. */
  readonly tooDeep?: Token
  /** There are more tokens than are read; they end there. */
  readonly tooMany?: Token
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

const OPEN_COMMENT = 'This comment is never closed. Add "*/" where it ends.'

const endOfBlockComment = (state: LexerState): number => {
  const end = state.text.indexOf('*/', state.at + 2)
  if (end >= 0) return end + 2
  problem(state, state.at, state.at + 2, OPEN_COMMENT)
  return state.text.length
}

const openBracket = (state: LexerState, character: string): undefined => {
  state.modes.push({ in: 'bracket', open: state.at, close: CLOSING[character] ?? '' })
  push(state, 'open', state.at + 1)
}

/** Leaves brackets that were never closed, up to the one the character closes; a stray one is reported and passed. */
const closeBracket = (state: LexerState, character: string): undefined => {
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

/** It goes over several lines, with the brackets that stand there. */
const swallows = ({ text }: LexerState, { start, end, detail }: LexicalProblem): boolean =>
  detail === OPEN_COMMENT || text.slice(start, end).includes('\n')

/** What a string, heredoc, template sequence or comment without an end has swallowed closes nothing: only that one is reported. */
const reportOpenEnd = (state: LexerState): void => {
  const { modes, problems } = state
  const swallowing =
    modes.find((mode) => mode.in === 'template') ?? modes.find((mode) => mode.in === 'heredoc' || mode.in === 'quotes')
  if (swallowing) reportUnclosed(state, swallowing)
  else if (!problems.some((found) => swallows(state, found))) for (const mode of modes) reportUnclosed(state, mode)
}

const startsQuotes = (state: LexerState): undefined => {
  state.modes.push({ in: 'quotes', open: state.at })
  push(state, 'quote-open', state.at + 1)
}

const lexLineComment = (state: LexerState): undefined => {
  const match = matchAt(LINE_COMMENT, state.text, state.at)
  push(state, 'comment', state.at + (match?.[0].length ?? 1))
}

const lexHeredocOpen = (state: LexerState): boolean => {
  const match = matchAt(HEREDOC, state.text, state.at)
  if (!match?.[1]) return false
  state.modes.push({ in: 'heredoc', open: state.at, marker: match[1] })
  push(state, 'heredoc-open', state.at + match[0].length)
  return true
}

/** One token of an expression or a body. */
const lexMain = (state: LexerState): undefined => {
  const { text, at } = state
  const character = text[at] ?? ''
  const next = text[at + 1]
  switch (character) {
    case ' ':
    case '\t':
      state.at++
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

/** One token, or one blank. */
export const lexStep = (state: LexerState): undefined => {
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
  const state = lexerState(text, start, modes)
  while (state.at < text.length) {
    lexStep(state)
    const { tokens, problems } = state
    const last = tokens.at(-1)
    if (state.modes.length > MAX_NESTING && last) return { tokens, problems, tooDeep: last }
    if (tokens.length > MAX_TOKENS && last) return { tokens, problems, tooMany: last }
  }
  reportOpenEnd(state)
  return { tokens: state.tokens, problems: state.problems.toSorted((a, b) => a.start - b.start) }
}

/** Where a file begins, behind the mark some editors put first. */
export const fileStart = (text: string): number => (text.startsWith('\uFEFF') ? 1 : 0)

/** Tokens of an HCL file or expression; everything between them is blank. Never throws. */
export const lexHcl = (text: string): Lexed => run(text, [], fileStart(text))

/** Tokens of a template that stands alone: a template file, a YAML string. */
export const lexTemplate = (text: string): Lexed => run(text, [{ in: 'bare' }], 0)
