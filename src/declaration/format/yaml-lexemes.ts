import { Lexer } from 'yaml'

const MARKERS = new Set(['\u0002', '\u0018', '\u001f'])

export interface Lexeme {
  readonly text: string
  readonly start: number
  /** Text of a scalar: nothing in it is punctuation or a comment. */
  readonly scalar: boolean
}

/** Every piece of a YAML text, in order; together they are the text. */
export const yamlLexemes = (text: string): readonly Lexeme[] => {
  const lexemes: Lexeme[] = []
  let start = 0
  let scalar = false
  for (const lexeme of new Lexer().lex(text)) {
    if (MARKERS.has(lexeme)) scalar = lexeme === '\u001f'
    else {
      lexemes.push({ text: lexeme, start, scalar })
      start += lexeme.length
      scalar = false
    }
  }
  return lexemes
}
