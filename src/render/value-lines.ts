import { isSecret } from '../resource/config-value.ts'
import { visibleJson, visibleLine } from '../util/visible.ts'

/** Stands for what the server will choose. */
export const UNKNOWN = '(known after apply)'

/** A list or a map that is longer takes a line for each item. */
const MOST_ON_A_LINE = 60

const NAME = /^[A-Za-z_][\w-]*$/

const quoted = (text: string): string => visibleJson(text)

const indented = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (line === '' ? '' : `    ${line}`))

const heredoc = (text: string): readonly string[] => [
  '<<-EOT',
  ...indented(text.replace(/\n$/, '').split('\n').map(visibleLine)),
  'EOT',
]

const scalarLines = (value: unknown): readonly string[] => {
  if (value === undefined) return ['(unset)']
  if (isSecret(value)) return ['(sensitive)']
  if (typeof value !== 'string') return [String(value)]
  return value.includes('\n') ? heredoc(value) : [quoted(value)]
}

type Lines = readonly string[]

/** All of them between brackets, when each has one line and together they are short. */
const onOneLine = (open: string, items: readonly Lines[], close: string): Lines | undefined => {
  const line = `${open}${items.map(([only]) => only).join(', ')}${close}`
  return items.every(({ length }) => length === 1) && line.length <= MOST_ON_A_LINE ? [line] : undefined
}

const listLines = (items: readonly Lines[]): Lines =>
  onOneLine('[', items, ']') ?? [
    '[',
    ...indented(items.flatMap((lines) => [...lines.slice(0, -1), `${lines.at(-1)},`])),
    ']',
  ]

const mapLines = (entries: readonly (readonly [name: string, value: Lines])[]): Lines => {
  if (entries.length === 0) return ['{}']
  const named = (width: number): readonly Lines[] =>
    entries.map(([name, [first = '', ...others]]) => [`${name.padEnd(width)} = ${first}`, ...others])
  const width = Math.max(...entries.map(([name]) => name.length))
  return onOneLine('{ ', named(0), ' }') ?? ['{', ...indented(named(width).flat()), '}']
}

/**
 * A value as a declaration would spell it; secrets never show. Long lists and maps, and texts of several lines, take lines of their own, those
 * within indented by four.
 */
export const valueLines = (value: unknown): Lines => {
  if (typeof value !== 'object' || value === null || isSecret(value)) return scalarLines(value)
  if (Array.isArray(value)) return listLines(value.map(valueLines))
  return mapLines(
    Object.entries(value).map(([key, inner]) => [NAME.test(key) ? key : quoted(key), valueLines(inner)] as const),
  )
}
