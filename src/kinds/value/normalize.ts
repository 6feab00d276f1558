import type { DiagnosticCode } from '../../diagnostic/codes.ts'
import {
  type ConfigValue,
  isPropertyMap,
  isSecret,
  type PropertyMap,
  type Scalar,
  type Secret,
} from '../../resource/config-value.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import { sortedRecord } from '../../util/sorted-record.ts'
import type { KeyFacts } from '../facts/key-facts.ts'
import type { KindDefinition } from '../kind-definition.ts'
import { readAllocation } from './allocation.ts'
import { canonicalList, openText, percentDecoded, readList } from './decode.ts'
import { parsePropertyString } from './property-string.ts'
import { parseSize } from './size.ts'
import { type CheckedValue, checkValue } from './value.ts'

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

const unknownProperty = (facts: KeyFacts, key: string, definition: KindDefinition): Problem => {
  const reason = definition.excludedProperties[facts.name]?.[key]
  if (reason !== undefined)
    return { code: 'kind.not-declarable', detail: `\`${facts.key}.${key}\` cannot be declared: ${reason}.` }
  const known = Object.keys(facts.facts.properties ?? {})
  return {
    code: 'kind.unknown-property',
    detail: `\`${facts.key}\` has no key \`${key}\`.${suggestion(key, known) || ` It knows: ${known.join(', ')}.`}`,
  }
}

const PLACING: readonly string[] = ['storage', 'size', 'format', 'media', 'import-from']

/** An empty text takes the key away, where it is one that may be missing. */
const emptiedProperty = (facts: KeyFacts, key: string, definition: KindDefinition): CheckedValue => {
  const isNeeded =
    definition.undeletableProperties[facts.name]?.includes(key) ||
    facts.facts.properties?.[key]?.optional === false ||
    key in (definition.requiredDefaults[facts.name] ?? {}) ||
    (facts.volume !== undefined && (key === facts.volume || PLACING.includes(key)))
  return isNeeded ? { problem: 'cannot be empty. Give it a value, or leave it out' } : { value: '' }
}

/** Two properties of which PVE takes only one. */
const contradictions = (facts: KeyFacts, map: PropertyMap, definition: KindDefinition): readonly Problem[] =>
  (definition.alternatives[facts.name] ?? []).flatMap(([one, other]) =>
    [one, other].every((key) => map[key] !== undefined && map[key] !== '')
      ? [invalid(facts.key, `has both \`${one}\` and \`${other}\`, and Proxmox VE takes only one of them. Keep one`)]
      : [],
  )

const normalizeMap = (facts: KeyFacts, map: PropertyMap, definition: KindDefinition): Normalized => {
  const out: Record<string, Scalar> = {}
  const problems: Problem[] = []
  for (const [key, value] of canonicalKeys(facts, map)) {
    const known = facts.facts.properties?.[key]
    if (!known) problems.push(unknownProperty(facts, key, definition))
    else if (isSecret(value))
      problems.push({
        code: 'kind.secret-in-property',
        detail: `\`${facts.key}.${key}\` is part of a text that Proxmox VE stores and shows as a whole, so it cannot be kept secret. Use a value that is not sensitive.`,
      })
    else {
      const checked = value === '' ? emptiedProperty(facts, key, definition) : checkValue(known, value)
      if ('problem' in checked) problems.push(invalid(`${facts.key}.${key}`, checked.problem))
      else out[key] = checked.value
    }
  }
  const allocation = readAllocation(facts, out, definition)
  if ('problem' in allocation) problems.push(invalid(facts.key, allocation.problem))
  const read = 'problem' in allocation ? out : allocation.map
  if (facts.volume !== undefined && Object.keys(map).length === 0)
    problems.push(invalid(facts.key, 'is empty. Describe it with `storage` and `size`, or take it away with ""'))
  problems.push(...contradictions(facts, read, definition))
  return { value: sortedRecord(read), ...join(problems) }
}

const join = (problems: readonly Problem[]): { readonly problem?: Problem } => {
  const [first, ...others] = problems
  if (!first) return {}
  return { problem: { code: first.code, detail: [first, ...others].map(({ detail }) => detail).join('\n') } }
}

const mapOf = (facts: KeyFacts, value: ConfigValue, definition: KindDefinition): PropertyMap | undefined => {
  if (isPropertyMap(value)) return value
  if (Array.isArray(value)) return facts.name === 'boot' ? { order: value.join(';') } : undefined
  const { defaultKey } = facts.facts
  if (typeof value === 'boolean' || typeof value === 'number')
    return defaultKey === undefined ? undefined : { [defaultKey]: value }
  if (typeof value !== 'string' || !facts.grammar) return undefined
  // PVE shows these and ignores them when told, so that the text of an existing guest may be declared as it is.
  const dropped = definition.ignoredProperties[facts.name] ?? []
  return Object.fromEntries([...parsePropertyString(value, facts.grammar)].filter(([key]) => !dropped.includes(key)))
}

/** Text that was percent-encoded for PVE already, as other tools want it: keys hold blanks, so that without one it is. */
const listText = (facts: KeyFacts, text: string, definition: KindDefinition): string =>
  definition.urlEncoded.includes(facts.name) && !/\s/.test(text.trim()) ? percentDecoded(text) : text

const normalizeList = (facts: KeyFacts, value: ConfigValue, definition: KindDefinition): Normalized => {
  const { list, facts: attribute } = facts
  if (!list) return { value }
  const items = Array.isArray(value) ? canonicalList(value.map(String), list) : undefined
  const own =
    items ?? (typeof value === 'object' ? undefined : readList(listText(facts, String(value), definition), list))
  if (!own) return { value, problem: invalid(facts.key, 'must be a list of strings') }
  const checked = own.map(
    (item): CheckedValue => (attribute.value ? checkValue(attribute.value, item) : { value: item }),
  )
  const wrong = checked.flatMap((each) => ('problem' in each ? [invalid(facts.key, each.problem)] : []))
  return wrong.length > 0
    ? { value: own, ...join(wrong) }
    : { value: checked.flatMap((each) => ('value' in each ? [String(each.value)] : [])) }
}

/** PVE counts these in MiB and knows no units for them. */
const IN_MEBIBYTES: readonly string[] = ['memory', 'balloon', 'swap']

/** A size with a unit in MiB, for what takes none. */
const mebibytesOf = (given: Scalar): number | undefined => {
  const [, unit] = /^\d+(?:\.\d+)?\s*([MGT])i?B?$/i.exec(String(given).trim()) ?? []
  const bytes = unit === undefined ? undefined : parseSize(String(given).replace(/\s*([MGT])i?B?\s*$/i, '$1'))
  return bytes === undefined ? undefined : Math.round(bytes / 1024 ** 2)
}

/** The value itself: without what the server adds to a text, and without its name where PVE's spelling gives it (`current=2048`). */
const scalarText = (facts: KeyFacts, value: Scalar, definition: KindDefinition): Scalar => {
  if (typeof value !== 'string') return value
  if (definition.looseLineEnds.includes(facts.name)) return openText(value)
  const named = facts.grammar && value.includes('=') ? [...parsePropertyString(value, facts.grammar)] : []
  const [first, ...others] = named
  return first && others.length === 0 && facts.format && first[0] in facts.format ? first[1] : value
}

const normalizeScalar = (facts: KeyFacts, value: ConfigValue, definition: KindDefinition): Normalized => {
  if (typeof value === 'object') return { value, problem: invalid(facts.key, 'must be a single value') }
  const given = scalarText(facts, value as Scalar, definition)
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

/** Nothing at all, in one of its spellings. An empty list stays a list, and an empty drive is one that is not described. */
const isEmptyValue = ({ facts, list, volume }: KeyFacts, value: ConfigValue): boolean => {
  if (facts.shape === 'list') return value === '' && list?.words !== undefined
  if (isPropertyMap(value))
    return facts.shape === 'properties' && volume === undefined && Object.keys(value).length === 0
  return value === '' || (Array.isArray(value) && value.length === 0)
}

/** What is declared as empty is unset, where the server can do without it. */
const emptied = (facts: KeyFacts, definition: KindDefinition): Normalized => {
  if (!definition.undeletable.includes(facts.name)) return { value: '' }
  const problem =
    'cannot be empty: Proxmox VE does not unset it. Give it a value, or leave it out to keep what is there'
  return { value: '', problem: invalid(facts.key, problem) }
}

/** Brings a declared value to the form the server's values are decoded to, and reports what PVE would refuse. */
export const normalizeValue = (
  key: string,
  facts: KeyFacts | undefined,
  value: ConfigValue,
  definition: KindDefinition,
): Normalized => {
  if (!facts || facts.name in definition.excluded) return { value, problem: unknownKey(key, definition) }
  if (isEmptyValue(facts, value)) return emptied(facts, definition)
  if (facts.facts.shape === 'scalar') {
    return isSecret(value) ? { value } : normalizeScalar(facts, value, definition)
  }
  if (isSecret(value))
    return {
      value,
      problem: {
        code: 'kind.secret-in-property',
        detail: `\`${key}\` is stored and shown by Proxmox VE in plain text, so it cannot be kept secret. Use a value that is not sensitive.`,
      },
    }
  if (facts.facts.shape === 'list') return normalizeList(facts, value, definition)
  const map = mapOf(facts, value, definition)
  return map
    ? normalizeMap(facts, map, definition)
    : { value, problem: invalid(key, `must be a map of its keys, such as ${exampleKeys(facts)}`) }
}
