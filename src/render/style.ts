/** What a piece of text means; each renderer decides how that looks. */
export type Tone =
  | 'plain'
  | 'bold'
  | 'dim'
  | 'create'
  | 'update'
  | 'destroy'
  | 'replace'
  | 'warning'
  | 'error'
  | 'accent'

/** The tone of a line that goes (`- `), comes (`+ `) or stays. */
export const signTone = (line: string): Tone =>
  line.startsWith('- ') ? 'destroy' : line.startsWith('+ ') ? 'create' : 'plain'

/** ANSI SGR pairs, 16-colour only so that every terminal theme stays readable. */
const CODES = {
  plain: ['', ''],
  bold: ['\u001b[1m', '\u001b[22m'],
  dim: ['\u001b[2m', '\u001b[22m'],
  create: ['\u001b[32m', '\u001b[39m'],
  update: ['\u001b[33m', '\u001b[39m'],
  destroy: ['\u001b[31m', '\u001b[39m'],
  replace: ['\u001b[35m', '\u001b[39m'],
  warning: ['\u001b[33m', '\u001b[39m'],
  error: ['\u001b[31m', '\u001b[39m'],
  accent: ['\u001b[36m', '\u001b[39m'],
} as const satisfies Record<Tone, readonly [string, string]>

/** Dresses text according to its meaning. */
export type Paint = (tone: Tone, text: string) => string

export const plainPaint: Paint = (_tone, text) => text

export const ansiPaint: Paint = (tone, text) => (text === '' ? '' : `${CODES[tone][0]}${text}${CODES[tone][1]}`)

/** NO_COLOR asks for none, and a dumb terminal knows none. */
export const wantsColour = ({ NO_COLOR, TERM }: Readonly<Record<string, string | undefined>>): boolean =>
  (NO_COLOR ?? '') === '' && TERM !== 'dumb'

/** The names Ink gives the same colours. */
export const INK_COLOURS = {
  plain: undefined,
  bold: undefined,
  dim: undefined,
  create: 'green',
  update: 'yellow',
  destroy: 'red',
  replace: 'magenta',
  warning: 'yellow',
  error: 'red',
  accent: 'cyan',
} as const satisfies Record<Tone, string | undefined>
