import type { Files } from '../../io/io.ts'

/** Paths with `/` between their parts and no `.` or `..` left where that can be. */
export const joinPath = (...parts: readonly string[]): string => {
  const joined = parts.filter((part) => part !== '' && part !== '.').join('/')
  const absolute = joined.startsWith('/')
  const out: string[] = []
  for (const part of joined.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop()
    else if (part !== '..' || !absolute) out.push(part)
  }
  return `${absolute ? '/' : ''}${out.join('/')}`
}

/** Where a path written in a declaration lies: absolute as it is, else below the workspace. */
export const placeOf = (workspace: string, path: string): string =>
  path.startsWith('/') ? path : joinPath(workspace, path)

export type FileContent =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing'; readonly reason: string }

/** Files below a folder, for fileset(). */
export type FolderContent = readonly string[]

/**
 * Files that functions read while values are computed, which cannot wait. What is not there yet is noted; the caller reads it and evaluates
 * again, so that evaluation itself stays a pure function.
 */
export interface FileCache {
  /** Undefined: not read yet, noted. */
  readonly read: (path: string) => FileContent | undefined
  readonly list: (folder: string) => FolderContent | undefined
  /** Reads what was noted; false when there was nothing. */
  readonly fill: () => Promise<boolean>
}

const MAX_LISTED = 50_000

const listAll = async (files: Files, folder: string): Promise<FolderContent> => {
  const found: string[] = []
  const waiting = ['']
  for (let at = waiting.pop(); at !== undefined && found.length < MAX_LISTED; at = waiting.pop()) {
    for (const { name, kind } of await files.list(joinPath(folder, at))) {
      const path = joinPath(at, name)
      if (kind === 'folder') waiting.push(path)
      else if (kind === 'file') found.push(path)
    }
  }
  return found.sort()
}

const readOne = async (files: Files, path: string): Promise<FileContent> => {
  try {
    return { kind: 'bytes', bytes: await files.readBytes(path) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return { kind: 'missing', reason: code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})` }
  }
}

export const fileCache = (files: Files, workspace: string): FileCache => {
  const known = new Map<string, FileContent>()
  const folders = new Map<string, FolderContent>()
  const wanted = new Set<string>()
  const wantedFolders = new Set<string>()
  return {
    read: (path) => {
      const place = placeOf(workspace, path)
      const content = known.get(place)
      if (!content) wanted.add(place)
      return content
    },
    list: (folder) => {
      const place = placeOf(workspace, folder)
      const content = folders.get(place)
      if (!content) wantedFolders.add(place)
      return content
    },
    fill: async () => {
      const [paths, lists] = [[...wanted], [...wantedFolders]]
      wanted.clear()
      wantedFolders.clear()
      for (const path of paths) known.set(path, await readOne(files, path))
      for (const folder of lists) folders.set(folder, await listAll(files, folder))
      return paths.length + lists.length > 0
    },
  }
}
