import type { AttributeFacts, ValueFacts } from '../../../src/kinds/facts/attribute.ts'
import type { Scalar } from '../../../src/resource/config-value.ts'
import type { AttributeCase } from './attribute-cases.ts'
import { HCL } from './declare.ts'
import type { Sample } from './sample-values.ts'

/** One way to write a value: in HCL's own words, or as data that both languages can say. */
export type Spelling = { readonly hcl: string } | { readonly value: unknown }

type Map = Readonly<Record<string, Scalar>>

const unique = <T>(items: readonly T[]): readonly T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
]

const sizes = (text: string): readonly Scalar[] => {
  const gib = Number(/^(\d+)G$/.exec(text)?.[1])
  return Number.isNaN(gib)
    ? [text]
    : [text, text.toLowerCase(), `${gib * 1024}M`, `${gib * 1024 ** 2}K`, `${gib * 1024 ** 3}`, `${gib}.0G`]
}

/** Everything that PVE, or a person, may write for one value. */
const scalars = (facts: ValueFacts | undefined, value: Scalar): readonly Scalar[] => {
  if (typeof value === 'boolean')
    return value ? [true, 'true', 1, '1', 'yes', 'on', 'True', 'ON'] : [false, 'false', 0, '0', 'no', 'off']
  if (typeof value === 'number') return [value, String(value), ` ${value}`]
  if (facts?.format === 'disk-size') return sizes(value)
  const both = [value, value.toLowerCase(), value.toUpperCase()]
  switch (facts?.spelling) {
    case 'upper':
    case 'lower':
      return facts.pattern?.includes('0x') ? [value, value.toLowerCase()] : both
    case 'pci':
      return [...both, value.replaceAll('0000:', '')]
    case 'usb':
      return [value, value.toUpperCase(), value.replace(/^([0-9a-f]{4}):([0-9a-f]{4})$/i, '0x$1:0x$2')]
    case 'set':
      return [value, value.split(';').reverse().join(';')]
    case 'ranges':
      return [value, value.split(';').reverse().join(';')]
    case 'cpus':
      return [value, value.split(',').reverse().join(','), value.replaceAll(',', ', ')]
    case 'ip':
      return [value, value.toUpperCase().replace('DHCP', 'dhcp').replace('AUTO', 'auto')]
    default:
      return [value]
  }
}

const lists = ({ key }: AttributeCase, items: readonly string[]): readonly unknown[] => {
  if (key === 'env') return [items, items.join('\n'), `${items.join('\n')}\n`]
  if (/keys/.test(key)) {
    const text = items.join('\n')
    return [
      items,
      text,
      `${text}\n`,
      text.replaceAll('\n', '\r\n'),
      ...(key === 'sshkeys' ? [encodeURIComponent(text), encodeURIComponent(`${text}\n`)] : []),
    ]
  }
  const joined = [';', ',', ' ', ', ', '; '].map((separator) => items.join(separator))
  const turned =
    key === 'tags' || key === 'hotplug'
      ? [[...items].reverse(), [...items, ...items], [...items].reverse().join(',')]
      : []
  return [items, ...joined, `${items.join(';')};`, ...turned]
}

const texts = ({ key }: AttributeCase, text: string): readonly unknown[] =>
  key === 'description'
    ? [text, `${text}\n`, `${text}\n\n`, `${text}  `, text.replaceAll('\n', '\r\n'), `${text}\r\n`]
    : []

const written = (value: Scalar): string => (typeof value === 'boolean' ? (value ? '1' : '0') : String(value))

/** As PVE stores a property string, in this order of its keys. */
const propertyString = (
  facts: AttributeFacts,
  entries: readonly (readonly [string, Scalar])[],
  isNamed: boolean,
): string =>
  entries
    .map(([key, value]) => (key === facts.defaultKey && !isNamed ? written(value) : `${key}=${written(value)}`))
    .join(',')

/** PVE's text for a new volume instead of its parts. */
const asVolume = ({ kind, key }: AttributeCase, map: Map): Map | undefined => {
  const volume = kind.volumeProperty(key)
  if (volume === undefined || map['storage'] === undefined || map[volume] !== undefined) return map
  const { storage, size, ...rest } = map
  if (rest['import-from'] !== undefined) return { [volume]: `${storage}:0`, ...rest }
  const gib = /^(\d+)G$/.exec(String(size ?? '1G'))?.[1]
  return { [volume]: `${storage}:${gib}`, ...rest }
}

const ALIASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  agent: { 'freeze-fs': 'guest-fsfreeze' },
}

const maps = (one: AttributeCase, map: Map): readonly Spelling[] => {
  const { kind, key, property } = one
  const facts = kind.factsFor(key)
  if (!facts) return []
  const entries = Object.entries(map)
  const reversed = [...entries].reverse()
  const forms: Spelling[] = [{ value: map }, { value: Object.fromEntries(reversed) }]
  const block = Object.entries(map)
    .map(([name, value]) => `    ${name} = ${HCL(value)}\n`)
    .join('')
  const group = kind.groupOf(key)
  forms.push({ hcl: group === undefined ? `${key} {\n${block}  }` : `${group} "${key}" {\n${block}  }` })
  if (group !== undefined) forms.push({ hcl: `${group} = { ${key} = ${HCL(map)} }` })
  for (const [name, value] of entries)
    if (property === undefined || name === property)
      for (const other of scalars(facts.properties?.[name], value)) forms.push({ value: { ...map, [name]: other } })
  for (const [name, alias] of Object.entries(ALIASES[key] ?? {}))
    if (map[name] !== undefined)
      forms.push({ value: Object.fromEntries(entries.map(([each, value]) => [each === name ? alias : each, value])) })
  return [...forms, ...propertyStrings(one, facts, map)]
}

const propertyStrings = (one: AttributeCase, facts: AttributeFacts, map: Map): readonly Spelling[] => {
  const stored = asVolume(one, map)
  if (!stored) return []
  const { defaultKey } = facts
  const entries = Object.entries(stored)
  const first = entries.filter(([key]) => key === defaultKey)
  const rest = entries.filter(([key]) => key !== defaultKey)
  const orders = [
    [...first, ...rest],
    [...first, ...[...rest].reverse()],
    [...rest, ...first],
  ]
  const all = orders.flatMap((order) => [propertyString(facts, order, true), propertyString(facts, order, false)])
  const [plain = ''] = all
  const flags = ['yes', 'on', 'true', 'YES'].map((word) =>
    propertyString(
      facts,
      entries.map(
        ([key, each]) => [key, each === true ? word : each === false && word === 'yes' ? 'no' : each] as const,
      ),
      true,
    ),
  )
  const named =
    stored['model'] !== undefined && stored['macaddr'] !== undefined
      ? [
          `${stored['model']}=${stored['macaddr']},${propertyString(
            facts,
            entries.filter(([key]) => key !== 'model' && key !== 'macaddr'),
            true,
          )}`.replace(/,$/, ''),
        ]
      : []
  return [...all, `${plain},`, ...flags, ...named].map((value) => ({ value }))
}

/** Every way to write the value of a case. */
export const spellingsOf = (one: AttributeCase, value: Sample): readonly Spelling[] => {
  const facts = one.kind.factsFor(one.key)
  if (Array.isArray(value)) return lists(one, value).map((each) => ({ value: each }))
  if (typeof value === 'object') return unique(maps(one, value as Map))
  return unique(
    [...scalars(facts?.value, value as Scalar), ...texts(one, String(value))].map((each) => ({ value: each })),
  )
}
