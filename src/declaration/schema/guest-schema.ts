import type { AttributeFacts } from '../../kinds/facts/attribute.ts'
import type { GuestKind } from '../../kinds/kind.ts'
import { guestKinds } from '../../kinds/registry.ts'
import type { GuestKindName } from '../../resource/guest.ts'
import { containerDescriptions } from './container-descriptions.ts'
import { guestFields } from './guest-fields.ts'
import { indexPattern } from './index-pattern.ts'
import type { JsonSchema } from './json-schema.ts'
import { closed, described, metaArguments, ref } from './language-schema.ts'
import { propertyDescription } from './property-descriptions.ts'
import { EXPRESSION, valueSchema } from './value-schema.ts'
import { vmDescriptions } from './vm-descriptions.ts'

type Schemas = Record<string, JsonSchema>

const DESCRIPTIONS: Readonly<Record<GuestKindName, Readonly<Record<string, string>>>> = {
  vm: vmDescriptions,
  container: containerDescriptions,
}

/** What an attribute means; `name` as in `GuestKind.attributes`. */
export const attributeDescription = (kind: GuestKindName, name: string): string => DESCRIPTIONS[kind][name] ?? ''

const runningNote = ({ running }: AttributeFacts): string =>
  running === 'live' ? 'A running guest takes a change at once.' : 'A running guest takes a change at its next start.'

const wordDefault = ({ value }: AttributeFacts): string =>
  typeof value?.default === 'string' && / /.test(value.default) ? ` Default: ${value.default}.` : ''

/** Keys with which a declaration may name a property that PVE spells otherwise; both are accepted. */
const spellings = (kind: GuestKindName, name: string): Schemas =>
  Object.fromEntries((guestKinds[kind].otherNames[name] ?? []).map((key) => [key, { type: ['string', 'null'] }]))

const propertiesSchema = (kind: GuestKindName, facts: AttributeFacts): JsonSchema => {
  const entries = Object.entries(facts.properties ?? {})
  const properties = Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      described(propertyDescription(kind, facts.name, key) ?? '', valueSchema(value)),
    ]),
  )
  const main = facts.defaultKey === undefined ? undefined : facts.properties?.[facts.defaultKey]
  const short = main && main.type !== 'string' ? [main.type] : []
  return {
    type: ['object', 'string', 'null', ...short],
    additionalProperties: false,
    properties: { ...properties, ...spellings(kind, facts.name) },
  }
}

const attributeSchema = (kind: GuestKindName, facts: AttributeFacts): JsonSchema => {
  if (facts.shape === 'properties') return propertiesSchema(kind, facts)
  const value = facts.value ? valueSchema(facts.value) : {}
  return facts.shape === 'list' ? { type: ['array', 'string', 'number', 'boolean', 'null'], items: value } : value
}

/** `net[n]` → `net`, the name of its definition. */
const stem = (name: string): string => name.replace('[n]', '')

/** Numbered attributes: the first by name, so that editors offer it, the others by pattern. */
const placed = (kind: GuestKind, names: readonly string[], schemaOf: (name: string) => JsonSchema) => {
  const properties: Schemas = {}
  const patternProperties: Schemas = {}
  for (const name of names) {
    const schema = schemaOf(name)
    const last = kind.lastIndex[name]
    if (last === undefined) properties[name] = schema
    else {
      properties[`${stem(name)}0`] = schema
      patternProperties[`^${stem(name)}${indexPattern(last)}$`] = schema
    }
  }
  return { properties, patternProperties }
}

const definitionName = (kind: GuestKind, name: string): string =>
  `${kind.name}_${stem(name)}${name.endsWith('[n]') ? '_n' : ''}`

const groupSchema = (kind: GuestKind, names: readonly string[]): JsonSchema => ({
  ...placed(kind, names, (name) => ref(definitionName(kind, name))),
  type: ['object', 'string', 'null'],
  pattern: EXPRESSION,
  additionalProperties: false,
})

const GROUPS: Readonly<Record<string, string>> = {
  disk: 'Disks and CD-ROMs by their place, such as `scsi0`.',
  mount_point: 'Mount points by their number, such as `mp0`.',
  network: 'Network devices by their number, such as `net0`.',
}

const dynamicSchema = (kind: GuestKind): JsonSchema => {
  const block = closed(
    {
      for_each: described('The entries to make blocks of.', { type: ['object', 'array', 'string'] }),
      iterator: described('Name of the entry in `content`; without it, the name of the block.', { type: 'string' }),
      labels: described(`Label of each block: \`["\${disk.key}"]\`.`, { type: ['array', 'string'] }),
      content: described('Body of each block.', { type: ['object', 'string'] }),
    },
    { required: ['for_each', 'content'] },
  )
  const both: JsonSchema = { anyOf: [block, { type: 'array', items: block }] }
  return described('Blocks made from the entries of a map or list.', {
    type: 'object',
    properties: Object.fromEntries(Object.keys(kind.groups).map((name) => [name, both])),
    additionalProperties: both,
  })
}

/** Definitions for one kind of guest: itself, its defaults, and each of its numbered attributes once. */
export const guestDefinitions = (kind: GuestKind): { readonly [name: string]: JsonSchema } => {
  const shared: Schemas = {}
  for (const [name, facts] of Object.entries(kind.attributes)) {
    const about = attributeDescription(kind.name, name)
    const description = `${about} ${runningNote(facts)}${wordDefault(facts)}`
    shared[definitionName(kind, name)] = described(description, attributeSchema(kind.name, facts))
  }
  const own = placed(kind, Object.keys(kind.attributes), (name) => ref(definitionName(kind, name)))
  const groups = Object.fromEntries(
    Object.keys(kind.groups).map((block) => [
      block,
      described(GROUPS[block] ?? '', ref(`${kind.name}_group_${block}`)),
    ]),
  )
  const groupDefinitions = Object.fromEntries(
    Object.entries(kind.groups).map(([block, names]) => [`${kind.name}_group_${block}`, groupSchema(kind, names)]),
  )
  const { patternProperties } = own
  const common = { ...own.properties, ...groups, ...guestFields(kind.name) }
  return {
    ...shared,
    ...groupDefinitions,
    [kind.name]: {
      ...closed({ ...common, ...metaArguments, dynamic: dynamicSchema(kind) }, { patternProperties }),
      // Everything may come from `defaults`.
      type: ['object', 'null'],
    },
    [`${kind.name}_defaults`]: closed(
      { ...common, lifecycle: metaArguments['lifecycle'] ?? {} },
      { patternProperties },
    ),
  }
}
