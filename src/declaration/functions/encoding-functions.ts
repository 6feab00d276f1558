import { TextDecoder } from 'node:util'
import { gzipSync } from 'node:zlib'
import { DYNAMIC, STRING } from '../eval/type.ts'
import { type Failure, failure, string, type Value } from '../eval/value.ts'
import { onText, spec, strings, text } from './call/arguments.ts'
import type { FunctionGroup } from './call/function-world.ts'
import { parameter } from './call/parameter.ts'
import { csvValue } from './text/csv-decode.ts'
import { jsonValue } from './text/json-decode.ts'
import { hasInfinity, jsonText } from './text/json-text.ts'

/** Text of UTF-8 bytes; undefined when they are none. */
export const utf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

const fromBase64 = (given: string): Uint8Array | undefined => {
  const compact = given.replace(/[\r\n]/g, '')
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined
  return Buffer.from(compact, 'base64')
}

const base64decode = ([given]: readonly Value[]): Value | Failure => {
  const bytes = fromBase64(text(given))
  if (!bytes) return failure('it is not base64', 0)
  const decoded = utf8(bytes)
  return decoded === undefined
    ? failure('what it holds is not UTF-8 text; use it encoded as it is', 0)
    : string(decoded)
}

/** Half a surrogate pair is no character; UTF-8 puts the replacement character in its place, as Go does. */
const urlencode = (given: string): string =>
  encodeURIComponent(given.replace(/\p{Surrogate}/gu, '\uFFFD'))
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')

const decoderFor = (encoding: string): TextDecoder | undefined => {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const swapped = (bytes: Buffer): Buffer => (bytes.length > 0 ? Buffer.from(bytes).swap16() : bytes)

const fits = (given: string, last: number): boolean =>
  Array.from(given).every((character) => (character.codePointAt(0) ?? 0) <= last)

const encodeAs = (given: string, encoding: string): Buffer | undefined => {
  switch (encoding.toUpperCase()) {
    case 'UTF-8':
    case 'UTF8':
      return Buffer.from(given, 'utf8')
    case 'UTF-16LE':
      return Buffer.from(given, 'utf16le')
    case 'UTF-16BE':
      return swapped(Buffer.from(given, 'utf16le'))
    case 'US-ASCII':
    case 'ASCII':
      return fits(given, 0x7f) ? Buffer.from(given, 'latin1') : undefined
    case 'ISO-8859-1':
    case 'LATIN1':
      return fits(given, 0xff) ? Buffer.from(given, 'latin1') : undefined
    default:
      return undefined
  }
}

const textencode = ([given, encoding]: readonly Value[]): Value | Failure => {
  const bytes = encodeAs(text(given), text(encoding))
  if (bytes) return string(bytes.toString('base64'))
  return failure(
    'it must be UTF-8, UTF-16LE, UTF-16BE, ISO-8859-1 or US-ASCII, and hold every character of the text',
    1,
  )
}

const textdecode = ([given, encoding]: readonly Value[]): Value | Failure => {
  const bytes = fromBase64(text(given))
  if (!bytes) return failure('it is not base64', 0)
  const decoder = decoderFor(text(encoding))
  if (!decoder) return failure('it is not the name of an encoding', 1)
  try {
    return string(decoder.decode(bytes))
  } catch (error) {
    if (error instanceof TypeError) return failure(`what it holds is not ${text(encoding)} text`, 0)
    throw error
  }
}

const anything = parameter('val', DYNAMIC, { nullable: true, whole: true })

export const encodingFunctions: FunctionGroup = {
  base64encode: onText('str', (given) => Buffer.from(given).toString('base64')),
  base64decode: spec(strings('str'), STRING, base64decode),
  base64gzip: onText('str', (given) => gzipSync(given).toString('base64')),
  textencodebase64: spec(strings('string', 'encoding'), STRING, textencode),
  textdecodebase64: spec(strings('source', 'encoding'), STRING, textdecode),
  urlencode: onText('str', urlencode),
  csvdecode: spec(strings('str'), undefined, ([given]) => csvValue(text(given))),
  jsondecode: spec(strings('str'), undefined, ([given]) => jsonValue(text(given))),
  jsonencode: spec([anything], STRING, ([given]) => {
    if (!given || hasInfinity(given)) return failure('JSON has no infinite numbers', 0)
    return string(jsonText(given))
  }),
}
