import type { DiagnosticCode } from '../diagnostic/codes.ts'
import {
  type ConfigValue,
  isPropertyMap,
  isSecret,
  type PropertyMap,
  type Scalar,
  type Secret,
} from '../resource/config-value.ts'
import { suggestion } from '../util/did-you-mean.ts'
import { sortedRecord } from '../util/sorted-record.ts'
import { canonicalList, readList } from './decode.ts'
import type { KeyFacts } from './key-facts.ts'
import type { KindDefinition } from './kind-definition.ts'
import { parsePropertyString } from './property-string.ts'
import { parseSize } from './size.ts'
import { checkValue } from './value.ts'

export interface Problem {
  readonly code: DiagnosticCode
  readonly detail: string
}

export interface Normalized {
  readonly value: ConfigValue
  readonly problem?: Problem
}

const invalid = (what: string, problem: string): Problem => ({
  code: 'kind.invalid-value',
  detail: `\`${what}\` ${/[.?]$/.test(problem) ? problem : `${problem}.`}`,
})

/** The keys of a property map in canonical spelling; `virtio = "MAC"` becomes model and address. */
const canonicalKeys = (facts: KeyFacts, map: PropertyMap): readonly (readonly [string, Scalar | Secret])[] =>
  Object.entries(map).flatMap(([key, value]) => {
    const { aliases, named } = facts.grammar ?? { aliases: {} }
    const known = facts.facts.properties ?? {}
    if (named?.names.has(key) && !(key in known))
      return [
        [named.head, key],
        [named.tail, value],
      ]
    return [[key in known ? key : (aliases[key] ?? key), value]]
  })

const unknownProperty = (facts: KeyFacts, key: string): Problem => {
  const known = Object.keys(facts.facts.properties ?? {})
  return {
    code: 'kind.unknown-property',
    detail: `\`${facts.key}\` has no key \`${key}\`.${suggestion(key, known) || ` It knows: ${known.join(', ')}.`}`,
  }
}

const normalizeMap = (facts: KeyFacts, map: PropertyMap): Normalized => {
  const out: Record<string, Scalar> = {}
  const problems: Problem[] = []
  for (const [key, value] of canonicalKeys(facts, map)) {
    const known = facts.facts.properties?.[key]
    if (!known) problems.push(unknownProperty(facts, key))
    else if (isSecret(value))
      problems.push({
        code: 'kind.secret-in-property',
        detail: `\`${facts.key}.${key}\` is one part of a text that PVE stores and shows as a whole, so it cannot be kept secret. Use a value that is not sensitive.`,
      })
    else {
      const checked = checkValue(known, value)
      if ('problem' in checked) problems.push(invalid(`${facts.key}.${key}`, checked.problem))
      else out[key] = checked.value
    }
  }
  return { value: sortedRecord(out), ...join(problems) }
}

const join = (problems: readonly Problem[]): { readonly problem?: Problem } => {
  const [first, ...others] = problems
  if (!first) return {}
  return { problem: { code: first.code, detail: [first, ...others].map(({ detail }) => detail).join('\n') } }
}

const mapOf = (facts: KeyFacts, value: ConfigValue): PropertyMap | undefined => {
  if (isPropertyMap(value)) return value
  if (Array.isArray(value)) return facts.name === 'boot' ? { order: value.join(';') } : undefined
  const { defaultKey } = facts.facts
  if (typeof value === 'boolean' || typeof value === 'number')
    return defaultKey === undefined ? undefined : { [defaultKey]: value }
  return typeof value === 'string' && facts.grammar
    ? Object.fromEntries(parsePropertyString(value, facts.grammar))
    : undefined
}

const normalizeList = (facts: KeyFacts, value: ConfigValue): Normalized => {
  const { list, facts: attribute } = facts
  if (!list) return { value }
  const items = Array.isArray(value) ? canonicalList(value.map(String), list) : undefined
  const own = items ?? (typeof value === 'object' ? undefined : readList(String(value), list))
  if (!own) return { value, problem: invalid(facts.key, 'must be a list of strings') }
  const wrong = own.flatMap((item) => {
    const checked = attribute.value ? checkValue(attribute.value, item) : { value: item }
    return 'problem' in checked ? [invalid(facts.key, checked.problem)] : []
  })
  return { value: own, ...join(wrong) }
}

/** PVE counts these in MiB and knows no units for them. */
const IN_MEBIBYTES: readonly string[] = ['memory', 'balloon', 'swap']

/** A size with a unit in MiB, for what takes none. */
const mebibytesOf = (given: Scalar): number | undefined => {
  const [, unit] = /^\d+(?:\.\d+)?\s*([MGT])i?B?$/i.exec(String(given).trim()) ?? []
  const bytes = unit === undefined ? undefined : parseSize(String(given).replace(/\s*([MGT])i?B?\s*$/i, '$1'))
  return bytes === undefined ? undefined : Math.round(bytes / 1024 ** 2)
}

const normalizeScalar = (facts: KeyFacts, value: ConfigValue, definition: KindDefinition): Normalized => {
  if (typeof value === 'object') return { value, problem: invalid(facts.key, 'must be a single value') }
  const open = definition.openEnded.includes(facts.name) && typeof value === 'string'
  const given = open ? value.replace(/\n+$/, '') : value
  const checked = facts.facts.value ? checkValue(facts.facts.value, given) : { value: given }
  const mebibytes = IN_MEBIBYTES.includes(facts.name) ? mebibytesOf(given) : undefined
  if (mebibytes !== undefined)
    return { value, problem: invalid(facts.key, `is counted in MiB. Write ${mebibytes} for ${JSON.stringify(given)}`) }
  return 'problem' in checked ? { value, problem: invalid(facts.key, checked.problem) } : { value: checked.value }
}

const exampleKeys = ({ facts }: KeyFacts): string =>
  Object.keys(facts.properties ?? {})
    .slice(0, 3)
    .join(', ')

const unknownKey = (key: string, definition: KindDefinition): Problem => {
  const reason = definition.excluded[key] ?? definition.excluded[key.replace(/\d+$/, '[n]')]
  if (reason !== undefined) return { code: 'kind.not-declarable', detail: `\`${key}\` cannot be declared: ${reason}.` }
  const names = Object.keys(definition.parameters).filter((name) => !(name in definition.excluded))
  const place = /^(.*?)\d+$/.exec(key)
  const last = place && definition.lastIndex[`${place[1]}[n]`]
  const numbered = names.map((name) => name.replace('[n]', place ? (/\d+$/.exec(key)?.[0] ?? '0') : '0'))
  return {
    code: 'kind.unknown-attribute',
    detail: `A ${definition.name} has no attribute \`${key}\`.${
      typeof last === 'number' ? ` The numbers go from 0 to ${last}.` : suggestion(key, numbered)
    }`,
  }
}

/** Brings a declared value to the form the server's values are decoded to, and reports what PVE would refuse. */
export const normalizeValue = (
  key: string,
  facts: KeyFacts | undefined,
  value: ConfigValue,
  definition: KindDefinition,
): Normalized => {
  if (!facts || facts.name in definition.excluded) return { value, problem: unknownKey(key, definition) }
  if (facts.facts.shape === 'scalar') {
    return isSecret(value) ? { value } : normalizeScalar(facts, value, definition)
  }
  if (isSecret(value))
    return {
      value,
      problem: {
        code: 'kind.secret-in-property',
        detail: `\`${key}\` is stored and shown by PVE in the clear, so it cannot be kept secret. Use a value that is not sensitive.`,
      },
    }
  if (facts.facts.shape === 'list') return normalizeList(facts, value)
  const map = mapOf(facts, value)
  return map
    ? normalizeMap(facts, map)
    : { value, problem: invalid(key, `must be a map of its keys, such as ${exampleKeys(facts)}`) }
}
