import { type ConfigValue, isPropertyMap, isSecret, type PropertyMap } from '../../resource/config-value.ts'
import type { KeyFacts } from '../facts/key-facts.ts'
import type { KindDefinition, ListForm } from '../kind-definition.ts'
import { editPropertyString, parsePropertyString } from './property-string.ts'
import { sizeInGib } from './size.ts'
import { readValue, writeValue } from './value.ts'

const writeList = (items: readonly string[], form: ListForm): string => {
  const word = Object.entries(form.words ?? {}).find(([, list]) => list.length === 0)?.[0]
  return items.length === 0 && word !== undefined ? word : items.join(form.separator)
}

/**
 * The text that makes PVE allocate a new volume: `storage:32` (GiB), `storage:cloudinit`; a volume that is named is used as it is.
 * PVE ignores the size of EFI and TPM volumes and of imports but wants one.
 */
const volumeText = (facts: KeyFacts, map: PropertyMap, volume: string): string | undefined => {
  const named = map[volume]
  if (named !== undefined) return String(named)
  if (map['storage'] === undefined) return undefined
  if (map['media'] === 'cloudinit') return `${map['storage']}:cloudinit`
  if (map['import-from'] !== undefined) return `${map['storage']}:0`
  const size = map['size'] ?? (facts.facts.properties?.['size'] ? undefined : '1G')
  return size === undefined ? undefined : `${map['storage']}:${sizeInGib(String(size))}`
}

const newEntries = (facts: KeyFacts, map: PropertyMap, definition: KindDefinition): Map<string, string> => {
  const entries = new Map<string, string>()
  const supplied = definition.requiredDefaults[facts.name] ?? {}
  for (const [key, value] of Object.entries(supplied)) entries.set(key, value.replace('%', String(facts.index ?? 0)))
  for (const [key, value] of Object.entries(map))
    if (!isSecret(value) && value !== '') entries.set(key, writeValue(value))
  if (facts.volume === undefined) return entries
  const text = volumeText(facts, map, facts.volume)
  entries.delete('storage')
  entries.delete('size')
  if (map['media'] === 'cloudinit') entries.delete('media')
  return text === undefined ? entries : new Map([[facts.volume, text], ...entries])
}

const changedEntries = (facts: KeyFacts, map: PropertyMap): Map<string, string | undefined> => {
  const entries = new Map<string, string | undefined>()
  for (const [key, value] of Object.entries(map))
    if (!isSecret(value)) entries.set(key, value === '' ? undefined : writeValue(value))
  if (facts.volume === undefined) return entries
  for (const key of ['storage', 'size', 'format', 'import-from']) entries.delete(key)
  if (map['media'] === 'cloudinit') entries.delete('media')
  return entries
}

/** Whether PVE reads a default key's bare value the same way: `agent` `1`, `vga` `std`. */
const writeProperties = (
  facts: KeyFacts,
  map: PropertyMap,
  definition: KindDefinition,
  previous: string | undefined,
  remove: readonly string[],
): string => {
  if (!facts.grammar) return ''
  if (previous === undefined) return editPropertyString('', newEntries(facts, map, definition), facts.grammar)
  const changes = new Map<string, string | undefined>(changedEntries(facts, map))
  const kept = parsePropertyString(previous, facts.grammar)
  for (const key of remove) if (kept.has(key) && key !== facts.volume && key !== 'size') changes.set(key, undefined)
  const volume = facts.volume === undefined ? undefined : changes.get(facts.volume)
  if (volume !== undefined && facts.volume !== undefined && volume !== kept.get(facts.volume))
    changes.set('size', undefined)
  for (const [key, value] of changes) {
    const before = kept.get(key)
    const same = before !== undefined && value !== undefined && sameText(facts, key, before, value)
    if (same) changes.delete(key)
  }
  return editPropertyString(previous, changes, facts.grammar)
}

const sameText = (facts: KeyFacts, key: string, before: string, after: string): boolean =>
  before === after || readValue(facts.values?.[key], before) === readValue(facts.values?.[key], after)

/** The text PVE wants. `previous` is edited, so that what is not named in `value` stays; `remove` names keys that are to go. */
export const encodeValue = (
  facts: KeyFacts | undefined,
  value: ConfigValue,
  definition: KindDefinition,
  previous?: string,
  remove: readonly string[] = [],
): string => {
  if (isSecret(value)) throw new Error('a secret has no text: it stands in a request by reference')
  if (Array.isArray(value)) {
    const text = facts?.list ? writeList(value, facts.list) : value.join(',')
    return facts && definition.urlEncoded.includes(facts.name) ? encodeURIComponent(text) : text
  }
  if (isPropertyMap(value)) return facts ? writeProperties(facts, value, definition, previous, remove) : ''
  return writeValue(value as string | number | boolean)
}
