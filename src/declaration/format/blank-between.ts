import { depthChange, type LayoutToken } from './layout-token.ts'

const isOperator = (token: LayoutToken | undefined, ...texts: readonly string[]): boolean =>
  token?.type === 'operator' && texts.includes(token.text)

const is = (token: LayoutToken | undefined, type: LayoutToken['type'], text?: string): boolean =>
  token?.type === type && (text === undefined || token.text === text)

/** Glued to what is before it, or to what is after it, whatever that is. */
const gluedByPunctuation = (left: LayoutToken, right: LayoutToken): boolean =>
  is(right, 'newline') ||
  (is(left, 'identifier') && (is(right, 'open', '(') || isOperator(right, '::'))) ||
  isOperator(left, '.', '::') ||
  isOperator(right, '.', ',', '...')

const inTemplate = (left: LayoutToken, right: LayoutToken): boolean =>
  ['text', 'quote-open', 'heredoc-open'].includes(left.type) ||
  ['text', 'quote-close', 'heredoc-close'].includes(right.type)

/** A bracket behind a name, a number or a closing bracket is an index. */
const isIndex = (left: LayoutToken, right: LayoutToken): boolean =>
  is(right, 'open', '[') && (left.type === 'identifier' || left.type === 'number' || depthChange(left) < 0)

/** A minus behind one of these can only be a sign. */
const isSign = (before: LayoutToken | undefined): boolean =>
  before === undefined ||
  before.type === 'open' ||
  isOperator(before, '=', ':', ',', '?', '+', '*', '/', '%', '-', '==', '!=', '>', '>=', '<', '<=', '&&', '||', '!')

const aroundBraces = (left: LayoutToken, right: LayoutToken): boolean | undefined => {
  const [opens, closes] = [is(left, 'open', '{'), is(right, 'close', '}')]
  if (opens || closes) return !(opens && closes)
  // An object alone in an interpolation keeps its braces apart from those of the interpolation.
  if (left.type === 'template-open' && is(right, 'open', '{')) return true
  if (is(left, 'close', '}') && right.type === 'template-close') return true
  return left.type === 'template-close' && right.type === 'template-open' ? false : undefined
}

/** Whether a blank stands between two tokens of a line, in Terraform's canonical style; `before` is the token before them. */
export const blankBetween = (before: LayoutToken | undefined, left: LayoutToken, right: LayoutToken): boolean => {
  if (gluedByPunctuation(left, right)) return false
  if (isOperator(left, ',')) return true
  if (inTemplate(left, right)) return false
  // In `for x in [a]` the word is no name with an index behind it.
  if (is(left, 'identifier', 'in') && before?.type === 'identifier') return true
  if (isIndex(left, right) || isOperator(left, '!')) return false
  if (isOperator(left, '-')) return !isSign(before)
  return aroundBraces(left, right) ?? !(depthChange(left) > 0 || depthChange(right) < 0)
}
