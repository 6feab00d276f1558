import { type ConfigValue, isPropertyMap } from '../resource/config-value.ts'
import type { RawConfig } from '../resource/observed.ts'
import { changedKeys, effectOf } from './effect.ts'
import type { AttributeFacts } from './facts/attribute.ts'
import { type KeyFacts, type KeyFactsOf, keyFactsOf } from './facts/key-facts.ts'
import { identityOf } from './identity.ts'
import type { GuestKind } from './kind.ts'
import type { KindDefinition } from './kind-definition.ts'
import { decodeConfig, decodeValue } from './value/decode.ts'
import { encodeValue } from './value/encode.ts'
import { propertyHolds, valueHolds } from './value/holds.ts'
import { lackingIn } from './value/lacking.ts'
import { normalizeValue } from './value/normalize.ts'
import { isCloudInit } from './value/volume.ts'

const isDrive = (value: ConfigValue, volume: string): boolean => {
  if (!isPropertyMap(value)) return false
  if (value['media'] === 'cdrom' || value['media'] === 'cloudinit') return false
  const file = value[volume]
  if (file === 'none' || file === 'cdrom') return false
  return file === undefined || (!String(file).startsWith('/') && !isCloudInit(String(file)))
}

const hasCloudInit = (raw: RawConfig, keys: KeyFactsOf): boolean =>
  Object.entries(raw).some(
    ([key, text]) => keys(key)?.volume !== undefined && isCloudInit(text.split(',')[0]?.replace(/^file=/, '') ?? ''),
  )

/** Whether what sets the values apart is given to the device only when the guest starts. */
const opensAnew = (
  facts: KeyFacts,
  definition: KindDefinition,
  before: ConfigValue | undefined,
  after: ConfigValue | undefined,
): boolean => {
  const own = definition.readAtStartProperties[facts.name]
  if (!own || before === undefined || after === undefined || before === after) return false
  const read = (value: ConfigValue) => (typeof value === 'string' ? decodeValue(facts, value, definition) : value)
  return changedKeys(read(before), read(after)).some((key) => own.includes(key))
}

/** Puts a kind together from PVE's facts and what they leave out. Facts are prepared when first asked for. */
export const guestKind = (definition: KindDefinition): GuestKind => {
  const keys = keyFactsOf(definition)
  const declarable = Object.keys(definition.parameters)
    .filter((name) => !(name in definition.excluded))
    .sort()
  const groups = new Map(
    Object.entries(definition.groups).flatMap(([block, names]) => names.map((name) => [name, block])),
  )
  let attributes: { readonly [name: string]: AttributeFacts } | undefined
  const factsFor = (key: string) => {
    const known = keys(key)
    return known && !(known.name in definition.excluded) ? known.facts : undefined
  }
  return {
    ...definition.traits,
    name: definition.name,
    type: definition.type,
    secrets: definition.secrets,
    get attributes() {
      attributes ??= Object.fromEntries(
        declarable.flatMap((name) => {
          const facts = keys(name.replace('[n]', '0'))?.facts
          return facts ? [[name, facts] as const] : []
        }),
      )
      return attributes
    },
    groups: definition.groups,
    groupOf: (key) => groups.get(key) ?? groups.get(key.replace(/\d+$/, '[n]')),
    lastIndex: definition.lastIndex,
    factsFor,
    isVolume: (key, value) => {
      const volume = keys(key)?.volume
      return volume !== undefined && !key.startsWith('unused') && isDrive(value, volume)
    },
    decode: (raw) => decodeConfig(raw, keys, definition),
    decodeValue: (key, text) => decodeValue(keys(key), text, definition),
    normalize: (key, value) => normalizeValue(key, keys(key), value, definition),
    encode: (key, value, previous, remove) => encodeValue(keys(key), value, definition, previous, remove),
    holds: (key, declared, observed) => valueHolds(keys(key), declared, observed, definition),
    propertyHolds: (key, property, declared, observed) => {
      const facts = keys(key)
      return facts !== undefined && propertyHolds(facts, property, declared, observed, definition)
    },
    change: (key, before, after, config) => effectOf(keys(key), before, after, definition, config),
    volumeProperty: (key) => keys(key)?.volume,
    isUndeletable: (key, property) => {
      const name = keys(key)?.name ?? key
      if (property === undefined) return definition.undeletable.includes(name)
      return definition.undeletableProperties[name]?.includes(property) ?? false
    },
    isFixed: (key, property) => definition.fixedProperties[keys(key)?.name ?? key]?.includes(property) ?? false,
    alternatives: (key, property) =>
      (definition.alternatives[keys(key)?.name ?? key] ?? []).flatMap(([one, other]) =>
        one === property ? [other] : other === property ? [one] : [],
      ),
    lacks: (key, text) => lackingIn(keys(key), text, definition),
    hasRequiredDefault: (key, property) => property in (definition.requiredDefaults[keys(key)?.name ?? key] ?? {}),
    isWithoutEffect: (key) => definition.withoutEffect.includes(keys(key)?.name ?? key),
    isReadAtStart: (key, raw, before, after) => {
      const facts = keys(key)
      const when = definition.readAtStart[facts?.name ?? key]
      if (facts && when === undefined) return opensAnew(facts, definition, before, after)
      return when === 'always' || (when === 'cloud-init' && hasCloudInit(raw, keys))
    },
    keepsPending: definition.keepsPending,
    sideEffects: (key) => definition.sideEffects[keys(key)?.name ?? key] ?? [],
    identity: (raw) => identityOf(raw, keys, definition),
  }
}
