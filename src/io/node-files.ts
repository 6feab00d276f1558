import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import {
  access,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { aboutFile, codeOf } from '../util/system-words.ts'
import type { Files, ReadOptions } from './io.ts'

/** Gives `fallback` where the path does not exist; every other error stays an error. */
const unlessMissing = async <T>(work: Promise<T>, fallback: T): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return fallback
    throw error
  }
}

const refusal = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code })

/** Makes a rename durable. Windows cannot open a folder; some network file systems refuse to sync one. */
const syncFolder = async (folder: string): Promise<void> => {
  let handle: FileHandle
  try {
    handle = await open(folder, 'r')
  } catch (error) {
    if (['EISDIR', 'EPERM', 'EACCES'].includes(codeOf(error))) return
    throw error
  }
  try {
    await handle.sync()
  } catch (error) {
    if (!['EINVAL', 'EPERM', 'ENOTSUP', 'EISDIR'].includes(codeOf(error))) throw error
  } finally {
    await handle.close()
  }
}

const writeAndSync = async (path: string, text: string, mode: number | undefined): Promise<void> => {
  const handle = await open(path, 'wx', mode ?? 0o666)
  try {
    if (mode !== undefined) await handle.chmod(mode)
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Errors name the file that was meant. */
const naming = async (path: string, work: Promise<void>): Promise<void> => {
  try {
    await work
  } catch (error) {
    throw aboutFile(path, error)
  }
}

const replaceFile = async (path: string, text: string, mode: number | undefined): Promise<void> => {
  // A link stays a link: what it points to is replaced.
  const target = await unlessMissing(realpath(path), path)
  const existing = await unlessMissing<Stats | undefined>(stat(target), undefined)
  if (existing?.isDirectory()) throw refusal('EISDIR', path)
  // A device or a pipe is written to, never replaced.
  if (existing && !existing.isFile()) return writeFile(target, text)
  const beside = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await writeAndSync(beside, text, mode ?? (existing && existing.mode & 0o7777))
    await rename(beside, target)
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(target))
}

const appendAndSync = async (path: string, text: string, mode: number | undefined): Promise<void> => {
  const handle = await open(path, 'a', mode ?? 0o666)
  try {
    await handle.appendFile(text)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

const kindOf = (entry: { readonly isFile: () => boolean; readonly isDirectory: () => boolean } | undefined) =>
  entry?.isFile() ? 'file' : entry?.isDirectory() ? 'folder' : 'other'

/** What a link leads to; undefined where it leads nowhere, in a circle, or where we may not look. */
const targetOf = async (path: string) => {
  try {
    return await stat(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG'].includes(codeOf(error))) return undefined
    throw error
  }
}

const listFolder: Files['list'] = async (path) => {
  const entries = await unlessMissing(readdir(path, { withFileTypes: true }), [])
  const listed = entries.map(async (entry) => ({
    name: entry.name,
    kind: kindOf(entry.isSymbolicLink() ? await targetOf(join(path, entry.name)) : entry) as
      | 'file'
      | 'folder'
      | 'other',
  }))
  return (await Promise.all(listed)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Pipes and devices may wait or go on for ever, so their kind is looked at before they are opened. */
const readBounded = async (path: string, { atMost }: ReadOptions = {}): Promise<Buffer> => {
  if (atMost === undefined) return readFile(path)
  const found = await stat(path)
  // What a shell gives as <(command) ends by itself.
  const isOrdinary = found.isFile() || found.isDirectory() || path.startsWith('/dev/fd/')
  if (!isOrdinary) throw refusal('ENOTSUP', path)
  if (found.size > atMost && found.isFile()) throw refusal('EFBIG', path)
  return readFile(path)
}

/** Folder by folder: Node's own way never ends where the system says of a folder in `/proc` that it does not exist. */
export const makeFolder = async (path: string, mode?: number): Promise<void> => {
  const found = await unlessMissing<{ readonly isDirectory: () => boolean } | undefined>(stat(path), undefined)
  if (found?.isDirectory()) return
  if (dirname(path) !== path) await makeFolder(dirname(path), mode)
  try {
    await mkdir(path, mode)
  } catch (error) {
    // Somebody else may have made it just now.
    if (codeOf(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error
  }
}

const realPath: Files['realPath'] = async (path) => {
  const real = await unlessMissing(realpath(path), undefined)
  if (real !== undefined || dirname(path) === path) return real ?? path
  return join(await realPath(dirname(path)), basename(path))
}

/**
 * Files on the real disk. Writes and appends return only when the bytes are durable; a write never leaves half a file, and keeps the
 * mode of the file it replaces unless told another. `remove` does nothing where there is nothing, and refuses a folder.
 */
export const nodeFiles: Files = {
  readText: async (path, options) => (await readBounded(path, options)).toString('utf8'),
  readBytes: readBounded,
  writeText: (path, text, options) => naming(path, replaceFile(path, text, options?.mode)),
  appendText: (path, text, options) => naming(path, appendAndSync(path, text, options?.mode)),
  exists: (path) =>
    unlessMissing(
      access(path).then(() => true),
      false,
    ),
  list: listFolder,
  makeFolder: (path, options) => makeFolder(path, options?.mode),
  remove: (path) => rm(path, { force: true }),
  realPath,
  owner: async (path) => (await unlessMissing<{ readonly uid: number } | undefined>(stat(path), undefined))?.uid,
}
