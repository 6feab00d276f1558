import type { LexicalProblem, Token, TokenType } from './token.ts'

/** What the lexer is inside of. */
export type Mode =
  | { readonly in: 'bracket'; readonly open: number; readonly close: string }
  | { readonly in: 'template'; readonly open: number }
  | { readonly in: 'quotes'; readonly open: number }
  | { readonly in: 'heredoc'; readonly open: number; readonly marker: string }
  | { readonly in: 'bare' }

/** A text on its way through the lexer. */
export interface LexerState {
  readonly text: string
  at: number
  /** Offsets of tokens are counted from here; those of problems from the beginning of the text. */
  base: number
  tokens: Token[]
  readonly problems: LexicalProblem[]
  readonly modes: Mode[]
}

export const lexerState = (text: string, at: number, modes: Mode[] = []): LexerState => ({
  text,
  at,
  base: 0,
  tokens: [],
  problems: [],
  modes,
})

/** Adds the token from the current place to `end`, and goes there. */
export const push = (state: LexerState, type: TokenType, end: number): undefined => {
  state.tokens.push({ type, start: state.at - state.base, end: end - state.base })
  state.at = end
}

export const problem = (state: LexerState, start: number, end: number, detail: string): undefined => {
  state.problems.push({ start, end, detail })
}

/** What a sticky pattern matches at a place. */
export const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

export const reportUnclosed = (state: LexerState, mode: Mode): undefined => {
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
