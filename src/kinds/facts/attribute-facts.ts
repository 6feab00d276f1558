import type { KindDefinition } from '../kind-definition.ts'
import { type Spelling, spellingOfFormat } from '../value/spelling.ts'
import type { AttributeFacts, ValueFacts } from './attribute.ts'
import { namedFormats } from './named-format.ts'
import { anchored } from './perl-pattern.ts'
import type { PveParameter, PvePropertyFormat, PveValueFacts } from './pve-facts.ts'

const VALUE_TYPES = ['boolean', 'integer', 'number', 'string'] as const

const numberOf = (value: number | string | undefined): number | undefined =>
  value === undefined || Number.isNaN(Number(value)) ? undefined : Number(value)

/** PVE's facts of one value in our words; numbers that PVE states as text become numbers. */
export const valueFacts = (facts: PveValueFacts, own?: Spelling): ValueFacts => {
  const type = VALUE_TYPES.find((known) => known === facts.type) ?? 'string'
  const [minimum, maximum] = [numberOf(facts.minimum), numberOf(facts.maximum)]
  const format = typeof facts.format === 'string' ? facts.format : undefined
  const spelling = own ?? spellingOfFormat(format)
  return {
    type,
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(facts.minLength !== undefined && { minLength: facts.minLength }),
    ...(facts.maxLength !== undefined && { maxLength: facts.maxLength }),
    ...(facts.pattern !== undefined && { pattern: anchored(facts.pattern) }),
    ...(facts.enum && { enum: facts.enum }),
    ...(format !== undefined && { format }),
    ...(spelling !== undefined && { spelling }),
    ...(facts.default !== undefined && facts.default !== null && { default: facts.default }),
  }
}

/** The property-string format of a parameter: given by the API, or by name; undefined for plain values. */
export const formatOf = (parameter: PveParameter): PvePropertyFormat | undefined =>
  typeof parameter.format === 'string' ? namedFormats[parameter.format] : parameter.format

/** A format with a single key is a plain value to people: `memory` is `current`. */
export const soleKey = (format: PvePropertyFormat): string | undefined => {
  const [only, ...others] = Object.keys(format)
  return others.length === 0 ? only : undefined
}

const propertyFacts = (name: string, format: PvePropertyFormat, definition: KindDefinition) => {
  const extra = definition.volumes[name] ? { storage: { type: 'string', optional: 1, format: 'pve-storage-id' } } : {}
  const dropped = [
    ...(definition.ignoredProperties[name] ?? []),
    ...Object.keys(definition.excludedProperties[name] ?? {}),
  ]
  const entries = Object.entries({ ...format, ...extra } as PvePropertyFormat)
    .filter(([key, facts]) => facts.alias === undefined && !dropped.includes(key))
    .map(([key, facts]) => {
      const own = valueFacts(facts, definition.spellings[name]?.[key])
      const values = definition.extraEnum[name]?.[key]
      const supplied =
        facts.optional === 1 || facts.default !== undefined || key in (definition.requiredDefaults[name] ?? {})
      const optional = supplied || definition.volumes[name] === key
      return [key, { ...own, ...(values && own.enum && { enum: [...own.enum, ...values] }), optional }] as const
    })
  return Object.fromEntries(entries)
}

const elementFacts = (parameter: PveParameter, spelling: Spelling | undefined): ValueFacts => {
  const facts = valueFacts(parameter, spelling)
  const { pattern: _pattern, maxLength: _maxLength, format, default: _default, ...rest } = facts
  return { ...rest, ...(format !== undefined && { format: format.replace(/-list$/, '') }) }
}

const effectWhenSet = (name: string, definition: KindDefinition): 'live' | 'reboot' => {
  const settled = definition.knownEffects[name]
  if (settled === 'live' || settled === 'reboot') return settled
  return definition.running[name]?.set ?? 'reboot'
}

/** Facts of one parameter as declarations see it. */
export const attributeFacts = (name: string, parameter: PveParameter, definition: KindDefinition): AttributeFacts => {
  const format = formatOf(parameter)
  const list = definition.lists[name]
  const own = definition.spellings[name]?.['']
  const common = {
    name,
    running: effectWhenSet(name, definition),
    on: parameter.on,
    ...(definition.secrets.includes(name) && { secret: true as const }),
  }
  if (list) return { ...common, shape: 'list', value: elementFacts(parameter, own) }
  if (!format) return { ...common, shape: 'scalar', value: valueFacts(parameter, own) }
  const sole = soleKey(format)
  if (sole !== undefined && format[sole]) return { ...common, shape: 'scalar', value: valueFacts(format[sole]) }
  const defaultKey = Object.entries(format).find(([, facts]) => facts.default_key)?.[0]
  return {
    ...common,
    shape: 'properties',
    properties: propertyFacts(name, format, definition),
    ...(defaultKey !== undefined && { defaultKey }),
  }
}
