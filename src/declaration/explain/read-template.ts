import type { Token } from '../syntax/hcl/token.ts'
import { accept, advance, fail, isToken, peek, shown, type TokenReader, textOf, within } from './token-reader.ts'

type ReadExpression = (reader: TokenReader) => boolean

/** Directives that were opened and wait for their end. */
interface Open {
  readonly word: 'if' | 'for'
  readonly token: Token
}

const DIRECTIVES = 'The directives are %{if …}, %{else}, %{endif}, %{for … in …} and %{endfor}.'

const readClose = (reader: TokenReader): boolean => {
  if (accept(reader, 'template-close')) return true
  const found = peek(reader)
  return fail(
    reader,
    found,
    `"}" is expected here, where the template sequence ends${found ? `, not ${shown(reader, found)}` : ''}.`,
  )
}

const readForHead = (reader: TokenReader, read: ReadExpression): boolean => {
  const named = accept(reader, 'identifier') && (!accept(reader, 'operator', ',') || accept(reader, 'identifier'))
  if (named && accept(reader, 'identifier', 'in')) return read(reader)
  return fail(reader, peek(reader), 'Write %{for item in list} or %{for key, value in map}.')
}

const closes = (reader: TokenReader, word: string, token: Token, open: Open[]): boolean => {
  const wanted = word === 'endfor' ? 'for' : 'if'
  const last = open.at(-1)
  if (last?.word !== wanted) return fail(reader, token, `This %{${word}} has no %{${wanted} …} before it.`)
  if (word !== 'else') open.pop()
  return true
}

const readDirective = (reader: TokenReader, start: Token, read: ReadExpression, open: Open[]): boolean => {
  const found = advance(reader)
  const word = textOf(reader, found)
  switch (word) {
    case 'if':
      open.push({ word, token: start })
      return read(reader)
    case 'for':
      open.push({ word, token: start })
      return readForHead(reader, read)
    case 'else':
    case 'endif':
    case 'endfor':
      return closes(reader, word, found ?? start, open)
    default:
      return fail(reader, found, `There is no directive ${found ? shown(reader, found) : ''}. ${DIRECTIVES}`)
  }
}

const readSequence = (reader: TokenReader, read: ReadExpression, open: Open[]): boolean =>
  within(reader, 'free', () => {
    const start = advance(reader)
    if (!start) return false
    const isDirective = textOf(reader, start).startsWith('%')
    return (isDirective ? readDirective(reader, start, read, open) : read(reader)) && readClose(reader)
  })

/** Reads a string or a heredoc with everything in it. */
export const readTemplate = (reader: TokenReader, read: ReadExpression): boolean => {
  const open: Open[] = []
  advance(reader)
  for (;;) {
    const token = reader.tokens[reader.at]
    if (isToken(reader, token, 'quote-close') || isToken(reader, token, 'heredoc-close')) break
    if (token?.type === 'text') reader.at++
    else if (token?.type !== 'template-open' || !readSequence(reader, read, open)) return false
  }
  reader.at++
  const [unclosed] = open
  return unclosed ? fail(reader, unclosed.token, `This %{${unclosed.word} …} has no %{end${unclosed.word}}.`) : true
}
