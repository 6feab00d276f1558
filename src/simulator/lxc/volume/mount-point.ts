import { PveError } from '../../api/error.ts'
import { parsePropertyString } from '../../schema/check.ts'
import { printPropertyString } from '../../schema/property-string.ts'
import { SchemaError } from '../../schema/schema-error.ts'
import { namedFormat } from '../../schema/verify.ts'
import type { Guest, Section } from '../../state/guest.ts'
import { parseSize, printSize } from '../../volume/size.ts'
import { formatOf } from '../option.ts'

/** A root file system or mount point as read from its property string; `parts.size` stays text. */
export type MountPoint = {
  readonly type: 'volume' | 'bind' | 'device'
  readonly volume: string
  /** Where it is mounted; `/` for the root file system. */
  readonly mp: string
  readonly parts: Readonly<Record<string, string>>
}

/** An allocation (`local:8`) instead of a volume id: storage, and size in GiB. PVE source: NEW_DISK_RE. */
export const newDisk = (volume: string): { readonly storage: string; readonly gigabytes: number } | undefined => {
  const found = /^([^:\s]+):(\d+(?:\.\d+)?)$/.exec(volume)
  return found ? { storage: found[1] as string, gigabytes: Number(found[2]) } : undefined
}

const classify = (volume: string): MountPoint['type'] =>
  !volume.startsWith('/') ? 'volume' : volume.startsWith('/dev/') ? 'device' : 'bind'

const asErrors = (text: string): Record<string, string> => {
  const errors: Record<string, string> = {}
  for (const line of text.split('\n').slice(1)) {
    const [, name, why] = /^([\w.-]+): (.*)$/.exec(line) ?? []
    if (name !== undefined && why !== undefined) errors[name] = why
  }
  return errors
}

/**
 * Reads the value of `rootfs`, `mpN` or `unusedN`. One that is not set fails as in PVE: 500 `format error` with `errors` for what is
 * missing (seen on PVE 9.2 for a resize of a mount point that does not exist).
 */
export const parseMountPoint = (key: string, text: string | undefined): MountPoint => {
  try {
    const parts = parsePropertyString(formatOf(key), text ?? '', '', namedFormat)
    const volume = parts['volume'] ?? ''
    return { type: classify(volume), volume, mp: key === 'rootfs' ? '/' : (parts['mp'] ?? ''), parts }
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new PveError(500, error.message.split('\n')[0] ?? '', asErrors(error.message))
  }
}

/** Writes a mount point: size in its largest whole unit. */
export const printMountPoint = (key: string, parts: Readonly<Record<string, string>>): string => {
  const size = parts['size']
  const bytes = size === undefined ? undefined : parseSize(size)
  return printPropertyString(formatOf(key), bytes === undefined ? parts : { ...parts, size: printSize(bytes) })
}

/** A mount point with other parts: nothing removes a part. */
export const withParts = (
  mount: MountPoint,
  parts: Readonly<Record<string, string | undefined>>,
): Record<string, string> => {
  const all: Record<string, string | undefined> = { ...mount.parts, ...parts }
  const kept: Record<string, string> = {}
  for (const key in all) if (all[key] !== undefined) kept[key] = all[key]
  return kept
}

const order = (key: string): number => (key === 'rootfs' ? -1 : Number(key.slice(2)))

export const isMountKey = (key: string): boolean => key === 'rootfs' || /^mp\d+$/.test(key)

/** The root file system and mount points of a section, in PVE's order: rootfs, mp0, mp1 … */
export const mountsOf = (section: Readonly<Section>): readonly (readonly [string, MountPoint])[] =>
  Object.keys(section)
    .filter(isMountKey)
    .sort((a, b) => order(a) - order(b))
    .map((key) => [key, parseMountPoint(key, section[key])] as const)

/** The unused volumes of a section by key, lowest number first. */
export const unusedOf = (section: Readonly<Section>): readonly (readonly [string, string])[] =>
  Object.keys(section)
    .filter((key) => /^unused\d+$/.test(key))
    .sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)))
    .map((key) => [key, section[key] as string] as const)

const uses = (section: Readonly<Section>, volid: string): boolean =>
  mountsOf(section).some(([, mount]) => mount.type === 'volume' && mount.volume === volid)

export const usedBySnapshot = (guest: Guest, volid: string): boolean =>
  [...guest.snapshots.values()].some((snapshot) => uses(snapshot, volid))

/** Whether a volume is in use by the configuration, by a pending value or by a snapshot. */
export const isInUse = (guest: Guest, volid: string): boolean =>
  uses(guest.config, volid) || uses(guest.pending, volid) || usedBySnapshot(guest, volid)

/** Notes a volume as the lowest free `unusedN`, unless it is noted already. */
export const addUnused = (section: Section, volid: string): void => {
  const known = new Set(unusedOf(section).map(([, volume]) => volume))
  if (known.has(volid)) return
  for (let index = 0; index < 256; index++) {
    if (section[`unused${index}`] !== undefined) continue
    section[`unused${index}`] = volid
    return
  }
}
