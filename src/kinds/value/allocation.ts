import type { PropertyMap, Scalar } from '../../resource/config-value.ts'
import type { KeyFacts } from '../facts/key-facts.ts'
import type { KindDefinition } from '../kind-definition.ts'
import { canonicalSize, sizeOfGib } from './size.ts'
import { allocationOf, isCloudInit, storageOf } from './volume.ts'

/** A drive's map in terms of mpc, or what is wrong with it. */
export type Allocation = { readonly map: { readonly [key: string]: Scalar } } | { readonly problem: string }

type Scalars = { readonly [key: string]: Scalar }

const without = (map: Scalars, ...keys: readonly string[]): Scalars =>
  Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)))

/** Told twice with different values, one of them would be ignored. */
const contradiction = (map: Scalars, said: Scalars, text: string): string | undefined => {
  const key = Object.keys(said).find((each) => map[each] !== undefined && map[each] !== said[each])
  return key === undefined
    ? undefined
    : `asks for a new volume with \`${text}\`, and \`${key}\` says ${map[key]}. Keep one of them`
}

const newVolume = (
  map: Scalars,
  volume: string,
  sized: boolean,
  [text, storage, gib]: readonly [string, string, string],
): Allocation => {
  const isImport = map['import-from'] !== undefined
  if (isImport && Number(gib) !== 0)
    return { problem: `imports an image, which has its own size. Write \`${storage}:0\`, and grow it with \`size\`` }
  const size = isImport || !sized ? {} : { size: canonicalSize(sizeOfGib(Number(gib))) }
  const problem = contradiction(map, { storage, ...size }, text)
  return problem === undefined ? { map: { ...without(map, volume), storage, ...size } } : { problem }
}

/**
 * PVE's text for a new volume as what it means: `local-lvm:32` is 32 GiB on local-lvm, `local-lvm:cloudinit` and a cloud-init volume by its name are
 * the cloud-init drive, which PVE names by itself. PVE API: "Use the special syntax STORAGE_ID:SIZE_IN_GiB to allocate a new volume".
 */
export const readAllocation = (facts: KeyFacts, map: Scalars, definition: KindDefinition): Allocation => {
  const { volume } = facts
  const text = volume === undefined ? undefined : map[volume]
  if (volume === undefined || text === undefined) return { map }
  const name = String(text)
  if (/^\d+(?:\.\d+)?$/.test(name))
    return { problem: `names no storage. Write \`local-lvm:${name}\` for a new volume of ${name} GiB on local-lvm` }
  if (isCloudInit(name)) {
    const storage = storageOf(name)
    const rest = without(map, volume, 'media', 'size')
    return { map: { ...rest, ...(storage !== undefined && { storage }), media: 'cloudinit' } }
  }
  const made = allocationOf(name)
  if (!made) return { map }
  const sized = facts.facts.properties?.['size'] !== undefined
  if (definition.traits.needsVolumeSize && sized && Number(made.gib) === 0 && map['import-from'] === undefined)
    return { problem: `asks for a new volume without a size. Write \`${made.storage}:32\` for 32 GiB` }
  return newVolume(map, volume, sized, [name, made.storage, made.gib])
}

/** Whether the map is a drive without a volume of the guest's own: a CD drive, whose medium has the size it has, or a cloud-init drive. */
export const isMedium = (map: PropertyMap): boolean => map['media'] === 'cdrom' || map['media'] === 'cloudinit'
