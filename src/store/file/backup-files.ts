import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../io/node-files.ts'

const KEPT = 10
const NAME = /^state-.*\.db$/

/** `2026-11-21T12-30-00.123Z`: sorts by time and is a file name everywhere. */
const stamp = (now: Date): string => now.toISOString().replaceAll(':', '-')

/** The copies among the names of a folder, oldest first. */
export const backupNames = (names: readonly string[]): readonly string[] =>
  names.filter((name) => NAME.test(name)).sort()

const sweep = async (folder: string): Promise<void> => {
  const names = backupNames(await readdir(folder))
  for (const name of names.slice(0, -KEPT)) await rm(join(folder, name), { force: true })
}

/** Copies the state beside it and keeps the newest ten copies. `reason` becomes part of the name: letters and dashes. */
export const backUp = async (
  copyTo: (path: string) => Promise<void>,
  folder: string,
  reason: string,
  now: Date,
): Promise<string> => {
  await makeFolder(folder, 0o700)
  const path = join(folder, `state-${stamp(now)}-${reason}.db`)
  await copyTo(path)
  await sweep(folder)
  return path
}
