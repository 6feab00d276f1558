import { attributeName } from '../../kinds/attribute-name.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { isPropertyMap, isSecret } from '../../resource/config-value.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import type { GuestType } from '../../resource/guest.ts'
import type { ObservedGuest } from '../../resource/observed.ts'

/** One attribute as it is, and as it will be at the next start. */
export interface DescribedAttribute {
  readonly name: string
  readonly value: string | null
  /** Missing: stays as it is; null: will be gone. */
  readonly next?: string | null
}

/** What a sync saw changed. */
export interface ObservedVersion {
  /** ISO 8601: when it was seen first. */
  readonly at: string
  readonly changes: readonly { readonly name: string; readonly before: string | null; readonly after: string | null }[]
}

/** What says nothing to a person. */
const NOISE: readonly string[] = ['digest', 'meta', 'snaptime', 'template', 'parent', 'lock']

const textOf = (type: GuestType, key: string, text: string | undefined): string | null => {
  if (text === undefined) return null
  const value = kindOfType(type).decodeValue(key, text)
  if (Array.isArray(value)) return value.join(', ')
  return isPropertyMap(value) || isSecret(value) ? text : String(value)
}

const nameOf = (type: GuestType, key: string): string => attributeName(kindOfType(type), key)

const keysOf = (...configs: readonly object[]): readonly string[] =>
  [...new Set(configs.flatMap((config) => Object.keys(config)))].filter((key) => !NOISE.includes(key)).sort()

/** A guest's configuration, current and pending, by the names that declarations use. */
export const describedAttributes = ({ type, current, pending }: ObservedGuest): readonly DescribedAttribute[] =>
  keysOf(current, pending).map((key) => {
    const change = pending[key]
    return {
      name: nameOf(type, key),
      value: textOf(type, key, current[key]),
      ...(change && { next: textOf(type, key, change.value) }),
    }
  })

type Seen = Pick<ObservedGuest, 'type' | 'node' | 'current' | 'pending'>

const changesBetween = (before: Seen, after: Seen): ObservedVersion['changes'] => {
  const [was, is] = [effectiveConfig(before), effectiveConfig(after)]
  return [
    ...(before.node === after.node ? [] : [{ name: 'node', before: before.node, after: after.node }]),
    ...keysOf(was, is)
      .filter((key) => was[key] !== is[key])
      .map((key) => ({
        name: nameOf(after.type, key),
        before: textOf(before.type, key, was[key]),
        after: textOf(after.type, key, is[key]),
      })),
  ]
}

/** What changed from one sync to the next, newest first; the first one has nothing before it. */
export const observedVersions = (
  history: readonly { readonly syncedAt: string; readonly config: Seen }[],
): readonly ObservedVersion[] =>
  history.flatMap(({ syncedAt, config }, at) => {
    const before = history[at + 1]?.config
    const changes = before ? changesBetween(before, config) : []
    // What waited and is in force now is no other version.
    return before && changes.length === 0 ? [] : [{ at: syncedAt, changes }]
  })
