import type { Files } from '../../../io/io.ts'
import { MAX_FILE, MAX_FILES, MAX_LISTED } from '../../syntax/limits.ts'

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
  | { readonly kind: 'missing'; readonly reason: string; readonly code: string }

/** Files below a folder, for fileset(); undefined where there are too many to look at. */
export interface FolderContent {
  readonly files: readonly string[] | undefined
  /** Why it was not looked at, where it may not be. */
  readonly outside?: string
}

/**
 * Files that functions read while values are computed, which cannot wait. What is not there yet is noted; the caller reads it and evaluates
 * again, so that evaluation itself stays a pure function.
 */
export interface FileCache {
  /** Undefined: not read yet, noted. */
  readonly read: (path: string) => FileContent | undefined
  /** Files no more than `depth` folders below it. */
  readonly list: (folder: string, depth: number) => FolderContent | undefined
  /** Reads what was noted; false when there was nothing. */
  readonly fill: () => Promise<boolean>
}

const listAll = async (files: Files, folder: string, depth: number): Promise<FolderContent> => {
  const found: string[] = []
  const waiting = [{ at: '', below: 0 }]
  let seen = 0
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const { name, kind } of await files.list(joinPath(folder, next.at))) {
      // Folders that link to one another have no end.
      if (++seen > MAX_LISTED) return { files: undefined }
      const path = joinPath(next.at, name)
      if (kind === 'file') found.push(path)
      else if (kind === 'folder' && next.below < depth) waiting.push({ at: path, below: next.below + 1 })
    }
  }
  return { files: found.sort() }
}

/** The code of a file that may not be read. */
export const OUTSIDE = 'EOUTSIDE'

const REASONS: { readonly [code: string]: string } = {
  ENOENT: 'there is no such file',
  EFBIG: `it is larger than ${MAX_FILE} bytes`,
  ENOTSUP: 'it is a pipe or a device',
}

const readOne = async (files: Files, path: string, atMost: number): Promise<FileContent> => {
  try {
    return { kind: 'bytes', bytes: await files.readBytes(path, { atMost }) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return { kind: 'missing', code, reason: REASONS[code] ?? `it cannot be read (${code})` }
  }
}

/** A device is refused as what it is: allowing it would not help. */
const refused = async (files: Files, path: string, why: string): Promise<FileContent> => {
  const looked = await readOne(files, path, 0)
  return looked.kind === 'missing' && looked.code === 'ENOTSUP'
    ? looked
    : { kind: 'missing', code: OUTSIDE, reason: why }
}

/** Says why a path may not be read; undefined where it may. */
export type FileBoundary = (path: string) => Promise<string | undefined>

export const fileCache = (files: Files, workspace: string, outside: FileBoundary): FileCache => {
  const known = new Map<string, FileContent>()
  const folders = new Map<string, FolderContent>()
  const wanted = new Set<string>()
  const wantedFolders = new Map<string, { readonly place: string; readonly depth: number }>()
  let left = MAX_FILES
  return {
    read: (path) => {
      const place = placeOf(workspace, path)
      const content = known.get(place)
      if (!content) wanted.add(place)
      return content
    },
    list: (folder, depth) => {
      const place = placeOf(workspace, folder)
      const key = `${depth} ${place}`
      const content = folders.get(key)
      if (!content) wantedFolders.set(key, { place, depth })
      return content
    },
    fill: async () => {
      const [paths, lists] = [[...wanted], [...wantedFolders]]
      wanted.clear()
      wantedFolders.clear()
      for (const path of paths) {
        const why = await outside(path)
        const content =
          why === undefined ? await readOne(files, path, Math.min(MAX_FILE, left)) : await refused(files, path, why)
        if (content.kind === 'bytes') left -= content.bytes.length
        known.set(path, content)
      }
      for (const [key, { place, depth }] of lists) {
        const why = await outside(place)
        folders.set(key, why === undefined ? await listAll(files, place, depth) : { files: undefined, outside: why })
      }
      return paths.length + lists.length > 0
    },
  }
}
