import type { Config, ConfigValue, PropertyMap, Scalar } from '../../resource/config-value.ts'
import type { RawConfig } from '../../resource/observed.ts'
import type { KeyFacts, KeyFactsOf } from '../facts/key-facts.ts'
import type { KindDefinition, ListForm } from '../kind-definition.ts'
import { parsePropertyString } from './property-string.ts'
import { readValue } from './value.ts'
import { volumeProperties } from './volume.ts'

/** Entries in canonical form: trimmed, without empty ones; sets are unique and sorted. */
export const canonicalList = (entries: readonly string[], form: ListForm): readonly string[] => {
  const own = entries.map((entry) => entry.trim()).filter((entry) => entry !== '')
  if (!form.set) return own
  return [...new Set(own)].sort()
}

/** A list out of PVE's text for it. */
export const readList = (text: string, form: ListForm): readonly string[] => {
  const word = form.words?.[text.trim()]
  return word ? [...word].sort() : canonicalList(text.split(form.split), form)
}

/** A text without blanks and line breaks at its end, which the server adds or drops, and with one sort of line break. */
export const openText = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd()

/** Percent-decoding that leaves text alone which is not percent-encoded. */
export const percentDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}

const readProperties = (facts: KeyFacts, text: string): PropertyMap => {
  const values: Record<string, Scalar> = {}
  if (!facts.grammar) return values
  const parts = parsePropertyString(text, facts.grammar)
  const volume = facts.volume === undefined ? undefined : parts.get(facts.volume)
  for (const [key, value] of parts) values[key] = readValue(facts.values?.[key], value)
  return volume === undefined
    ? values
    : { ...values, ...volumeProperties(volume, { withFormat: 'format' in (facts.values ?? {}) }) }
}

/** One key's text as the server spells it, normalised. Keys PVE's facts do not know stay text. */
export const decodeValue = (facts: KeyFacts | undefined, text: string, definition: KindDefinition): ConfigValue => {
  if (facts === undefined) return text
  const plain = definition.urlEncoded.includes(facts.name) ? percentDecoded(text) : text
  if (facts.list) return readList(plain, facts.list).map((item) => String(readValue(facts.facts.value, item)))
  if (facts.facts.shape === 'properties') return readProperties(facts, plain)
  if (facts.grammar)
    return readValue(facts.facts.value, [...parsePropertyString(plain, facts.grammar).values()][0] ?? plain)
  return readValue(facts.facts.value, definition.looseLineEnds.includes(facts.name) ? openText(plain) : plain)
}

/** A whole configuration, normalised. */
export const decodeConfig = (raw: RawConfig, keys: KeyFactsOf, definition: KindDefinition): Config =>
  Object.fromEntries(Object.entries(raw).map(([key, text]) => [key, decodeValue(keys(key), text, definition)]))
