import type { LexicalProblem } from './token.ts'

const SIMPLE: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }

const unescapeOpenings = (text: string): string => text.replace(/\$\$\{/g, '${').replace(/%%\{/g, '%{')

export interface Decoded {
  readonly value: string
  readonly problems: readonly LexicalProblem[]
}

/** Text of a heredoc or a template file: only `$${` and `%%{` are escapes. */
export const decodePlain = (text: string): string => unescapeOpenings(text)

const codePoint = (hex: string, digits: number): string | undefined => {
  if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex)) return undefined
  const code = Number.parseInt(hex, 16)
  if (code > 0x10ffff) return undefined
  return code >= 0xd800 && code <= 0xdfff ? '\uFFFD' : String.fromCodePoint(code)
}

/** Text between double quotes, with its backslash escapes; `start` is where it stands, for the problems. */
export const decodeQuoted = (text: string, start: number): Decoded => {
  if (!text.includes('\\')) return { value: unescapeOpenings(text), problems: [] }
  const problems: LexicalProblem[] = []
  let value = ''
  for (let at = 0; at < text.length; ) {
    const backslash = text.indexOf('\\', at)
    if (backslash < 0) {
      value += unescapeOpenings(text.slice(at))
      break
    }
    value += unescapeOpenings(text.slice(at, backslash))
    const letter = text[backslash + 1] ?? ''
    const digits = letter === 'u' ? 4 : letter === 'U' ? 8 : 0
    const simple = SIMPLE[letter]
    const unicode = digits > 0 ? codePoint(text.slice(backslash + 2, backslash + 2 + digits), digits) : undefined
    if (simple !== undefined || unicode !== undefined) {
      value += simple ?? unicode
      at = backslash + 2 + (simple === undefined ? digits : 0)
      continue
    }
    problems.push({
      start: start + backslash,
      end: start + backslash + 2,
      detail: `"\\${letter}" is not an escape sequence. Use \\n, \\r, \\t, \\", \\\\, \\uNNNN and \\UNNNNNNNN; write "\\\\" for a backslash.`,
    })
    at = backslash + 2
  }
  return { value, problems }
}
