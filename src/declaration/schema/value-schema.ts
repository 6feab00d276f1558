import type { ValueFacts } from '../../kinds/facts/attribute.ts'
import type { JsonSchema } from './json-schema.ts'
import { unicodePattern } from './unicode-pattern.ts'

/** Text with an interpolation or a directive in it: its value is known only once it is evaluated. */
export const EXPRESSION = '[$%]\\{'

const BOOLEAN_WORDS = '^(?:[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[oO][nN]|[oO][fF]{2}|[yY][eE][sS]|[nN][oO]|[01])$'
const NUMBER = '^\\s*-?\\d+(?:\\.\\d+)?\\s*$'

const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'
const IPV4 = `${OCTET}(?:\\.${OCTET}){3}`
const IPV6 = '[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*'
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'

/** PVE's named formats as patterns. What is not here, or looser here than there, is checked when the declarations are evaluated. */
const FORMATS: Readonly<Record<string, string>> = {
  'disk-size': '^\\s*(?:\\d{7,}|\\d+(?:\\.\\d+)?\\s*[kKmMgGtT])\\s*$',
  'dns-name': `^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`,
  ipv4: `^${IPV4}$`,
  ipv6: `^${IPV6}$`,
  'mac-addr': '^[a-fA-F0-9][02468aceACE](?::[a-fA-F0-9]{2}){5}$',
  'pve-bridge-id': '^[-_.\\w]+$',
  'pve-configid': '^[a-zA-Z][a-zA-Z0-9_-]+$',
  'pve-ipv4-config': `^(?:dhcp|manual|${IPV4}/(?:3[0-2]|[12]?\\d))$`,
  'pve-ipv6-config': `^(?:auto|dhcp|manual|${IPV6}/\\d{1,3})$`,
  'pve-storage-id': '^[a-zA-Z][a-zA-Z0-9\\-_.]*[a-zA-Z0-9]$',
  'pve-tag': '^\\s*[a-zA-Z0-9_][a-zA-Z0-9_\\-+.]*\\s*$',
  'pve-volume-id': '^[a-zA-Z][a-zA-Z0-9\\-_.]*[a-zA-Z0-9]:.+$',
}

const EXAMPLES: Readonly<Record<string, string>> = {
  'disk-size': '32G',
  'mac-addr': 'BC:24:11:00:00:01',
  'pve-ipv4-config': '10.0.0.5/24',
  'pve-volume-id': 'local:snippets/user.yaml',
}

/** The pattern, or an expression. */
export const orExpression = (pattern: string): string => `${pattern}|${EXPRESSION}`

/** A default that is a value; PVE also states defaults in words, which belong in a description. */
const defaultOf = ({ type, default: given }: ValueFacts): { readonly default?: unknown } => {
  if (given === undefined) return {}
  if (type === 'boolean') return { default: String(given) === '1' }
  if (type === 'integer' || type === 'number') return Number.isNaN(Number(given)) ? {} : { default: Number(given) }
  return / /.test(String(given)) ? {} : { default: String(given) }
}

const enumSchema = (values: readonly (string | number)[]): JsonSchema => {
  const numbers = values.map(Number).filter((value) => !Number.isNaN(value))
  // `discard: true` means on, as people write it.
  const on = values.includes('on') ? [true] : []
  const off = values.includes('off') || values.includes('ignore') ? [false] : []
  return {
    anyOf: [
      { enum: [...values.map(String), ...numbers, ...on, ...off, null] },
      { type: 'string', pattern: EXPRESSION, description: `An expression in \`\${…}\`.` },
    ],
  }
}

const lengthPattern = (least = 0, most?: number): string => `^[\\s\\S]{${least},${most ?? ''}}$`

const textPattern = ({ pattern, minLength, maxLength, format }: ValueFacts): string | undefined => {
  const known = format === undefined ? undefined : FORMATS[format]
  const limited = minLength !== undefined || maxLength !== undefined
  return (
    known ??
    (pattern === undefined ? undefined : unicodePattern(pattern)) ??
    (limited ? lengthPattern(minLength, maxLength) : undefined)
  )
}

const textSchema = (facts: ValueFacts): JsonSchema => {
  const pattern = textPattern(facts)
  const example = facts.format === undefined ? undefined : EXAMPLES[facts.format]
  const isSize = facts.format === 'disk-size'
  return {
    type: isSize ? ['string', 'integer', 'null'] : ['string', 'number', 'boolean', 'null'],
    // Fewer would be a number of bytes that someone meant as gigabytes.
    ...(isSize && { minimum: 1024 ** 2 }),
    ...(pattern !== undefined && { pattern: orExpression(pattern) }),
    ...(example !== undefined && { examples: [example] }),
  }
}

/** One value as it may stand in a YAML declaration: itself, its text, an expression, or null, which is as if it were not there. */
export const valueSchema = (facts: ValueFacts): JsonSchema => {
  const own = { ...defaultOf(facts) }
  const { minimum, maximum } = facts
  switch (facts.type) {
    case 'boolean':
      return {
        type: ['boolean', 'integer', 'string', 'null'],
        minimum: 0,
        maximum: 1,
        pattern: orExpression(BOOLEAN_WORDS),
        ...own,
      }
    case 'integer':
    case 'number':
      return {
        type: [facts.type, 'string', 'null'],
        ...(minimum !== undefined && { minimum }),
        ...(maximum !== undefined && { maximum }),
        pattern: orExpression(NUMBER),
        ...own,
      }
    default:
      return facts.enum ? { ...enumSchema(facts.enum), ...own } : { ...textSchema(facts), ...own }
  }
}
