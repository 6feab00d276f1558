import { type LexerState, problem, push } from './lexer-state.ts'

const IDENTIFIER = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy
const NUMBER = /\d(?:(?:[\d.]|[eE][+-]?\d)*(?:\d|[eE][+-]?\d))?/y
const OPERATOR = /==|!=|<=|>=|&&|\|\||=>|\.\.\.|::|[-+*/%<>=!?:.,&|]/y

const ASCII_END = 0x80

const codesOf = (pattern: RegExp): readonly boolean[] =>
  Array.from({ length: ASCII_END }, (_, code) => pattern.test(String.fromCharCode(code)))

const STARTS_WORD = codesOf(/[A-Za-z_]/)
const CONTINUES_WORD = codesOf(/[A-Za-z0-9_-]/)
const IS_DIGIT = codesOf(/\d/)

/** Where the run of such characters that begins at `at` ends; -1 when a character outside ASCII ends it. */
const runEnd = (text: string, at: number, table: readonly boolean[]): number => {
  let end = at
  while (table[text.charCodeAt(end)]) end++
  return text.charCodeAt(end) >= ASCII_END ? -1 : end
}

/** Where what a sticky pattern matches at a place ends. */
const endOf = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

/** The pattern says what a word is; nearly all are plain letters, for which it would take several times as long. */
const wordEnd = (text: string, at: number): number => {
  const code = text.charCodeAt(at)
  if (code < ASCII_END && !STARTS_WORD[code]) return at
  const end = code < ASCII_END ? runEnd(text, at, CONTINUES_WORD) : -1
  return end < 0 ? endOf(IDENTIFIER, text, at) : end
}

const numberEnd = (text: string, at: number): number => {
  if (!IS_DIGIT[text.charCodeAt(at)]) return at
  const end = runEnd(text, at, IS_DIGIT)
  const next = text[end]
  return end < 0 || next === '.' || next === 'e' || next === 'E' ? endOf(NUMBER, text, at) : end
}

const INVALID_HINTS: Readonly<Record<string, string>> = {
  "'": 'Single quotes mean nothing here. Use double quotes for strings.',
  '`': 'Backticks mean nothing here. Use double quotes for one line, or a heredoc for several.',
  ';': 'Semicolons mean nothing here. Put each attribute on a line of its own.',
  '“': 'This is a typographic quote. Use the plain double quote.',
  '”': 'This is a typographic quote. Use the plain double quote.',
  '^': 'There is no operator "^". For powers, write pow(base, exponent).',
}

/** A character that means nothing where it stands. */
export const lexInvalid = (state: LexerState): undefined => {
  const character = String.fromCodePoint(state.text.codePointAt(state.at) ?? 0)
  const end = state.at + character.length
  const unknown = `The character ${JSON.stringify(character)} has no meaning here. Remove it, or put it inside a quoted string.`
  problem(state, state.at, end, INVALID_HINTS[character] ?? unknown)
  push(state, 'invalid', end)
}

/** A word, a number or an operator. */
export const lexWord = (state: LexerState): undefined => {
  const { text, at } = state
  const word = wordEnd(text, at)
  if (word > at) return push(state, 'identifier', word)
  const number = numberEnd(text, at)
  if (number > at) return push(state, 'number', number)
  const operator = endOf(OPERATOR, text, at)
  if (operator > at) return push(state, 'operator', operator)
  return lexInvalid(state)
}
