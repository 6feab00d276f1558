import { kindOfType } from '../../kinds/registry.ts'
import type { Step } from '../../plan/plan.ts'
import { volumeIn } from '../../plan/state/foreign-volumes.ts'
import type { GuestRef } from '../../resource/guest.ts'
import type { RawConfig } from '../../resource/observed.ts'
import type { SeenGuest } from '../journal.ts'

/** Where PVE keeps a volume that was detached. */
export const isUnused = (key: string): boolean => /^unused\d+$/.test(key)

/** Keys of a guest that hold volumes, with these. */
export const volumesOf = ({ type }: Pick<GuestRef, 'type'>, raw: RawConfig): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(raw).flatMap(([key, text]) => {
      const volume = isUnused(key) ? text.split(',')[0] : volumeIn(kindOfType(type), key, text)
      return volume === undefined ? [] : [[key, volume] as const]
    }),
  )

/** A copy and a restored guest get the volumes of their source, which no request names. */
export const isCopy = ({ requests }: Step): boolean =>
  requests.some(({ path, params = {} }) => path.endsWith('/clone') || 'archive' in params || 'restore' in params)

/** Volumes that are on record of a guest, by key. */
export const recordedVolumes = (
  guest: Pick<GuestRef, 'type'>,
  seen: Pick<SeenGuest, 'values'> | null | undefined,
): ReadonlyMap<string, string> =>
  volumesOf(
    guest,
    Object.fromEntries(
      Object.entries(seen?.values ?? {}).flatMap(([key, text]) => (text === null ? [] : [[key, text] as const])),
    ),
  )

/** PVE notes the size of a volume when it attaches it (PVE source: rescan_volume); a text that lacks one is no other volume for that. */
export const sameSized = (a: string, b: string): readonly [string, string] => {
  const [left, right] = [a, b].map((text) => /,size=/.test(text))
  const without = (text: string) => text.replace(/,size=[^,]*/, '')
  return left === right ? [a, b] : [without(a), without(b)]
}

/** A conversion to a template renames the volumes: `vm-…` becomes `base-…`, `subvol-…` becomes `basevol-…`. */
export const unconverted = (volume: string): string =>
  volume.replace(/(^|[:/])base(vol)?-/g, (_, start, sub) => `${start}${sub === undefined ? 'vm' : 'subvol'}-`)
