import { formatNumber, parseNumber } from '../../src/declaration/eval/number.ts'
import type {
  Block,
  Body,
  Conditional,
  Expression,
  ObjectItem,
  TemplatePart,
} from '../../src/declaration/syntax/tree.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const SEQUENCE = /[$%]\{/

/** Source text of expressions is compared without blanks and parentheses: the referee's ranges differ in them. */
const loose = (text: string): string => text.replace(/[\s()]/g, '')

const sourceText = ({ source, start, end }: Expression): string => source.text.slice(start, end)

const wrapped = (expression: Expression): string => `\${${sourceText(expression)}}`

/** Accepted, but beyond what the referee can write as JSON. */
export class Unwritable extends Error {}

const conditionalText = ({ condition, whenTrue, whenFalse }: Conditional): string => {
  const [yes, no] = [inTemplate(whenTrue), inTemplate(whenFalse)]
  return `%{if ${sourceText(condition)}}${yes}${no === '' ? '' : `%{else}${no}`}%{endif}`
}

const partText = (part: TemplatePart): string => {
  switch (part.type) {
    case 'text':
      return part.value
    case 'interpolation':
      return inTemplate(part.expression)
    case 'if': {
      const [yes, no] = [part.whenTrue.map(partText).join(''), part.whenFalse.map(partText).join('')]
      return `%{if ${sourceText(part.condition)}}${yes}${no === '' ? '' : `%{else}${no}`}%{endif}`
    }
    case 'for': {
      const names = part.key ? `${part.key.text}, ${part.value.text}` : part.value.text
      return `%{for ${names} in ${sourceText(part.collection)}}${part.body.map(partText).join('')}%{endfor}`
    }
  }
}

const inTemplate = (expression: Expression): string => {
  if (expression.type === 'literal') {
    const { value } = expression
    if (value === null) throw new Unwritable()
    return typeof value === 'object' ? formatNumber(parseNumber(value.number) ?? 0) : String(value)
  }
  if (expression.type === 'template') return expression.parts.map(partText).join('')
  if (expression.type === 'wrap') return inTemplate(expression.expression)
  if (expression.type === 'conditional') return conditionalText(expression)
  return wrapped(expression)
}

const keyText = ({ key, bare }: ObjectItem): string => {
  if (bare && key.type === 'literal') return String(key.value)
  return key.type === 'parentheses' ? wrapped(key) : inTemplate(key)
}

const expressionJson = (expression: Expression): Json => {
  switch (expression.type) {
    case 'literal':
      return typeof expression.value === 'object' && expression.value
        ? Number(expression.value.number)
        : expression.value
    case 'unary': {
      const { operand, operator } = expression
      if (operand.type !== 'literal') return wrapped(expression)
      if (operator === '-' && typeof operand.value === 'object' && operand.value) return -Number(operand.value.number)
      if (operator === '!' && typeof operand.value === 'boolean') return !operand.value
      throw new Unwritable()
    }
    case 'template':
      return expression.parts.map(partText).join('')
    case 'wrap':
      return expressionJson(expression.expression)
    case 'tuple':
      return expression.items.map(expressionJson)
    case 'object':
      return Object.fromEntries(expression.items.map((item) => [keyText(item), expressionJson(item.value)]))
    default:
      return wrapped(expression)
  }
}

type Mutable = { [key: string]: Json | Mutable }

const putBlock = (block: Block, into: Mutable): void => {
  let place = into
  let key = block.name.text
  for (const label of block.labels) {
    const inner = place[key] ?? {}
    if (Array.isArray(inner)) throw new Unwritable()
    place[key] = inner
    place = inner as Mutable
    key = label.text
  }
  const body = bodyJson(block.body)
  const known = place[key]
  if (known !== undefined && !Array.isArray(known)) throw new Unwritable()
  place[key] = Array.isArray(known) ? [...known, body] : [body]
}

/** The tree as hcl2json, which is what the referee gives, would write it. */
export const bodyJson = (body: Body): Json => {
  const out: Mutable = {}
  for (const item of body.items) if (item.type === 'block') putBlock(item, out)
  for (const item of body.items) if (item.type === 'attribute') out[item.name.text] = expressionJson(item.expression)
  return out as Json
}

/** For comparing: keys sorted, numbers as doubles, source text loosened. */
export const comparable = (json: unknown): unknown => {
  if (typeof json === 'string') return SEQUENCE.test(json) ? loose(json) : json
  if (Array.isArray(json)) return json.map(comparable)
  if (json === null || typeof json !== 'object') return json
  const entries = Object.entries(json).map(
    ([key, inner]) => [SEQUENCE.test(key) ? loose(key) : key, comparable(inner)] as const,
  )
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
