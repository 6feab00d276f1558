import { kindOfType } from '../kinds/registry.ts'
import { type Config, type ConfigValue, isPropertyMap, isSecret, type Scalar } from '../resource/config-value.ts'
import { effectiveConfig } from '../resource/effective-config.ts'
import type { ObservedGuest } from '../resource/observed.ts'

/** A property string's parts; asking for one takes it. */
export interface PropertyReader {
  readonly text: (name: string) => string | undefined
  readonly number: (name: string) => number | undefined
  readonly flag: (name: string) => boolean | undefined
  /** Takes parts that need no mention: they are implied, or belong to the server. */
  readonly skip: (...names: readonly string[]) => void
}

/** A configuration of which everything that is asked for is taken; what nobody asked for is a loss. */
export interface ConfigReader {
  readonly has: (key: string) => boolean
  readonly text: (key: string) => string | undefined
  readonly number: (key: string) => number | undefined
  readonly flag: (key: string) => boolean | undefined
  readonly list: (key: string) => readonly string[] | undefined
  readonly properties: (key: string) => PropertyReader | undefined
  /** The server's own spelling, taken whole. */
  readonly raw: (key: string) => string | undefined
  /** Keys of numbered parameters, by number: `net0`, `net2`. */
  readonly numbered: (stem: string) => readonly { readonly key: string; readonly index: number }[]
  readonly skip: (...keys: readonly string[]) => void
  /** What was not taken, by name: `scsi0.wwn`. */
  readonly left: () => readonly { readonly name: string; readonly value: string }[]
}

const asText = (value: Scalar | undefined): string | undefined =>
  value === undefined ? undefined : typeof value === 'boolean' ? (value ? '1' : '0') : String(value)
const asNumber = (value: Scalar | undefined): number | undefined => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}
const asFlag = (value: Scalar | undefined): boolean | undefined =>
  typeof value === 'boolean'
    ? value
    : value === undefined
      ? undefined
      : ['1', 'yes', 'on', 'true'].includes(String(value))

/** A list as the server spells it: the order in it, and how ranges are written, matter to the other tools. */
const listIn = (raw: string | undefined, name: string): string | undefined =>
  raw
    ?.split(',')
    .find((part) => part.startsWith(`${name}=`) && part.includes(';'))
    ?.slice(name.length + 1)

const propertyReader = (
  map: { readonly [name: string]: unknown },
  raw: string | undefined,
  taken: Set<string>,
): PropertyReader => {
  const take = (name: string): Scalar | undefined => {
    taken.add(name)
    const value = Object.hasOwn(map, name) ? map[name] : undefined
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
  }
  return {
    text: (name) => {
      const value = asText(take(name))
      return value === undefined ? undefined : (listIn(raw, name) ?? value)
    },
    number: (name) => asNumber(take(name)),
    flag: (name) => asFlag(take(name)),
    skip: (...names) => {
      for (const name of names) taken.add(name)
    },
  }
}

const shown = (value: ConfigValue): string => {
  if (isSecret(value)) return '(secret)'
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

interface Taken {
  readonly whole: Set<string>
  readonly parts: Map<string, Set<string>>
}

const leftOf = (config: Config, { whole, parts }: Taken) =>
  Object.entries(config).flatMap(([key, value]) => {
    if (whole.has(key)) return []
    const own = parts.get(key)
    if (!own || !isPropertyMap(value)) return [{ name: key, value: shown(value) }]
    return Object.entries(value)
      .filter(([name]) => !own.has(name))
      .map(([name, part]) => ({ name: `${key}.${name}`, value: shown(part) }))
  })

/** Reads a guest's configuration as its kind decodes it, and keeps account of what was read. */
export const readConfig = (guest: ObservedGuest): ConfigReader => {
  const raw = effectiveConfig(guest)
  const config = kindOfType(guest.type).decode(raw)
  const taken: Taken = { whole: new Set(), parts: new Map() }
  const scalar = (key: string): Scalar | undefined => {
    taken.whole.add(key)
    const value = config[key]
    return typeof value === 'object' ? undefined : value
  }
  return {
    has: (key) => Object.hasOwn(config, key),
    text: (key) => asText(scalar(key)),
    number: (key) => asNumber(scalar(key)),
    flag: (key) => asFlag(scalar(key)),
    list: (key) => {
      taken.whole.add(key)
      const value = config[key]
      return Array.isArray(value) ? value : typeof value === 'string' ? [value] : undefined
    },
    properties: (key) => {
      const value = config[key]
      if (value === undefined || !isPropertyMap(value)) return undefined
      const own = taken.parts.get(key) ?? new Set()
      taken.parts.set(key, own)
      return propertyReader(value, raw[key], own)
    },
    raw: (key) => {
      taken.whole.add(key)
      return raw[key]
    },
    numbered: (stem) =>
      Object.keys(config)
        .map((key) => ({ key, match: new RegExp(`^${stem}(\\d+)$`).exec(key) }))
        .flatMap(({ key, match }) => (match ? [{ key, index: Number(match[1]) }] : []))
        .sort((a, b) => a.index - b.index),
    skip: (...keys) => {
      for (const key of keys) taken.whole.add(key)
    },
    left: () => leftOf(config, taken),
  }
}
