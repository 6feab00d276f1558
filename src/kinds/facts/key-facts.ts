import type { KindDefinition, ListForm } from '../kind-definition.ts'
import { grammarOf, type PropertyGrammar } from '../value/property-string.ts'
import type { AttributeFacts, ValueFacts } from './attribute.ts'
import { attributeFacts, formatOf, soleKey, valueFacts } from './attribute-facts.ts'
import { parameterOf } from './measured-effect.ts'
import type { PvePropertyFormat } from './pve-facts.ts'

/** Everything about one parameter that reading, writing and comparing needs, made once. */
export interface ParameterFacts {
  readonly name: string
  readonly facts: AttributeFacts
  readonly list?: ListForm
  /** Property strings only. */
  readonly grammar?: PropertyGrammar
  readonly format?: PvePropertyFormat
  /** All keys of a property string, also those that cannot be declared. */
  readonly values?: { readonly [key: string]: ValueFacts }
  /** The property that names the volume, where the parameter holds one. */
  readonly volume?: string
}

export interface KeyFacts extends ParameterFacts {
  readonly key: string
  readonly index?: number
}

/** Looks up a configuration key's facts; undefined when PVE has no such key. */
export type KeyFactsOf = (key: string) => KeyFacts | undefined

const parameterFacts = (name: string, definition: KindDefinition): ParameterFacts | undefined => {
  const parameter = definition.parameters[name]
  if (!parameter) return undefined
  const facts = attributeFacts(name, parameter, definition)
  const format = facts.shape === 'list' ? undefined : formatOf(parameter)
  const list = definition.lists[name]
  const volume = definition.volumes[name]
  if (!format || soleKey(format) !== undefined)
    return {
      name,
      facts,
      ...(list && { list }),
      ...(format && { format, grammar: grammarOf(format) }),
      ...(volume && { volume }),
    }
  const values = Object.entries(format).flatMap(([key, value]) =>
    value.alias === undefined ? [[key, valueFacts(value, definition.spellings[name]?.[key])] as const] : [],
  )
  const grammar = grammarOf(format)
  const other = volume === 'volume' ? 'file' : 'volume'
  return {
    name,
    facts,
    format,
    grammar: volume ? { ...grammar, aliases: { ...grammar.aliases, [other]: volume } } : grammar,
    values: Object.fromEntries(values),
    ...(volume && { volume }),
  }
}

/** Makes the look-up for a kind; each key's facts are made when first asked for and kept. */
export const keyFactsOf = (definition: KindDefinition): KeyFactsOf => {
  const byName = new Map<string, ParameterFacts | undefined>()
  const byKey = new Map<string, KeyFacts | undefined>()
  const make = (key: string): KeyFacts | undefined => {
    const place = parameterOf(definition.parameters, key)
    if (!place || (place.index ?? 0) > (definition.lastIndex[place.name] ?? Number.POSITIVE_INFINITY)) return undefined
    if (!byName.has(place.name)) byName.set(place.name, parameterFacts(place.name, definition))
    const facts = byName.get(place.name)
    return facts && { ...facts, key, ...(place.index !== undefined && { index: place.index }) }
  }
  return (key) => {
    if (!byKey.has(key)) byKey.set(key, make(key))
    return byKey.get(key)
  }
}
