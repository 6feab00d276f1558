import type { GuestKind } from '../../kinds/kind.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { storageOf, volumeOwner } from '../../kinds/value/volume.ts'
import {
  type ConfigValue,
  isPropertyMap,
  isSecret,
  type PropertyMap,
  type Scalar,
} from '../../resource/config-value.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import { isMasked } from '../../resource/hidden-keys.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { inWrittenOrder } from './attribute-order.ts'
import type { WrittenAttribute, WrittenSlot, WrittenValue } from './written-block.ts'

/** The configuration of a guest as a declaration would say it, and what it does not say. */
export interface DescribedGuest {
  readonly attributes: readonly WrittenAttribute[]
  readonly slots: readonly WrittenSlot[]
  /** It has volumes of other guests attached. */
  readonly isSharing: boolean
  /** Keys that stay as they are on the server and are not declared, with the reason. */
  readonly left: readonly { readonly key: string; readonly why: string }[]
}

/** What Proxmox VE chooses when a guest is created; a guest that is created from the declaration gets its own. */
const SET_BY_SERVER: { readonly [kind: string]: readonly string[] } = {
  vm: ['vmgenid', 'smbios1.uuid'],
  container: ['arch', 'ostype', 'rootfs.acl'],
}
/** PVE's own prefix of MAC addresses; one that begins otherwise was chosen by somebody. */
const CHOSEN_BY_SERVER = /^BC:24:11:/i
const MAC_PROPERTIES: readonly string[] = ['macaddr', 'hwaddr']
/** Devices are there or not: one with default settings is not the same as none. Of these, defaults are the same as nothing. */
const SAME_AS_NONE: readonly string[] = ['agent', 'cpu', 'features', 'machine', 'vga']
const LOOKS_SECRET = /(?:^|_)(?:PASS|PASSWD|PASSWORD|SECRET|TOKEN|KEY|CREDENTIALS?)[A-Z0-9_]*=/i

type Judged = { readonly value: ConfigValue } | { readonly why: string } | undefined

/** Where a volume lies: `storage` and `size` of one that is the guest's own, its name for any other. */
const placed = (guest: ObservedGuest, map: PropertyMap, volume: string): PropertyMap => {
  const file = String(map[volume] ?? '')
  const isOwn =
    storageOf(file) !== undefined && volumeOwner(file) === guest.vmid && !/:(?:iso|vztmpl|import)\//.test(file)
  const { [volume]: _file, storage, size, format, ...options } = map
  if (!isOwn) return { [volume]: file, ...options }
  const sized = size !== undefined && map['media'] !== 'cloudinit'
  return {
    ...(storage !== undefined && { storage }),
    ...(sized && { size }),
    ...(format !== undefined && format !== 'raw' && map['media'] !== 'cloudinit' && { format }),
    ...options,
  }
}

/** The value names a volume that belongs to another guest. */
const isOthers = ({ vmid }: ObservedGuest, kind: GuestKind, key: string, value: ConfigValue): boolean => {
  const volume = kind.volumeProperty(key)
  if (volume === undefined || !isPropertyMap(value)) return false
  const owner = volumeOwner(String(value[volume] ?? ''))
  return owner !== undefined && owner !== vmid
}

/** Keys of a guest that hold volumes of other guests. */
export const othersVolumes = (guest: ObservedGuest): readonly string[] => {
  const kind = kindOfType(guest.type)
  return Object.entries(effectiveConfig(guest)).flatMap(([key, text]) =>
    kind.factsFor(key) && isOthers(guest, kind, key, kind.decodeValue(key, text)) ? [key] : [],
  )
}

/** Whether a property needs no word: the server chose it, or it is what its absence means. */
const isNeedless = (kind: GuestKind, key: string, map: PropertyMap, property: string): boolean => {
  const value = map[property] as Scalar
  const facts = kind.factsFor(key)?.properties?.[property]
  if (!facts || SET_BY_SERVER[kind.name]?.includes(`${key}.${property}`)) return true
  if (MAC_PROPERTIES.includes(property) && CHOSEN_BY_SERVER.test(String(value))) return true
  if (property === 'model' && value === 'virtio') return true
  if (facts.enum?.length === 1) return true
  if (!facts.optional) return false
  const { [property]: _own, ...others } = map
  return kind.propertyHolds(key, property, value, others)
}

const mapOf = (guest: ObservedGuest, kind: GuestKind, key: string, whole: PropertyMap): PropertyMap | undefined => {
  const volume = kind.volumeProperty(key)
  const map = volume === undefined ? whole : placed(guest, whole, volume)
  const kept = Object.entries(map).filter(
    ([property, value]) => !isSecret(value) && (property === volume || !isNeedless(kind, key, map, property)),
  )
  if (kept.length > 0) return Object.fromEntries(kept)
  if (SAME_AS_NONE.includes(key) || key === 'smbios1') return undefined
  const [first] = Object.entries(map).filter(([property]) => kind.factsFor(key)?.properties?.[property])
  return first && Object.fromEntries([first])
}

/** A key's value as it would be declared; undefined where it needs no word. */
const judge = (guest: ObservedGuest, kind: GuestKind, key: string, text: string): Judged => {
  const facts = kind.factsFor(key)
  if (!facts) return /^(?:lxc|unused)/.test(key) ? { why: 'it cannot be declared' } : undefined
  if (!facts.on.includes('update') || SET_BY_SERVER[kind.name]?.includes(key)) return undefined
  if (facts.secret || isMasked(text)) return { why: 'it is secret' }
  if (key === 'env' && LOOKS_SECRET.test(text)) return { why: 'it may hold a secret' }
  const observed = kind.decodeValue(key, text)
  if (!isPropertyMap(observed)) return kind.holds(key, observed, undefined) ? undefined : { value: observed }
  const map = mapOf(guest, kind, key, observed)
  return map && { value: map }
}

/** A declaration of it would be taken, and would change nothing. */
const refusal = (kind: GuestKind, key: string, value: ConfigValue, text: string): string | undefined => {
  const { value: declared, problem } = kind.normalize(key, value)
  if (problem) return problem.detail
  return kind.holds(key, declared, kind.decodeValue(key, text)) ? undefined : 'declared, it would be changed'
}

/** A map of which only the key is told that needs no name: `cpu = "host"`. */
const short = (kind: GuestKind, key: string, value: ConfigValue): WrittenValue => {
  if (!isPropertyMap(value)) return value as WrittenValue
  const { defaultKey } = kind.factsFor(key) ?? {}
  const sole = Object.keys(value).length === 1 && defaultKey !== undefined ? value[defaultKey] : undefined
  const isPlain = typeof sole === 'boolean' || (typeof sole === 'string' && /^[\w.-]+$/.test(sole))
  return isPlain && kind.volumeProperty(key) === undefined ? sole : (value as WrittenValue)
}

/**
 * Takes a guest's configuration, with what waits for its next start, into the words of a declaration. Left out is what equals Proxmox VE's
 * defaults, what it sets by itself, secrets, and `omitted` keys (`scsi0`) or properties (`scsi0.size`).
 */
export const describeGuest = (guest: ObservedGuest, omitted: ReadonlySet<string> = new Set()): DescribedGuest => {
  const kind = kindOfType(guest.type)
  const attributes: WrittenAttribute[] = []
  const slots: WrittenSlot[] = []
  const left: { key: string; why: string }[] = []
  let isSharing = false
  for (const [key, text] of Object.entries(effectiveConfig(guest))) {
    const judged = omitted.has(key) ? undefined : judge(guest, kind, key, text)
    if (!judged) continue
    const why = 'why' in judged ? judged.why : refusal(kind, key, judged.value, text)
    if ('why' in judged || why !== undefined) {
      left.push({ key, why: why ?? '' })
      continue
    }
    if (isOthers(guest, kind, key, judged.value)) isSharing = true
    const block = kind.groupOf(key)
    const value = isPropertyMap(judged.value) ? without(judged.value, key, omitted) : judged.value
    if (block !== undefined && isPropertyMap(value))
      slots.push({ block, slot: key, properties: value as WrittenSlot['properties'] })
    else attributes.push({ name: key, value: short(kind, key, value) })
  }
  return {
    attributes: inWrittenOrder(attributes, ({ name }) => name),
    slots: inWrittenOrder(slots, ({ block, slot }) => `${BLOCKS.indexOf(block)} ${slot}`),
    isSharing,
    left,
  }
}

const BLOCKS: readonly string[] = ['mount_point', 'disk', 'network']

const without = (map: PropertyMap, key: string, omitted: ReadonlySet<string>): PropertyMap =>
  omitted.size === 0 ? map : Object.fromEntries(Object.entries(map).filter(([name]) => !omitted.has(`${key}.${name}`)))
