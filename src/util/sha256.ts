import { createHash } from 'node:crypto'
import { canonicalPieces } from './canonical-json.ts'

/** Lower-case hexadecimal SHA-256 of UTF-8 text. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The same of a value's canonical JSON, without holding that text as a whole. */
export const canonicalSha256 = (value: Readonly<Record<string, unknown>>): string => {
  const hash = createHash('sha256')
  canonicalPieces(value, (piece) => hash.update(piece))
  return hash.digest('hex')
}
