import type { Token } from '../syntax/hcl/token.ts'
import { readExpression } from './read-expression.ts'
import {
  accept,
  advance,
  type Finding,
  fail,
  isOperator,
  isToken,
  peek,
  shown,
  type TokenReader,
  textOf,
  tokenReader,
} from './token-reader.ts'

const depthOf = (token: Token): number => {
  if (token.type === 'open' || token.type === 'template-open') return 1
  return token.type === 'close' || token.type === 'template-close' ? -1 : 0
}

/** After a mistake: to the end of the line the item ends on, or before the brace that closes what it stands in. */
const recover = (reader: TokenReader, from: number): void => {
  let depth = 0
  reader.free = 0
  for (let at = from; at < reader.tokens.length; at++) {
    const token = reader.tokens[at]
    if (!token) break
    depth += depthOf(token)
    if (at >= reader.at && (depth < 0 || (depth === 0 && token.type === 'newline'))) {
      reader.at = at
      return
    }
  }
  reader.at = reader.tokens.length
}

const endItem = (reader: TokenReader, oneLine: boolean): boolean => {
  const found = peek(reader)
  if (!found || found.type === 'newline' || (oneLine && isToken(reader, found, 'close', '}'))) return true
  if (isOperator(reader, found, ','))
    return fail(reader, found, 'No comma follows an attribute of a block. Put each attribute on a line of its own.')
  if (isOperator(reader, found, '='))
    return fail(reader, found, 'A value is set once on a line. To compare, write "==".')
  if (found.type === 'close')
    return fail(reader, found, `The ${shown(reader, found)} that closes a block stands on a line of its own.`)
  return fail(
    reader,
    found,
    `${shown(reader, found)} cannot follow on this line. Put what comes next on a line of its own, or add the operator that is missing.`,
  )
}

const ASSIGNING = ['+', '-', '*', '/', '%', '&', '|', '?', '!', ':']

const wrongAfterName = (reader: TokenReader, name: Token, found: Token | undefined): false => {
  const word = textOf(reader, name)
  if (!found || found.type === 'newline' || found.type === 'close')
    return fail(reader, name, `"${word}" stands alone. Write ${word} = … to set a value, or ${word} { … } for a block.`)
  const next = reader.tokens[reader.at + 1]
  if (isOperator(reader, found, ...ASSIGNING) && isOperator(reader, next, '='))
    return fail(reader, found, `There is no "${textOf(reader, found)}=". Write ${word} = … with the whole new value.`)
  if (isOperator(reader, found, ':'))
    return fail(reader, found, `HCL sets values with "=", not with ":". Write ${word} = ….`)
  if (isOperator(reader, found, '==')) return fail(reader, found, `"==" compares. To set a value, write ${word} = ….`)
  if (isOperator(reader, found, '.') || isToken(reader, found, 'open', '['))
    return fail(
      reader,
      found,
      `What is set here has a plain name. For a value inside "${word}", write ${word} = { … } or a block.`,
    )
  return fail(
    reader,
    found,
    `${shown(reader, found)} cannot follow the name "${word}". Write ${word} = … to set a value, or ${word} { … } for a block.`,
  )
}

const readLabel = (reader: TokenReader): boolean => {
  if (accept(reader, 'identifier')) return true
  if (!accept(reader, 'quote-open')) return false
  accept(reader, 'text')
  return accept(reader, 'quote-close') || fail(reader, peek(reader), 'A label is plain text, without interpolation.')
}

/** Everything from the first label to the opening brace; a mistake here does not hide those in the body. */
const readHeader = (reader: TokenReader, name: Token): boolean => {
  while (readLabel(reader));
  if (accept(reader, 'open', '{')) return true
  const found = peek(reader)
  const word = textOf(reader, name)
  if (isOperator(reader, found, '=')) fail(reader, found, 'A block has no "=" before its brace. Remove it.')
  else if (found?.type === 'number')
    fail(reader, found, `A label is a name or a string. Write ${word} "${textOf(reader, found)}" { … }.`)
  else if (found?.type === 'newline' || found === undefined)
    fail(
      reader,
      name,
      `This ${word} has labels, but no "{" on its line. A block begins with ${word} "…" {; a value is set with ${word} = ….`,
    )
  else fail(reader, found, `${shown(reader, found)} cannot stand here. A block begins with ${word} "…" {.`)
  while (
    reader.tokens[reader.at] &&
    reader.tokens[reader.at]?.type !== 'newline' &&
    !isToken(reader, peek(reader), 'open', '{')
  )
    advance(reader)
  return accept(reader, 'open', '{')
}

/** A block on one line: nothing in it, or one attribute, and the brace that closes it. */
const readOneLine = (reader: TokenReader): boolean => {
  if (accept(reader, 'close', '}')) return true
  const from = reader.at
  const first = peek(reader)
  const next = reader.tokens[from + 1]
  if (first?.type === 'identifier' && next && !isOperator(reader, next, '=') && !isOperator(reader, next, ':')) {
    fail(reader, first, 'A block on one line holds one attribute and no block. Give its content lines of their own.')
    recover(reader, from)
  } else if (!readItem(reader, true)) recover(reader, from)
  else if (peek(reader)?.type === 'newline')
    fail(
      reader,
      first,
      'A block that begins on this line with an attribute also ends on it. Put the attribute on a line of its own, or close the block here.',
    )
  return accept(reader, 'close', '}') || readBody(reader, true)
}

const readBlock = (reader: TokenReader, name: Token): boolean => {
  if (!readHeader(reader, name)) return false
  return peek(reader)?.type === 'newline' ? readBody(reader, true) : readOneLine(reader)
}

const readItem = (reader: TokenReader, oneLine: boolean): boolean => {
  const name = advance(reader)
  if (name?.type === 'quote-open')
    return fail(
      reader,
      name,
      'A name stands here without quotes. Maps with quoted keys are values: name = { "key" = … }.',
    )
  if (name?.type !== 'identifier')
    return fail(
      reader,
      name,
      `A line begins with a name here, not with ${name ? shown(reader, name) : 'nothing'}. Write name = value, or a block.`,
    )
  const found = peek(reader)
  if (accept(reader, 'operator', '=')) return readExpression(reader) && endItem(reader, oneLine)
  if (
    isToken(reader, found, 'open', '{') ||
    found?.type === 'identifier' ||
    found?.type === 'quote-open' ||
    found?.type === 'number'
  )
    return readBlock(reader, name) && endItem(reader, oneLine)
  return wrongAfterName(reader, name, found)
}

const readBody = (reader: TokenReader, inBlock: boolean): boolean => {
  for (;;) {
    while (accept(reader, 'newline'));
    if (!peek(reader)) return !inBlock
    if (inBlock && accept(reader, 'close', '}')) return true
    const from = reader.at
    if (!readItem(reader, false)) recover(reader, from)
    // A stray bracket, reported by the lexer.
    if (reader.at === from) reader.at++
  }
}

/** After one of these everything is read at a wrong depth, so what is found below it is mostly its consequence. */
const isStructural = (text: string, { start }: Finding): boolean => '()[]{}"<$%/'.includes(text.charAt(start))

/**
 * Says what is wrong with the syntax of an HCL file, one finding for each item that has something wrong, in the order of the file. Meant
 * for files the grammar refuses: it knows only that they are wrong, this tells where and why. `problems` are those of the lexer, which are
 * not repeated (brackets and strings never closed, characters without meaning).
 */
export const explainSyntax = (
  text: string,
  tokens: readonly Token[],
  problems: readonly Finding[] = [],
): readonly Finding[] => {
  const reader = tokenReader(text, tokens)
  readBody(reader, false)
  const structural = problems.filter((problem) => isStructural(text, problem))
  const first = structural.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY)
  return reader.findings.filter(({ start }) => start < first)
}
