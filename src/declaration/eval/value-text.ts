import { formatNumber } from './number.ts'
import { NAME } from './type.ts'
import { precisionOf, type Value } from './value.ts'

const quoted = (text: string): string => JSON.stringify(text).replace(/([$%])\{/g, '$1$1{')

const heredoc = (text: string, pad: string): string => {
  const lines = text.slice(0, -1).split('\n')
  return `<<-EOT\n${lines.map((line) => `${pad}  ${line}`).join('\n')}\n${pad}EOT`
}

const several = (open: string, lines: readonly string[], close: string, pad: string): string =>
  lines.length === 0
    ? `${open}${close}`
    : `${open}\n${lines.map((line) => `${pad}  ${line},`).join('\n')}\n${pad}${close}`

const list = (open: string, items: readonly Value[], close: string, pad: string): string =>
  several(
    open,
    items.map((item) => render(item, `${pad}  `)),
    close,
    pad,
  )

const keyed = (open: string, entries: ReadonlyMap<string, Value>, close: string, pad: string): string => {
  const names = Array.from(entries.keys(), (name) => (NAME.test(name) ? name : JSON.stringify(name)))
  const width = names.reduce((widest, name) => Math.max(widest, name.length), 0)
  const lines = Array.from(
    entries.values(),
    (inner, at) => `${(names[at] ?? '').padEnd(width)} = ${render(inner, `${pad}  `)}`,
  )
  return lines.length === 0
    ? `${open}${close}`
    : `${open}\n${lines.map((line) => `${pad}  ${line}`).join('\n')}\n${pad}${close}`
}

const render = (value: Value, pad: string): string => {
  if (value.sensitive) return '(sensitive value)'
  switch (value.kind) {
    case 'null':
      return 'null'
    case 'unknown':
      return '(known after apply)'
    case 'bool':
      return String(value.value)
    case 'number':
      return formatNumber(value.value, precisionOf(value))
    case 'string':
      return value.value.includes('\n') && value.value.endsWith('\n') ? heredoc(value.value, pad) : quoted(value.value)
    case 'list':
      return list('tolist([', value.items, '])', pad)
    case 'set':
      return list('toset([', value.items, '])', pad)
    case 'tuple':
      return list('[', value.items, ']', pad)
    case 'map':
      return keyed('tomap({', value.entries, '})', pad)
    case 'object':
      return keyed('{', value.entries, '}', pad)
  }
}

/** A value as it would be written in HCL, over several lines; sensitive and unknown parts are named as such. */
export const valueText = (value: Value): string => render(value, '')
