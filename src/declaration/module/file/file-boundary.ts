import { dirname } from 'node:path'
import type { Files } from '../../../io/io.ts'
import type { FileBoundary } from './file-reader.ts'

/** The nearest folder at or above this one that is a Git repository; itself where there is none. */
const repositoryOf = async (files: Files, folder: string): Promise<string> => {
  for (let at = folder; ; at = dirname(at)) {
    if (await files.exists(`${at}/.git`)) return at
    if (dirname(at) === at) return folder
  }
}

/** Everything may be read. */
export const NO_BOUNDARY: FileBoundary = async () => undefined

/**
 * What lies outside of the folder and its parents up to the repository's root may not be read by a declaration: it may come from somebody else,
 * and what it reads ends up on the server. Links are followed first.
 */
export const repositoryBoundary = (files: Files, folder: string): FileBoundary => {
  let root: Promise<string> | undefined
  return async (path) => {
    root ??= files.realPath(folder).then((real) => repositoryOf(files, real))
    const [within, real] = [await root, await files.realPath(path)]
    if (real === within || real.startsWith(within === '/' ? within : `${within}/`)) return undefined
    return `it is outside ${within}. Declarations from somebody else could read your files this way; allow it with --allow-files`
  }
}
