import { attributeName } from '../../kinds/attribute-name.ts'
import type { GuestKind } from '../../kinds/kind.ts'
import type { AppliedGuest } from '../../resource/applied.ts'
import type { AttributeChange } from '../../resource/change.ts'
import { type ConfigValue, isPropertyMap, isSecret } from '../../resource/config-value.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { Difference } from './config-difference.ts'

const propertiesOutside = (kind: GuestKind, difference: Difference, last: ConfigValue): readonly string[] => {
  const { key, observed } = difference
  if (!isPropertyMap(last)) return []
  const there = isPropertyMap(observed) ? observed : {}
  return difference.properties.filter((property) => {
    const was = last[property]
    return was !== undefined && !isSecret(was) && !kind.propertyHolds(key, property, was, there)
  })
}

const namesOutside = (kind: GuestKind, difference: Difference, last: ConfigValue | undefined): readonly string[] => {
  const { key, declared, observed } = difference
  if (last === undefined || isSecret(last)) return []
  if (isPropertyMap(declared))
    return propertiesOutside(kind, difference, last).map((property) => attributeName(kind, key, property))
  return kind.holds(key, last, observed) ? [] : [attributeName(kind, key)]
}

const fieldsOutside = (applied: AppliedGuest, { status, pool }: ObservedGuest): readonly string[] => [
  ...(applied.power !== undefined && applied.power !== (status === 'stopped' ? 'stopped' : 'running') ? ['power'] : []),
  ...(applied.pool !== undefined && applied.pool !== pool ? ['pool'] : []),
]

/** Marks the attributes whose value on the server is not the one mpc gave them: somebody else has changed it since. */
export const markOutside = (
  kind: GuestKind,
  { applied, observed }: { readonly applied: AppliedGuest | undefined; readonly observed: ObservedGuest },
  differences: readonly Difference[],
  attributes: readonly AttributeChange[],
): readonly AttributeChange[] => {
  if (!applied) return attributes
  const names = new Set([
    ...fieldsOutside(applied, observed),
    ...differences.flatMap((difference) => namesOutside(kind, difference, applied.config[difference.key])),
  ])
  if (names.size === 0) return attributes
  return attributes.map((attribute) => (names.has(attribute.name) ? { ...attribute, outside: true } : attribute))
}
