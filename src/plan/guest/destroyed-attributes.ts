import { attributeName } from '../../kinds/attribute-name.ts'
import { kindOfType } from '../../kinds/registry.ts'
import type { AppliedGuest } from '../../resource/applied.ts'
import type { AttributeChange } from '../../resource/change.ts'
import { type ConfigValue, isPropertyMap, isSecret } from '../../resource/config-value.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { fieldChange } from '../state/change-builder.ts'

/** A value that goes, property by property. */
export const gone = (name: string, value: ConfigValue): readonly AttributeChange[] =>
  isPropertyMap(value)
    ? Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([property, part]) => fieldChange(`${name}.${property}`, part, undefined))
    : [fieldChange(name, value, undefined)]

/** The configuration by key, sorted, with what it means and what it is called. */
export const entriesOf = (observed: ObservedGuest) => {
  const kind = kindOfType(observed.type)
  return Object.entries(effectiveConfig(observed))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, text]) => {
      const value = kind.decodeValue(key, text)
      const isVolume = /^unused\d+$/.test(key) || (isPropertyMap(value) && kind.isVolume(key, value))
      return { key, name: attributeName(kind, key), value, isVolume }
    })
}

/** What will be gone with a guest: all that mpc had declared for it, and every volume it has, declared or not. */
export const destroyedAttributes = ({ config }: AppliedGuest, observed: ObservedGuest): readonly AttributeChange[] => [
  fieldChange('node', observed.node, undefined),
  fieldChange('vmid', observed.vmid, undefined),
  ...entriesOf(observed).flatMap(({ key, name, value, isVolume }): readonly AttributeChange[] => {
    const declared = config[key]
    if (declared === undefined) return isVolume ? gone(name, value) : []
    if (isSecret(declared)) return [{ ...fieldChange(name, declared, undefined), sensitive: true }]
    return gone(name, isPropertyMap(declared) ? value : declared)
  }),
]
