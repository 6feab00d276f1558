import { attributeName } from '../../kinds/attribute-name.ts'
import type { GuestKind } from '../../kinds/kind.ts'
import { kindOfType } from '../../kinds/registry.ts'
import type { AttributeChange } from '../../resource/change.ts'
import { type Config, type ConfigValue, isPropertyMap, type PropertyMap } from '../../resource/config-value.ts'
import type { ObservedGuest, RawConfig } from '../../resource/observed.ts'
import { canonicalJson } from '../../util/canonical-json.ts'
import { fieldChange, macProperty } from '../state/change-builder.ts'
import { entriesOf, gone } from './destroyed-attributes.ts'

/** What every guest has for itself, and PVE's own notes. */
const OWN = /^(?:smbios1|vmgenid|meta|parent|lock|digest|template|name|hostname|snaptime|vmstate|running.*)$/

/** Properties of a device that another one has in its place. The server chooses a new MAC address, and makes a cloud-init drive by itself. */
const changedProperties = (kind: GuestKind, key: string, before: PropertyMap, after: PropertyMap) => {
  const isGenerated = before['media'] === 'cloudinit' && after['media'] === 'cloudinit'
  const properties = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return properties.flatMap((property): readonly AttributeChange[] => {
    const name = attributeName(kind, key, property)
    const [old, made] = [before[property], after[property]]
    if (canonicalJson(old) === canonicalJson(made)) return []
    if (isGenerated && property === kind.volumeProperty(key)) return []
    const isChosen = property === macProperty(kind, key) && old !== undefined && made === undefined
    return [isChosen ? { name, before: old, unknown: true, disruption: 'none' } : fieldChange(name, old, made)]
  })
}

/**
 * What a guest that is replaced has and its declaration does not name: it goes with it, as far as the new one does not have the same, by PVE's
 * defaults or from what it is a clone of (`next`). A cloned volume is a new one under the same key.
 */
export const undeclaredLosses = (
  observed: ObservedGuest,
  declared: Config,
  next: RawConfig,
): readonly AttributeChange[] => {
  const kind = kindOfType(observed.type)
  const isOwn = (key: string) => OWN.test(key) || kind.fromSource.includes(key)
  return entriesOf(observed).flatMap(({ key, name, value, isVolume }): readonly AttributeChange[] => {
    if (declared[key] !== undefined || isOwn(key)) return []
    const text = next[key]
    if (text === undefined) return !isVolume && kind.holds(key, value, undefined) ? [] : gone(name, value)
    if (isVolume) return []
    const made: ConfigValue = kind.decodeValue(key, text)
    if (isPropertyMap(value) && isPropertyMap(made)) return changedProperties(kind, key, value, made)
    return canonicalJson(value) === canonicalJson(made) ? [] : [fieldChange(name, value, made)]
  })
}

/** Every property of a guest's devices, by its dotted name. */
export const currentProperties = (observed: ObservedGuest): readonly (readonly [name: string, value: ConfigValue])[] =>
  entriesOf(observed).flatMap(({ key, value }) =>
    isPropertyMap(value)
      ? Object.entries(value).map(
          ([property, part]) => [attributeName(kindOfType(observed.type), key, property), part] as const,
        )
      : [],
  )
