import { includedVolumes } from '../cluster/backup-volumes.ts'
import type { Guest } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'
import type { World } from '../state/world.ts'
import { findVolume } from '../volume/volumes.ts'

/** What a container's root volume tells of the template it was made from. Bytes. */
export type Origin = { readonly packed: number; readonly unpacked: number }

/** The origin a volume carries, if it does. */
const originOf = (volume: Volume): Origin | undefined => {
  const kept = volume.payload as Partial<Origin> | undefined
  return kept?.packed === undefined || kept.unpacked === undefined ? undefined : (kept as Origin)
}

/** PVE's own files in an archive of a container: bytes plain, and as gzip and zstd pack them. Seen on PVE 9.2. */
const ownFiles = { plain: 40_960, gzip: 19_197, zstd: 35_192 } as const

export type Compression = '0' | '1' | 'gzip' | 'lzo' | 'zstd'

/** The volumes a backup of the guest takes in, by key. */
export const backedUp = (world: World, guest: Guest): readonly (readonly [string, Volume])[] =>
  includedVolumes(guest).flatMap(({ id, name, included }) => {
    const volume = included ? findVolume(world, name, guest.node) : undefined
    return volume === undefined ? [] : [[id.slice(id.indexOf(':') + 1), volume] as const]
  })

/** Bytes of data in those volumes. */
export const unpackedBytes = (volumes: readonly (readonly [string, Volume])[]): number =>
  volumes.reduce((sum, [, volume]) => sum + (originOf(volume)?.unpacked ?? volume.used), 0)

/** Bytes of the archive: systems made from a template pack as well as the template did, others to 45 of 100. */
export const archiveBytes = (volumes: readonly (readonly [string, Volume])[], compression: Compression): number => {
  if (compression === '0') return unpackedBytes(volumes) + ownFiles.plain
  const packed = volumes.reduce(
    (sum, [, volume]) => sum + (originOf(volume)?.packed ?? Math.round(volume.used * 0.45)),
    0,
  )
  return packed + (compression === 'gzip' ? ownFiles.gzip : ownFiles.zstd)
}
