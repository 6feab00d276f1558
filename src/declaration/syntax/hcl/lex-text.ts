import { type LexerState, problem, push, reportUnclosed } from './lexer-state.ts'

/** `${` or `%{` at this place, not escaped: the length of the opening, else 0. */
const templateOpenAt = (text: string, at: number): number => {
  const character = text[at]
  if ((character !== '$' && character !== '%') || text[at + 1] !== '{') return 0
  return text[at + 2] === '~' ? 3 : 2
}

/** `$${` and `%%{` stand for themselves without the first character. */
const isEscapedOpen = (text: string, at: number): boolean =>
  (text[at] === '$' || text[at] === '%') && text[at + 1] === text[at] && text[at + 2] === '{'

const openTemplate = (state: LexerState, length: number): undefined => {
  state.modes.push({ in: 'template', open: state.at })
  push(state, 'template-open', state.at + length)
}

/** Characters that mean something between quotes; most do not. */
const SPECIAL: readonly boolean[] = Array.from({ length: 128 }, (_, code) =>
  '"\\\n\r$%'.includes(String.fromCharCode(code)),
)

/** Up to a sequence, or the end, of a quoted string. */
export const lexQuoted = (state: LexerState): undefined => {
  const { text } = state
  let at = state.at
  for (; at < text.length; at++) {
    if (!SPECIAL[text.charCodeAt(at)]) continue
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
  const around = state.modes.at(-1)
  if (around?.in === 'template' && state.modes.at(-2)?.in === 'quotes') {
    // The quote that was meant to end the outer string began an inner one.
    state.modes.splice(-2)
    reportUnclosed(state, around)
    return
  }
  const start = open && 'open' in open ? open.open : state.at
  problem(
    state,
    start,
    state.at,
    'This string has no closing quote on its line. Add it, write "\\n" for a line break, or use a heredoc (<<EOT).',
  )
}

const reportLoneReturn = (state: LexerState, at: number): void => {
  if (state.modes.at(-1)?.in === 'heredoc')
    problem(
      state,
      at,
      at + 1,
      'A carriage return without a line feed stands here. Save the file with ordinary line ends.',
    )
}

/** One line, or what is left of it, of a heredoc or a bare template; stops before a template sequence. */
export const lexLine = (state: LexerState): undefined => {
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

const heredocEndAt = (state: LexerState, marker: string): number | undefined => {
  const { text, at } = state
  if (text[at - 1] !== '\n') return undefined
  const newline = text.indexOf('\n', at)
  if (newline < 0) return undefined
  return text.slice(at, newline).trim() === marker ? newline : undefined
}

/** A line of a heredoc, or its end. */
export const lexHeredoc = (state: LexerState, marker: string): undefined => {
  const newline = heredocEndAt(state, marker)
  if (newline === undefined) {
    lexLine(state)
    return
  }
  state.modes.pop()
  push(state, 'heredoc-close', state.text[newline - 1] === '\r' ? newline - 1 : newline)
}
