import { parseNumber } from '../../eval/number.ts'
import { bool, type Failure, failure, NULL, number, object, string, tuple, type Value } from '../../eval/value.ts'
import { MAX_NESTING } from '../../syntax/limits.ts'

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SPACE = /[ \t\n\r]*/y

interface Reader {
  readonly text: string
  at: number
  depth: number
}

class JsonError extends Error {}

const refuse = (reader: Reader, wanted: string): never => {
  const found = reader.text.slice(reader.at, reader.at + 10)
  throw new JsonError(
    found === ''
      ? `the text ends where ${wanted} was expected`
      : `${JSON.stringify(found)} stands where ${wanted} was expected`,
  )
}

const take = (reader: Reader, pattern: RegExp): string | undefined => {
  pattern.lastIndex = reader.at
  const found = pattern.exec(reader.text)?.[0]
  if (found === undefined) return undefined
  reader.at += found.length
  return found
}

const expect = (reader: Reader, character: string): void => {
  take(reader, SPACE)
  if (reader.text[reader.at] !== character) refuse(reader, JSON.stringify(character))
  reader.at++
}

const next = (reader: Reader): string | undefined => {
  take(reader, SPACE)
  return reader.text[reader.at]
}

const readText = (reader: Reader): string => {
  take(reader, SPACE)
  const found = take(reader, TEXT)
  return found === undefined ? refuse(reader, 'a string') : (JSON.parse(found) as string)
}

/** Reads items up to the closing bracket. */
const readList = (reader: Reader, close: string, item: () => void): void => {
  reader.at++
  reader.depth++
  if (reader.depth > MAX_NESTING) throw new JsonError(`it is nested more than ${MAX_NESTING} deep`)
  if (next(reader) === close) reader.at++
  else
    for (;;) {
      item()
      if (next(reader) === ',') reader.at++
      else {
        expect(reader, close)
        break
      }
    }
  reader.depth--
}

const readValue = (reader: Reader): Value => {
  const character = next(reader)
  if (character === '{') {
    const entries = new Map<string, Value>()
    readList(reader, '}', () => {
      const key = readText(reader).normalize('NFC')
      expect(reader, ':')
      entries.set(key, readValue(reader))
    })
    return object(entries)
  }
  if (character === '[') {
    const items: Value[] = []
    readList(reader, ']', () => items.push(readValue(reader)))
    return tuple(items)
  }
  if (character === '"') return string(readText(reader))
  for (const [word, value] of [
    ['true', bool(true)],
    ['false', bool(false)],
    ['null', NULL],
  ] as const)
    if (reader.text.startsWith(word, reader.at)) {
      reader.at += word.length
      return value
    }
  const digits = take(reader, NUMBER)
  const parsed = digits === undefined ? undefined : parseNumber(digits)
  return parsed === undefined ? refuse(reader, 'a value') : number(parsed)
}

/** Reads JSON with numbers of full precision. */
export const jsonValue = (text: string): Value | Failure => {
  const reader: Reader = { text, at: 0, depth: 0 }
  try {
    const value = readValue(reader)
    return next(reader) === undefined ? value : refuse(reader, 'nothing more')
  } catch (error) {
    if (error instanceof JsonError) return failure(`it is not JSON: ${error.message}`, 0)
    throw error
  }
}
