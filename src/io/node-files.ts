import { randomBytes } from 'node:crypto'
import { access, type FileHandle, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Files, ReadOptions } from './io.ts'

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/** Gives `fallback` where the path does not exist; every other error stays an error. */
const unlessMissing = async <T>(work: Promise<T>, fallback: T): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return fallback
    throw error
  }
}

/** Makes a rename durable. Windows cannot open a folder; some network file systems refuse to sync one. */
const syncFolder = async (folder: string): Promise<void> => {
  let handle: FileHandle
  try {
    handle = await open(folder, 'r')
  } catch (error) {
    if (['EISDIR', 'EPERM', 'EACCES'].includes(String(codeOf(error)))) return
    throw error
  }
  try {
    await handle.sync()
  } catch (error) {
    if (!['EINVAL', 'EPERM', 'ENOTSUP', 'EISDIR'].includes(String(codeOf(error)))) throw error
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

const replaceFile = async (path: string, text: string, mode: number | undefined): Promise<void> => {
  // A link stays a link: what it points to is replaced.
  const target = await unlessMissing(realpath(path), path)
  const existing = await unlessMissing<{ readonly mode: number } | undefined>(stat(target), undefined)
  const beside = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await writeAndSync(beside, text, mode ?? (existing && existing.mode & 0o7777))
    await rename(beside, target)
  } catch (error) {
    await rm(beside, { force: true })
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
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG'].includes(String(codeOf(error)))) return undefined
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

const refusal = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code })

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
  writeText: (path, text, options) => replaceFile(path, text, options?.mode),
  appendText: (path, text, options) => appendAndSync(path, text, options?.mode),
  exists: (path) =>
    unlessMissing(
      access(path).then(() => true),
      false,
    ),
  list: listFolder,
  makeFolder: async (path, options) => {
    await mkdir(path, { recursive: true, ...(options?.mode !== undefined && { mode: options.mode }) })
  },
  remove: (path) => rm(path, { force: true }),
  realPath,
  owner: async (path) => (await unlessMissing<{ readonly uid: number } | undefined>(stat(path), undefined))?.uid,
}
