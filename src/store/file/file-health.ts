import { readdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** How the files of a workspace lie on the disk. */
export interface FileHealth {
  /** Paths that others than the owner may read or change. */
  readonly open: readonly { readonly path: string; readonly mode: number }[]
  /** Bytes that are free for us, and bytes of the state. */
  readonly room: number
  readonly size: number
}

const OTHERS = 0o077

/** Looks at the state, the audit log and the copies. Changes nothing. */
export const fileHealth = async (state: string): Promise<FileHealth> => {
  const folder = dirname(state)
  const backups = join(folder, 'backups')
  const copies = (await readdir(backups).catch(() => [])).map((name) => join(backups, name))
  const open: { path: string; mode: number }[] = []
  for (const path of [folder, state, join(folder, 'audit.log'), backups, ...copies]) {
    const found = await stat(path).catch(() => undefined)
    // Settings lie in the folder, too, and are for everybody: others may look into it, not write.
    const forbidden = path === folder ? 0o022 : OTHERS
    if (found && (found.mode & forbidden) !== 0) open.push({ path, mode: found.mode & 0o777 })
  }
  const disk = await statfs(folder)
  return { open, room: disk.bavail * disk.bsize, size: (await stat(state)).size }
}
