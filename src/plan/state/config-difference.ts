import { attributeName, isIgnored } from '../../kinds/attribute-name.ts'
import type { GuestKind } from '../../kinds/kind.ts'
import type { FoundKeys } from '../../resource/applied.ts'
import type { AttributeChange, Disruption } from '../../resource/change.ts'
import {
  type Config,
  type ConfigValue,
  isPropertyMap,
  isSecret,
  type PropertyMap,
  type Scalar,
} from '../../resource/config-value.ts'
import { canonicalJson } from '../../util/canonical-json.ts'
import { type GuestState, isBootDisk, pluggingConfig, textOf } from './guest-state.ts'
import { lowerCaseTags } from './tag-case.ts'

/** One configuration key that is not as declared. */
export interface Difference {
  readonly key: string
  /** Missing: declared no more. Of a property map only the keys that count. */
  readonly declared?: ConfigValue
  /** What is there, normalised and as text; missing: nothing. */
  readonly observed?: ConfigValue
  readonly text?: string
  /** Properties that were declared and are no more. */
  readonly dropped: readonly string[]
  /** Properties of a map that differ, dropped ones included. */
  readonly properties: readonly string[]
}

export interface DifferenceInput {
  readonly kind: GuestKind
  readonly declared: Config
  /** What was declared when it was last applied. */
  readonly applied: Config
  /** What of that was there before mpc, with the properties that mpc has set. */
  readonly found: FoundKeys
  readonly state: GuestState
  readonly ignored: readonly string[]
  /** The cluster tells upper from lower case in tags. */
  readonly caseSensitiveTags: boolean
}

/** Without the properties whose changes are to be ignored. */
const countedMap = ({ kind, ignored }: DifferenceInput, key: string, map: PropertyMap): PropertyMap =>
  ignored.length === 0
    ? map
    : Object.fromEntries(Object.entries(map).filter(([property]) => !isIgnored(kind, ignored, key, property)))

const droppedProperties = (input: DifferenceInput, key: string, declared: PropertyMap, observed: PropertyMap) => {
  const { kind, ignored } = input
  const applied = input.applied[key]
  const before = input.found[key] ?? (isPropertyMap(applied) ? Object.keys(applied) : [])
  const replaced = Object.entries(declared).flatMap(([property, value]) =>
    value === '' ? [] : kind.alternatives(key, property),
  )
  return [...new Set([...before, ...replaced])].filter((property) => {
    if (property in declared || !(property in observed) || isIgnored(kind, ignored, key, property)) return false
    // The volume itself is no option to drop: it goes with the whole key only.
    if (kind.volumeProperty(key) !== undefined) {
      return !['storage', 'size', 'format', 'media', 'import-from', kind.volumeProperty(key)].includes(property)
    }
    if (kind.isUndeletable(key, property)) return false
    return !kind.hasRequiredDefault(key, property) && kind.factsFor(key)?.properties?.[property]?.optional !== false
  })
}

const mapDifference = (
  input: DifferenceInput,
  key: string,
  declaredMap: PropertyMap,
  text: string | undefined,
): Difference | undefined => {
  const { kind } = input
  const declared = countedMap(input, key, declaredMap)
  const value = text === undefined ? undefined : kind.decodeValue(key, text)
  if (value === undefined)
    return kind.holds(key, declared, undefined)
      ? undefined
      : { key, declared, dropped: [], properties: Object.keys(declared).sort() }
  const observed = isPropertyMap(value) ? value : {}
  const changed = Object.entries(declared).flatMap(([property, wanted]) =>
    isSecret(wanted) || !kind.propertyHolds(key, property, wanted, observed) ? [property] : [],
  )
  const dropped = droppedProperties(input, key, declared, observed)
  if (changed.length === 0 && dropped.length === 0) return undefined
  return {
    key,
    declared,
    observed: value,
    ...(text !== undefined && { text }),
    dropped,
    properties: [...changed, ...dropped].sort(),
  }
}

const plainDifference = (
  { kind, applied, caseSensitiveTags }: DifferenceInput,
  key: string,
  declared: ConfigValue,
  text: string | undefined,
): Difference | undefined => {
  const observed = text === undefined ? undefined : kind.decodeValue(key, text)
  if (isSecret(declared)) {
    const last = applied[key]
    if (observed !== undefined && isSecret(last) && last.fingerprint === declared.fingerprint) return undefined
  } else if (kind.holds(key, declared, key === 'tags' && !caseSensitiveTags ? lowerCaseTags(observed) : observed))
    return undefined
  return {
    key,
    declared,
    ...(observed !== undefined && { observed }),
    ...(text !== undefined && { text }),
    dropped: [],
    properties: [],
  }
}

/** A pending change of a drive repeats the size it had when it was made; the size is what the drive has now. */
const sizedText = ({ kind, state }: DifferenceInput, key: string): string | undefined => {
  const [current, text] = [state.current[key], textOf(state, key)]
  if (state.pending[key] === undefined || current === undefined || text === undefined) return text
  const isSame = kind.volumeProperty(key) !== undefined && current.split(',')[0] === text.split(',')[0]
  const size = isSame ? /(?:^|,)size=([^,]*)/.exec(current)?.[1] : undefined
  return size === undefined ? text : text.replace(/(^|,)size=[^,]*/, `$1size=${size}`)
}

/** Declared no more, and there before mpc: what mpc has set of it goes, the rest stays. */
const leftDifference = (input: DifferenceInput, key: string, set: readonly string[], text: string) => {
  const { kind } = input
  const observed = kind.decodeValue(key, text)
  if (set.length === 0 || !isPropertyMap(observed)) return undefined
  const isDevice = kind.groupOf(key) !== undefined
  if (!isDevice && Object.keys(observed).every((property) => set.includes(property)))
    return { key, observed, text, dropped: [], properties: [] }
  const { media } = observed
  const volume = kind.volumeProperty(key) ?? ''
  const isMedium = media === 'cdrom' && set.includes(volume)
  return mapDifference(
    input,
    key,
    { ...(media !== undefined && { media }), ...(isMedium && { [volume]: 'none' }) },
    text,
  )
}

const differenceOf = (input: DifferenceInput, key: string): Difference | undefined => {
  const { kind, declared, ignored } = input
  if (isIgnored(kind, ignored, key)) return undefined
  // What only creation takes is recorded then and compared with nothing later.
  const facts = kind.factsFor(key)
  if (facts && !facts.on.includes('update')) return undefined
  const [wanted, text] = [declared[key], sizedText(input, key)]
  if (wanted === undefined) {
    if (text === undefined || kind.isUndeletable(key) || input.applied[key] === '') return undefined
    const set = input.found[key]
    if (set) return leftDifference(input, key, set, text)
    return { key, observed: kind.decodeValue(key, text), text, dropped: [], properties: [] }
  }
  return isPropertyMap(wanted) ? mapDifference(input, key, wanted, text) : plainDifference(input, key, wanted, text)
}

/**
 * Everything that is not as declared, by key. Compared with what the guest will have at its next start, so that what is pending counts as
 * done. Keys that were never declared are not looked at.
 */
export const configDifferences = (input: DifferenceInput): readonly Difference[] => {
  const keys = new Set([...Object.keys(input.declared), ...Object.keys(input.applied)])
  return [...keys].sort().flatMap((key) => differenceOf(input, key) ?? [])
}

const disruptionOf = (kind: GuestKind, state: GuestState, key: string, after: ConfigValue | undefined): Disruption => {
  if (!state.running || kind.isWithoutEffect(key)) return 'none'
  // What is pending already is no part of what the running guest has.
  const text = state.current[key]
  const before = text === undefined ? undefined : kind.decodeValue(key, text)
  // Nothing changes where only what was pending is taken back.
  if (canonicalJson(before ?? null) === canonicalJson(after === '' ? null : (after ?? null))) return 'none'
  if ((after === undefined || after === '') && before !== undefined && isBootDisk(state, kind, key)) return 'pending'
  if (kind.isReadAtStart(key, state.current, before, after)) return 'pending'
  return kind.change(key, before, after, pluggingConfig(state, kind)) === 'live' ? 'live' : 'pending'
}

/** Properties of a volume that calls of their own change: where it lies and how large it is. */
export const PLACING: readonly string[] = ['storage', 'size', 'format', 'import-from']

/** What a device is after the write that changes a property. PVE takes all its options live or keeps all of them pending. */
const writtenWith = (
  kind: GuestKind,
  { key, declared, observed, properties, dropped }: Difference,
  property: string,
): ConfigValue | undefined => {
  if (!isPropertyMap(observed) || !isPropertyMap(declared)) return declared
  const isPlaced = (name: string) => kind.volumeProperty(key) !== undefined && PLACING.includes(name)
  const together = isPlaced(property) ? [property] : properties.filter((name) => !isPlaced(name))
  const goes = (name: string) => dropped.includes(name) || declared[name] === ''
  const kept = Object.entries(observed).filter(([name]) => !(together.includes(name) && goes(name)))
  const set = together.flatMap((name) => {
    const value = declared[name]
    return goes(name) || value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries([...kept, ...set])
}

const propertyChange = (
  kind: GuestKind,
  state: GuestState,
  difference: Difference,
  property: string,
): AttributeChange => {
  const { key, declared, observed } = difference
  const [was, is] = [isPropertyMap(observed) ? observed : {}, isPropertyMap(declared) ? declared : {}]
  const after = difference.dropped.includes(property) || is[property] === '' ? undefined : is[property]
  return {
    name: attributeName(kind, key, property),
    ...(was[property] !== undefined && { before: was[property] as Scalar }),
    ...(after !== undefined && { after }),
    disruption: disruptionOf(kind, state, key, writtenWith(kind, difference, property)),
  }
}

/** A difference in the words of the declaration, one entry for each attribute or property that differs. */
export const attributeChanges = (
  kind: GuestKind,
  state: GuestState,
  difference: Difference,
): readonly AttributeChange[] => {
  const { key, declared, observed } = difference
  const facts = kind.factsFor(key)
  const sensitive = facts?.secret === true || isSecret(declared)
  if (isPropertyMap(declared)) {
    return difference.properties.map((property) => propertyChange(kind, state, difference, property))
  }
  return [
    {
      name: attributeName(kind, key),
      ...(observed !== undefined && { before: observed }),
      ...(declared !== undefined && declared !== '' && { after: declared }),
      ...(sensitive && { sensitive: true as const }),
      disruption: disruptionOf(kind, state, key, declared),
    },
  ]
}
