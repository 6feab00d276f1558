import {
  type ConfigValue,
  isPropertyMap,
  isSecret,
  type PropertyMap,
  type Scalar,
} from '../../resource/config-value.ts'
import type { ValueFacts } from '../facts/attribute.ts'
import type { KeyFacts } from '../facts/key-facts.ts'
import type { KindDefinition, ListForm } from '../kind-definition.ts'
import { isMedium } from './allocation.ts'
import { sameSize } from './size.ts'
import { readValue } from './value.ts'

/** What an absent value means, where PVE says so; undefined where it does not. */
const absentMeans = (facts: ValueFacts, unstated: boolean | null | undefined): Scalar | undefined => {
  if (facts.type === 'boolean') {
    if (unstated === null) return undefined
    if (unstated !== undefined) return unstated
    return facts.default === undefined ? false : (readValue(facts, String(facts.default)) as Scalar)
  }
  if (facts.default === undefined) return undefined
  const value = readValue(facts, String(facts.default))
  const fits = facts.type === 'string' ? !facts.enum || facts.enum.includes(String(value)) : typeof value === 'number'
  return fits ? value : undefined
}

const sameScalar = (facts: ValueFacts | undefined, declared: Scalar, observed: Scalar): boolean => {
  if (declared === observed) return true
  if (facts?.format === 'disk-size') return sameSize(String(declared), String(observed))
  return typeof declared !== typeof observed && String(declared) === String(observed)
}

/** PVE pins the machine of a Windows guest to a version by itself: without one, `q35` is any version of it and `pc` any i440fx. */
const isMachineOf = (declared: Scalar, observed: Scalar): boolean => {
  const family = declared === 'q35' ? 'pc-q35-' : declared === 'pc' ? 'pc-i440fx-' : undefined
  return family !== undefined && String(observed).startsWith(family)
}

/** One key of a property map as declared already holds in the observed map. */
export const propertyHolds = (
  facts: KeyFacts,
  key: string,
  declared: Scalar,
  observed: PropertyMap,
  definition: KindDefinition,
): boolean => {
  // Where the data came from is not what the disk is: an import is recorded when the disk is made, and never again.
  if (key === 'import-from') return true
  // A medium has the size it has, and a cloud-init drive the one PVE gives it. PVE: `size` of a drive is ignored when told.
  if (key === 'size' && isMedium(observed)) return true
  const known = facts.facts.properties?.[key] ?? facts.values?.[key]
  const value = observed[key]
  if (declared === '') return value === undefined
  if (facts.name === 'machine' && key === 'type' && value !== undefined && isMachineOf(declared, value as Scalar))
    return true
  if (value !== undefined && !isSecret(value)) return sameScalar(known, declared, value)
  const means = known && absentMeans(known, definition.absentBooleans[facts.name]?.[key])
  return means !== undefined && sameScalar(known, declared, means)
}

const sameItems = (form: ListForm | undefined, declared: readonly string[], observed: readonly string[]): boolean => {
  const [want, have] = form?.unordered
    ? [[...new Set(declared)].sort(), [...new Set(observed)].sort()]
    : [declared, observed]
  return want.length === have.length && want.every((item, index) => item === have[index])
}

/** The declared value holds in the observed one. Keys of a property map that are not declared do not count. */
export const valueHolds = (
  facts: KeyFacts | undefined,
  declared: ConfigValue,
  observed: ConfigValue | undefined,
  definition: KindDefinition,
): boolean => {
  if (isSecret(declared)) return false
  if (Array.isArray(declared)) {
    const have = Array.isArray(observed) ? observed : []
    if (observed === undefined && facts?.list?.words)
      return declared.join() === [...(facts.list.words['1'] ?? [])].sort().join()
    return sameItems(facts?.list, declared, have)
  }
  if (isPropertyMap(declared)) {
    if (!facts || (observed !== undefined && !isPropertyMap(observed))) return false
    const isDevice = facts.volume !== undefined || facts.index !== undefined || definition.devices.includes(facts.name)
    if (observed === undefined && isDevice) return false
    return Object.entries(declared).every(
      ([key, value]) => !isSecret(value) && propertyHolds(facts, key, value, observed ?? {}, definition),
    )
  }
  return scalarHolds(facts, declared as Scalar, observed, definition)
}

const scalarHolds = (
  facts: KeyFacts | undefined,
  declared: Scalar,
  observed: ConfigValue | undefined,
  definition: KindDefinition,
): boolean => {
  if (observed !== undefined && typeof observed === 'object') return false
  const known = facts?.facts.value
  if (observed !== undefined) {
    if (facts?.name === 'vmgenid' && declared === '1') return observed !== '0'
    return sameScalar(known, declared, observed as Scalar)
  }
  if (declared === '') return true
  const means = known && absentMeans(known, definition.absentBooleans[facts.name]?.[''])
  return means !== undefined && sameScalar(known, declared, means)
}
