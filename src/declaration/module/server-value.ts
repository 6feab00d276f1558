import type { GuestKind } from '../../kinds/kind.ts'
import { isPropertyMap, isSecret, type PropertyMap, type Scalar } from '../../resource/config-value.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { fromDouble } from '../eval/number.ts'
import { STRING } from '../eval/type.ts'
import { bool, list, NULL, number, object, type StringValue, string, type Value, withMarksOf } from '../eval/value.ts'
import type { NoteAddresses } from './address-value.ts'

/** Where values come from that a guest's declaration leaves out. */
export interface Beyond {
  readonly kind: GuestKind
  /** The guest's address, for messages. */
  readonly owner: string
  /** As the last sync saw it; undefined while it is still to be made. */
  readonly guest: ObservedGuest | undefined
  /** Stands for what only the server will tell. */
  readonly later: (origin: string) => Value
  readonly noteAddresses: NoteAddresses
}

const scalar = (value: Scalar): Value => {
  if (typeof value === 'string') return string(value)
  return typeof value === 'boolean' ? bool(value) : number(fromDouble(value))
}

const decoded = ({ kind, guest }: Beyond, key: string) => {
  const text = guest?.current[key]
  return text === undefined ? undefined : kind.decodeValue(key, text)
}

/** What the server has for one property of a key; null where it has none. */
const serverProperty = (beyond: Beyond, owner: string, key: string, name: string): Value => {
  if (!beyond.guest) return beyond.later(`${owner}.${name}`)
  const value = decoded(beyond, key)
  const found = value !== undefined && isPropertyMap(value) ? value[name] : undefined
  return found === undefined || isSecret(found) ? NULL : scalar(found)
}

/** PVE's own text for a slot is its map in another spelling; an empty one is nothing. */
const textAsMap = ({ kind }: Beyond, key: string, text: StringValue): Value => {
  if (text.value === '') return withMarksOf(NULL, text)
  const { value, problem } = kind.normalize(key, text.value)
  return problem || !isPropertyMap(value) ? text : withMarksOf(mapValue(value), text)
}

/** A property map that answers for its undeclared properties too. */
const openProperties = (beyond: Beyond, owner: string, key: string, value: Value): Value => {
  const properties = beyond.kind.factsFor(key)?.properties
  if (!properties) return value
  const map = value.kind === 'string' ? textAsMap(beyond, key, value) : value
  if (map.kind !== 'object') return map
  return {
    ...map,
    open: {
      owner,
      has: (name) => Object.hasOwn(properties, name),
      names: () => Object.keys(properties),
      value: (name) => serverProperty(beyond, owner, key, name),
    },
  }
}

const mapValue = (map: PropertyMap): Value =>
  object(Object.entries(map).flatMap(([name, value]) => (isSecret(value) ? [] : [[name, scalar(value)] as const])))

/** What the server has under a configuration key; null where it has nothing. */
export const serverKey = (beyond: Beyond, key: string, owner = `${beyond.owner}.${key}`): Value => {
  if (!beyond.guest) return beyond.later(owner)
  const value = decoded(beyond, key)
  if (value === undefined || isSecret(value)) return NULL
  if (isPropertyMap(value)) return openProperties(beyond, owner, key, mapValue(value))
  return typeof value === 'object' ? list(STRING, value.map(string)) : scalar(value)
}

const openGroup = (beyond: Beyond, group: string, value: Value): Value => {
  if (value.kind !== 'object') return value
  const { kind } = beyond
  const owner = `${beyond.owner}.${group}`
  const slots = Array.from(
    value.entries,
    ([key, slot]) => [key, openProperties(beyond, `${owner}.${key}`, key, slot)] as const,
  )
  return {
    ...object(slots),
    open: {
      owner,
      has: (key) => kind.groupOf(key) === group && kind.factsFor(key) !== undefined,
      names: () => (kind.groups[group] ?? []).map((name) => name.replace('[n]', '0')),
      value: (key) => serverKey(beyond, key, `${owner}.${key}`),
    },
  }
}

/** The slots of a block as the server has them: `network` → net0, net1 … */
export const serverGroup = (beyond: Beyond, group: string): Value => {
  const { guest, kind, owner } = beyond
  if (!guest) return beyond.later(`${owner}.${group}`)
  const keys = Object.keys(guest.current).filter((key) => kind.groupOf(key) === group)
  return openGroup(beyond, group, object(keys.map((key) => [key, serverKey(beyond, key)] as const)))
}

/** A declared entry that answers for what it leaves out. */
export const openEntry = (beyond: Beyond, name: string, value: Value): Value =>
  Object.hasOwn(beyond.kind.groups, name)
    ? openGroup(beyond, name, value)
    : openProperties(beyond, `${beyond.owner}.${name}`, name, value)
