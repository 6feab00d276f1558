import type { Token, TokenType } from '../syntax/hcl/token.ts'

/** A token with the blanks it gets before it. */
export interface LayoutToken {
  readonly type: TokenType
  readonly text: string
  blanks: number
}

/** One line of a file in the cells that are aligned with the lines around it. A heredoc belongs to the line it begins on. */
export interface LayoutLine {
  readonly lead: readonly LayoutToken[]
  /** From the equals sign on, where what it assigns ends on the same line. */
  readonly assign: readonly LayoutToken[]
  /** A comment behind something else. */
  readonly comment: LayoutToken | undefined
}

export const layoutTokens = (text: string, tokens: readonly Token[]): readonly LayoutToken[] =>
  tokens.map(({ type, start, end }) => ({ type, text: text.slice(start, end), blanks: 0 }))

/** 1 for what opens, -1 for what closes, 0 for the rest. */
export const depthChange = ({ type }: LayoutToken): number => {
  if (type === 'open' || type === 'template-open') return 1
  return type === 'close' || type === 'template-close' ? -1 : 0
}

export const totalDepth = (tokens: readonly LayoutToken[]): number =>
  tokens.reduce((total, token) => total + depthChange(token), 0)

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/

const widthOfText = (text: string): number =>
  ASCII.test(text) ? text.length : [...new Intl.Segmenter('en').segment(text)].length

/** Columns the tokens take, with the blanks before each. */
export const widthOf = (tokens: readonly LayoutToken[]): number =>
  tokens.reduce((total, { text, blanks }) => total + blanks + widthOfText(text), 0)
