import type { Token } from '../syntax/hcl/token.ts'
import { readTemplate } from './read-template.ts'
import {
  accept,
  advance,
  fail,
  isOperator,
  isToken,
  peek,
  shown,
  type TokenReader,
  textOf,
  within,
} from './token-reader.ts'

const BINARY = ['*', '/', '%', '+', '-', '<', '<=', '>', '>=', '==', '!=', '&&', '||']

const missingValue = (reader: TokenReader, found: Token | undefined): false => {
  const before = reader.tokens[reader.at - 1]
  if (!found || found.type === 'newline') {
    const after = before ? ` after ${shown(reader, before)}` : ''
    const mend = isOperator(reader, before, ...BINARY, '?', ':')
      ? 'To go on in the next line, put the expression in parentheses.'
      : 'Write one such as "text", 12, true, [a, b] or var.name.'
    // What stands on the next line belongs to this item.
    if (found && isOperator(reader, before, ...BINARY)) reader.at++
    return fail(reader, before, `A value is missing${after}. ${mend}`)
  }
  if (found.type === 'close' || found.type === 'template-close' || isOperator(reader, found, ',', ':', '=>'))
    return fail(reader, found, `A value is missing before ${shown(reader, found)}.`)
  if (found.type === 'operator')
    return fail(reader, found, `${shown(reader, found)} needs a value before it, or does not belong here.`)
  return fail(reader, found, `${shown(reader, found)} is not a value.`)
}

/** What stands where a comma, or the end of a list, should. */
const missingComma = (reader: TokenReader, close: string, where: string): false => {
  const found = peek(reader)
  if (!found) return false
  if (isOperator(reader, found, '=', ':') && close === ']')
    return fail(
      reader,
      found,
      'A list holds values without names. For values with names, write a map: { name = value }.',
    )
  if (isOperator(reader, found, '='))
    return fail(reader, found, `"=" sets a value and cannot stand ${where}. To compare, write "==".`)
  if (found.type === 'close') return fail(reader, found, `"${close}" is expected here, not ${shown(reader, found)}.`)
  return fail(reader, found, `A comma is missing before ${shown(reader, found)}.`)
}

const readItems = (reader: TokenReader, close: string, where: string): boolean => {
  while (!accept(reader, 'close', close)) {
    if (!readExpression(reader)) return false
    if (close === ')' && isOperator(reader, peek(reader), '...')) advance(reader)
    if (!accept(reader, 'operator', ',') && !isToken(reader, peek(reader), 'close', close))
      return missingComma(reader, close, where)
  }
  return true
}

const FOR_LIST = '[for item in list : item]'
const FOR_MAP = '{ for key, value in map : key => value }'

const readForNames = (reader: TokenReader, form: string): boolean => {
  if (!accept(reader, 'identifier')) return fail(reader, peek(reader), `After "for" comes a name, as in ${form}.`)
  if (accept(reader, 'operator', ',') && !accept(reader, 'identifier'))
    return fail(reader, peek(reader), `After the comma comes the second name, as in ${form}.`)
  if (accept(reader, 'identifier', 'in')) return true
  const found = peek(reader)
  return fail(
    reader,
    found,
    `After the names of a "for" comes "in", as in ${form}${found ? `, not ${shown(reader, found)}` : ''}.`,
  )
}

/** The rest of a for expression, after its opening bracket. */
const readFor = (reader: TokenReader, close: ']' | '}'): boolean =>
  within(reader, 'free', () => {
    const form = close === ']' ? FOR_LIST : FOR_MAP
    advance(reader)
    if (!readForNames(reader, form) || !readExpression(reader)) return false
    if (!accept(reader, 'operator', ':'))
      return fail(
        reader,
        peek(reader),
        `A colon separates what a "for" goes through from what it gives, as in ${form}.`,
      )
    if (!readExpression(reader)) return false
    if (close === '}') {
      if (!accept(reader, 'operator', '=>'))
        return fail(reader, peek(reader), `A "for" in braces gives a key and a value, as in ${form}.`)
      if (!readExpression(reader)) return false
      accept(reader, 'operator', '...')
    }
    if (accept(reader, 'identifier', 'if') && !readExpression(reader)) return false
    if (accept(reader, 'close', close)) return true
    const found = peek(reader)
    return fail(reader, found, `A "for" ends with "${close}" here${found ? `, not ${shown(reader, found)}` : ''}.`)
  })

const isFor = (reader: TokenReader): boolean => {
  const free = { ...reader, free: 1 }
  const first = peek(free)
  free.at++
  return isToken(reader, first, 'identifier', 'for') && !isOperator(reader, peek(free), '=', ':')
}

const skipBreaks = (reader: TokenReader): void => {
  while (reader.tokens[reader.at]?.type === 'newline') reader.at++
}

const readEntry = (reader: TokenReader): boolean => {
  const key = peek(reader)
  if (!readExpression(reader)) return false
  if (!accept(reader, 'operator', '=') && !accept(reader, 'operator', ':')) {
    const name = key?.type === 'identifier' ? textOf(reader, key) : 'name'
    const end = reader.tokens[reader.at - 1]
    return fail(
      reader,
      end && key ? { ...key, end: end.end } : key,
      `This entry of a map has no value. Write ${name} = ….`,
    )
  }
  if (!readExpression(reader)) return false
  const found = peek(reader)
  if (!found || found.type === 'newline' || isToken(reader, found, 'close', '}') || accept(reader, 'operator', ','))
    return true
  return found.type === 'close'
    ? fail(reader, found, `"}" is expected here, not ${shown(reader, found)}.`)
    : fail(reader, found, `A comma or a line break is missing before ${shown(reader, found)}.`)
}

const readObject = (reader: TokenReader): boolean =>
  within(reader, 'significant', () => {
    for (;;) {
      skipBreaks(reader)
      if (accept(reader, 'close', '}')) return true
      if (!peek(reader) || !readEntry(reader)) return false
    }
  })

const readName = (reader: TokenReader): boolean => {
  advance(reader)
  while (accept(reader, 'operator', '::'))
    if (!accept(reader, 'identifier')) return fail(reader, peek(reader), 'After "::" comes the name of a function.')
  if (!accept(reader, 'open', '(')) return true
  return within(reader, 'free', () => readItems(reader, ')', 'among arguments'))
}

const readParentheses = (reader: TokenReader): boolean => {
  if (!readExpression(reader)) return false
  if (accept(reader, 'close', ')')) return true
  const found = peek(reader)
  return fail(reader, found, `")" is expected here${found ? `, not ${shown(reader, found)}` : ''}.`)
}

const readBracketed = (reader: TokenReader): boolean => {
  const open = textOf(reader, advance(reader))
  if (open === '(') return within(reader, 'free', () => readParentheses(reader))
  if (open === '[')
    return isFor(reader) ? readFor(reader, ']') : within(reader, 'free', () => readItems(reader, ']', 'in a list'))
  return isFor(reader) ? readFor(reader, '}') : readObject(reader)
}

const readPrimary = (reader: TokenReader): boolean => {
  const found = peek(reader)
  switch (found?.type) {
    case 'number':
      advance(reader)
      return true
    case 'quote-open':
    case 'heredoc-open':
      return readTemplate(reader, readExpression)
    case 'identifier':
      return readName(reader)
    case 'open':
      return readBracketed(reader)
    default:
      return missingValue(reader, found)
  }
}

const readIndex = (reader: TokenReader): boolean =>
  within(reader, 'free', () => {
    advance(reader)
    if (isOperator(reader, peek(reader), '*')) advance(reader)
    else if (!readExpression(reader)) return false
    return accept(reader, 'close', ']') || missingComma(reader, ']', 'in an index')
  })

const readTerm = (reader: TokenReader): boolean => {
  if (!readPrimary(reader)) return false
  for (;;) {
    if (isToken(reader, peek(reader), 'open', '[')) {
      if (!readIndex(reader)) return false
    } else if (accept(reader, 'operator', '.')) {
      const step = peek(reader)
      if (step?.type !== 'identifier' && step?.type !== 'number' && !isOperator(reader, step, '*'))
        return fail(reader, step ?? reader.tokens[reader.at - 1], 'After a dot comes the name of an attribute.')
      advance(reader)
    } else return true
  }
}

const readOperation = (reader: TokenReader): boolean => {
  for (;;) {
    while (isOperator(reader, peek(reader), '!', '-')) advance(reader)
    if (!readTerm(reader)) return false
    const found = peek(reader)
    if (isOperator(reader, found, '&', '|'))
      return fail(reader, found, `There is no ${shown(reader, found as Token)} here. "And" is "&&", "or" is "||".`)
    if (!isOperator(reader, found, ...BINARY)) return true
    advance(reader)
  }
}

/** Conditions within one another that are read; the parser refuses more by itself. */
const MAX_CONDITIONS = 500

const readConditions = (reader: TokenReader): boolean => {
  if (!readOperation(reader)) return false
  const question = peek(reader)
  if (!accept(reader, 'operator', '?')) return true
  if (reader.deep > MAX_CONDITIONS) return false
  if (!readExpression(reader)) return false
  if (accept(reader, 'operator', ':')) return readExpression(reader)
  return fail(
    reader,
    question,
    'A condition has two results: condition ? one : other. The colon and the other result are missing.',
  )
}

/** Reads one expression; false when something is wrong with it, which is then recorded. */
export const readExpression = (reader: TokenReader): boolean => {
  reader.deep++
  const done = readConditions(reader)
  reader.deep--
  return done
}
