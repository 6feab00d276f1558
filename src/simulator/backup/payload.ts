import type { Section } from '../state/guest.ts'
import type { Volume } from '../state/storage.ts'

/** What a backup archive of a guest carries beside its size. */
export type BackupPayload = {
  readonly type: 'qemu' | 'lxc'
  /** The configuration as it was, without snapshots and pending values. */
  readonly config: Section
  /** The file inside the archive: what `extractconfig` answers. */
  readonly text: string
  /** Bytes of each volume by its key, of those the backup took in. */
  readonly sizes: Readonly<Record<string, number>>
  /** What those volumes held, by the same keys. */
  readonly tokens: Readonly<Record<string, string>>
  /** Bytes the guest's files take unpacked. */
  readonly unpacked: number
}

/** The backup behind an archive volume; nothing for a file that is none of ours. */
export const payloadOf = (archive: Volume): BackupPayload | undefined => archive.payload as BackupPayload | undefined
