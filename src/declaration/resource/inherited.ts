import type { GuestKind } from '../../kinds/kind.ts'
import { type Config, type ConfigValue, isPropertyMap, type PropertyMap } from '../../resource/config-value.ts'
import type { OwnFields } from './own-field.ts'

/** What a body declares of a guest's configuration. */
export interface DeclaredConfig {
  readonly config: Config
  /** What is declared as null and thus not inherited either: keys, `net0.tag` for one key of a map, `network` for all slots of a block. */
  readonly dropped: ReadonlySet<string>
}

/** What a guest takes over from the `defaults` block of its kind. */
export interface Inherited extends DeclaredConfig {
  readonly fields: OwnFields
}

/** Without what cannot stand beside a property of the guest's own. */
const besides = (kind: GuestKind, key: string, below: PropertyMap, own: PropertyMap): PropertyMap => {
  const gone = new Set(Object.keys(own).flatMap((property) => kind.alternatives(key, property)))
  return gone.size === 0 ? below : Object.fromEntries(Object.entries(below).filter(([property]) => !gone.has(property)))
}

const withoutDropped = (key: string, map: PropertyMap, dropped: ReadonlySet<string>): PropertyMap =>
  Object.fromEntries(Object.entries(map).filter(([property]) => !dropped.has(`${key}.${property}`)))

/** Own configuration over the inherited one: maps key by key, and nothing of what is declared as null. */
export const configOver = (own: DeclaredConfig, below: DeclaredConfig | undefined, kind: GuestKind): DeclaredConfig => {
  if (!below) return own
  const config: Record<string, ConfigValue> = {}
  for (const [key, value] of Object.entries(below.config)) {
    if (own.dropped.has(key) || own.dropped.has(kind.groupOf(key) ?? key)) continue
    config[key] = isPropertyMap(value) ? withoutDropped(key, value, own.dropped) : value
  }
  for (const [key, value] of Object.entries(own.config)) {
    const inherited = config[key]
    const merges = inherited !== undefined && isPropertyMap(inherited) && isPropertyMap(value)
    config[key] = merges ? { ...besides(kind, key, inherited, value), ...value } : value
  }
  return { config, dropped: new Set([...below.dropped, ...own.dropped]) }
}
