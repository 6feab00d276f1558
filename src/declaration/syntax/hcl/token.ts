/** Kinds of token, as HashiCorp's scanner tells them apart. */
export type TokenType =
  | 'identifier'
  | 'number'
  /** Operators and punctuation that are not brackets; the text tells which. */
  | 'operator'
  /** `(`, `[` or `{` in an expression or a body. */
  | 'open'
  | 'close'
  | 'newline'
  /** A `#` or `//` comment includes the line break that ends it. */
  | 'comment'
  | 'quote-open'
  | 'quote-close'
  | 'heredoc-open'
  | 'heredoc-close'
  /** Literal text inside quotes, a heredoc (one token a line) or a template file. */
  | 'text'
  /** `${`, `${~`, `%{`, `%{~` */
  | 'template-open'
  /** `}`, `~}` */
  | 'template-close'
  | 'invalid'

export interface Token {
  readonly type: TokenType
  /** UTF-16 offsets; `end` is the first after the token. */
  readonly start: number
  readonly end: number
}

/** What is wrong with the characters themselves. */
export interface LexicalProblem {
  readonly start: number
  readonly end: number
  readonly detail: string
}
