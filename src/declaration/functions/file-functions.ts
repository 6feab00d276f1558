import { setValue } from '../eval/set.ts'
import { BOOL, STRING, setOf } from '../eval/type.ts'
import { bool, FAILED, type Failure, failure, string, type Value } from '../eval/value.ts'
import { joinPath, placeOf } from '../module/file-reader.ts'
import { onText, spec, strings, text } from './arguments.ts'
import { utf8 } from './encoding-functions.ts'
import type { FunctionGroup, FunctionWorld } from './function-world.ts'
import { globPattern } from './glob.ts'

const expandHome = (path: string, home: string | undefined): string =>
  home !== undefined && (path === '~' || path.startsWith('~/')) ? `${home}${path.slice(1)}` : path

/** Bytes of a file, undefined while it is being read. */
export const bytesOf = (world: FunctionWorld, path: string): Uint8Array | Failure | undefined => {
  const content = world.read(expandHome(path, world.home))
  if (!content) return undefined
  return content.kind === 'bytes' ? content.bytes : failure(`${path}: ${content.reason}`, 0)
}

const withBytes = (world: FunctionWorld, use: (bytes: Uint8Array, path: string) => Value | Failure) =>
  spec(strings('path'), STRING, ([path]) => {
    const bytes = bytesOf(world, text(path))
    if (!bytes) return FAILED
    return 'kind' in bytes ? bytes : use(bytes, text(path))
  })

const fileexists = (world: FunctionWorld, path: string): Value | Failure => {
  const content = world.read(expandHome(path, world.home))
  if (!content) return FAILED
  if (content.kind === 'bytes') return bool(true)
  return content.reason.includes('EISDIR') ? failure(`${path} is a folder, not a file`, 0) : bool(false)
}

const fileset = (world: FunctionWorld, folder: string, pattern: string): Value | Failure => {
  const matches = globPattern(joinPath(pattern))
  if (!matches) return failure('a bracket or brace of the pattern is never closed', 1)
  const files = world.list(expandHome(folder, world.home))
  return files ? setValue(STRING, files.filter((file) => matches.test(file)).map(string)) : FAILED
}

const basename = (path: string): string => {
  if (path === '') return '.'
  const parts = path.replace(/\/+$/, '').split('/')
  return parts.at(-1) || '/'
}

const dirname = (path: string): string => {
  const cut = path.lastIndexOf('/')
  return cut < 0 ? '.' : joinPath(path.slice(0, cut + 1)) || (path.startsWith('/') ? '/' : '.')
}

export const fileFunctions = (world: FunctionWorld): FunctionGroup => ({
  file: withBytes(world, (bytes, path) => {
    const content = utf8(bytes)
    return content === undefined
      ? failure(`${path} is not UTF-8 text; use filebase64() for other files`, 0)
      : string(content)
  }),
  filebase64: withBytes(world, (bytes) => string(Buffer.from(bytes).toString('base64'))),
  fileexists: spec(strings('path'), BOOL, ([path]) => fileexists(world, text(path))),
  fileset: spec(strings('path', 'pattern'), setOf(STRING), ([path, pattern]) =>
    fileset(world, text(path), text(pattern)),
  ),
  abspath: onText('path', (path) => joinPath(placeOf(world.workspace, path))),
  pathexpand: onText('path', (path) => expandHome(path, world.home)),
  basename: onText('path', basename),
  dirname: onText('path', dirname),
})
