import type { GuestKind } from '../../kinds/kind.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import { object, type Value, withMarksOf } from '../eval/value.ts'
import { bodyValue } from '../module/evaluate-body.ts'
import type { EvaluatedBlock, EvaluatedBody } from '../module/evaluated-body.ts'
import type { Located } from '../syntax/source.ts'
import type { Expression } from '../syntax/tree.ts'
import type { ConfigEntry, EntryPlace } from './config-entry.ts'
import type { Reporter } from './reporter.ts'

interface PlacedItem {
  readonly at: Located
  readonly value: Expression
}

const NO_ITEMS: ReadonlyMap<string, PlacedItem> = new Map()

const itemsAt = (expression: Expression | undefined): ReadonlyMap<string, PlacedItem> => {
  let inner = expression
  while (inner?.type === 'parentheses' || inner?.type === 'wrap') inner = inner.expression
  if (inner?.type !== 'object') return NO_ITEMS
  return new Map(
    inner.items.flatMap(({ key, value }) =>
      key.type === 'literal' && typeof key.value === 'string' ? [[key.value, { at: key, value }] as const] : [],
    ),
  )
}

const placesIn = (body: EvaluatedBody): ReadonlyMap<string, EntryPlace> =>
  new Map(Array.from(body.attributes, ([name, { at, expression }]) => [name, { at, value: expression }]))

const examples = (names: readonly string[]): string => names.map((name) => name.replace('[n]', '0')).join(', ')

const wrongMember = (kind: GuestKind, group: string, key: string, at: Located, reporter: Reporter): void => {
  const names = kind.groups[group] ?? []
  const numbered = names.map((name) => name.replace('[n]', /\d+$/.exec(key)?.[0] ?? '0'))
  reporter.problem({
    code: 'declaration.invalid-name',
    detail: `"${key}" is not a ${group.replace('_', ' ')} of a ${kind.name}.${suggestion(key, numbered) || ` Name it by its slot, as ${examples(names)}.`}`,
    at,
  })
}

const groupAttribute = (
  kind: GuestKind,
  group: string,
  value: Value,
  expression: Expression,
  at: Located,
  reporter: Reporter,
): readonly ConfigEntry[] => {
  if (value.kind === 'null' || value.kind === 'unknown') {
    if (value.kind === 'unknown' && !value.failed)
      reporter.problem({
        code: 'declaration.value-not-known',
        detail: `"${group}" must be known before apply.`,
        at: expression,
      })
    return []
  }
  if (value.kind !== 'object' && value.kind !== 'map') {
    const slots = examples(kind.groups[group] ?? [])
    const detail = `"${group}" is a map by slot, as in ${group} = { ${slots.split(',')[0]} = { … } }.`
    reporter.problem({ code: 'declaration.invalid-value', detail, at: expression })
    return []
  }
  const items = itemsAt(expression)
  return Array.from(value.entries).flatMap(([key, inner]) => {
    const item = items.get(key)
    const place = item?.at ?? at
    if (kind.groupOf(key) !== group) {
      wrongMember(kind, group, key, place, reporter)
      return []
    }
    const valueAt = item?.value ?? expression
    return [{ key, value: withMarksOf(inner, value), at: place, valueAt, properties: itemsAt(item?.value) }]
  })
}

const blockEntry = (kind: GuestKind, block: EvaluatedBlock, reporter: Reporter): ConfigEntry | undefined => {
  const [label, ...others] = block.labels
  const properties = placesIn(block.body)
  const value = object(bodyValue(block.body))
  const isGroup = Object.hasOwn(kind.groups, block.name)
  if (isGroup && label !== undefined && others.length === 0) {
    if (kind.groupOf(label) === block.name) return { key: label, value, at: block.at, valueAt: block.at, properties }
    wrongMember(kind, block.name, label, block.at, reporter)
    return undefined
  }
  if (isGroup) {
    const first = examples(kind.groups[block.name] ?? []).split(',')[0]
    const detail = `A ${block.name} block has one label, the slot. Write ${block.name} "${first}" { … }.`
    reporter.problem({ code: 'declaration.wrong-labels', detail, at: block.at })
    return undefined
  }
  if (label === undefined) return { key: block.name, value, at: block.at, valueAt: block.at, properties }
  const detail = `A ${block.name} block has no labels. Write ${block.name} { … }.`
  if (kind.factsFor(block.name)) reporter.problem({ code: 'declaration.wrong-labels', detail, at: block.at })
  else reporter.unknownName(block.name, block.at)
  return undefined
}

/** All configuration keys a body declares, however they are spelled: attributes, maps by slot, blocks. */
export const configEntries = (
  kind: GuestKind,
  body: EvaluatedBody,
  own: ReadonlySet<string>,
  reporter: Reporter,
): readonly ConfigEntry[] => {
  const entries: ConfigEntry[] = []
  for (const { name, value, expression, at } of body.attributes.values()) {
    if (own.has(name)) continue
    if (Object.hasOwn(kind.groups, name)) entries.push(...groupAttribute(kind, name, value, expression, at, reporter))
    else entries.push({ key: name, value, at, valueAt: expression, properties: itemsAt(expression) })
  }
  for (const block of body.blocks) {
    // One without its label has been reported as it was read.
    if (block.name === 'dynamic') continue
    if (own.has(block.name)) {
      const detail = `"${block.name}" is a value: write ${block.name} = …, with "=".`
      reporter.problem({ code: 'declaration.unknown-block', detail, at: block.at })
      continue
    }
    const entry = blockEntry(kind, block, reporter)
    if (entry) entries.push(entry)
  }
  return withoutTwins(entries, reporter)
}

const withoutTwins = (entries: readonly ConfigEntry[], reporter: Reporter): readonly ConfigEntry[] => {
  const byKey = new Map<string, ConfigEntry>()
  for (const entry of entries) {
    if (byKey.has(entry.key))
      reporter.problem({
        code: 'declaration.duplicate',
        detail: `"${entry.key}" is declared twice. A block, a map entry and an attribute of one key are the same thing; keep one.`,
        at: entry.at,
      })
    else byKey.set(entry.key, entry)
  }
  return [...byKey.values()]
}
