import { spend } from '../eval/evaluation.ts'
import { setValue } from '../eval/set.ts'
import { BOOL, STRING, setOf } from '../eval/type.ts'
import { bool, FAILED, type Failure, failure, string, type Value } from '../eval/value.ts'
import { joinPath, OUTSIDE, placeOf } from '../module/file/file-reader.ts'
import { MAX_LISTED } from '../syntax/limits.ts'
import { onText, spec, strings, text } from './call/arguments.ts'
import type { FunctionGroup, FunctionWorld } from './call/function-world.ts'
import { utf8 } from './encoding-functions.ts'
import { type Count, compile } from './regex-functions.ts'
import { globSource } from './text/glob.ts'

const expandHome = (path: string, home: string | undefined): string =>
  home !== undefined && (path === '~' || path.startsWith('~/')) ? `${home}${path.slice(1)}` : path

/** Bytes of a file, undefined while it is being read. */
export const bytesOf = (world: FunctionWorld, path: string): Uint8Array | Failure | undefined => {
  const content = world.read(expandHome(path, world.home))
  if (!content) return undefined
  return content.kind === 'bytes' ? content.bytes : failure(`${path}: ${content.reason}`, 0)
}

const withBytes = (world: FunctionWorld, use: (bytes: Uint8Array, path: string) => Value | Failure) =>
  spec(strings('path'), STRING, ([path], evaluation, at) => {
    const bytes = bytesOf(world, text(path))
    if (!bytes) return FAILED
    if ('length' in bytes) spend(evaluation, bytes.length >> 6, at)
    return 'kind' in bytes ? bytes : use(bytes, text(path))
  })

const fileexists = (world: FunctionWorld, path: string): Value | Failure => {
  const content = world.read(expandHome(path, world.home))
  if (!content) return FAILED
  if (content.kind === 'bytes' || content.code === 'EFBIG') return bool(true)
  if (content.code === OUTSIDE) return failure(`${path}: ${content.reason}`, 0)
  if (content.code === 'ENOTSUP') return failure(`${path} is a pipe or a device, not a file`, 0)
  return content.code === 'EISDIR' ? failure(`${path} is a folder, not a file`, 0) : bool(false)
}

/** What the pattern says plainly at its beginning, which is where files are looked for, and how deep below. */
const placeOfPattern = (pattern: string): { readonly start: string; readonly depth: number } => {
  const parts = pattern.split('/')
  const plain = parts.findIndex((part, index) => index === parts.length - 1 || /[*?[{\\]/.test(part))
  const depth = /\*\*|\{/.test(pattern) ? Number.POSITIVE_INFINITY : parts.length - 1 - plain
  return { start: parts.slice(0, plain).join('/'), depth }
}

const fileset = (world: FunctionWorld, [first, second]: readonly Value[], count: Count): Value | Failure => {
  const [folder, pattern] = [text(first), joinPath(text(second))]
  const re2 = world.library('re2js')
  if (!re2) return FAILED
  const source = globSource(pattern)
  const matches = source === undefined ? undefined : compile(re2, { source, given: '', count })
  if (!matches || 'kind' in matches) return failure('a bracket or brace of the pattern is never closed', 1)
  const { start, depth } = placeOfPattern(pattern)
  const found = world.list(joinPath(expandHome(folder, world.home), start), depth)
  if (!found) return FAILED
  if (found.outside !== undefined) return failure(`${folder}: ${found.outside}`, 0)
  if (!found.files)
    return {
      ...failure(`there are more than ${MAX_LISTED} files and folders to look at in ${folder}`, 0),
      tooLarge: true,
    }
  count(found.files.length * (4 + (matches.programSize() >> 3)))
  const paths = found.files.map((file) => joinPath(start, file))
  return setValue(STRING, paths.filter((path) => matches.matches(path)).map(string))
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
  fileset: spec(strings('path', 'pattern'), setOf(STRING), (args, evaluation, at) =>
    fileset(world, args, (units) => spend(evaluation, units, at)),
  ),
  abspath: onText('path', (path) => joinPath(placeOf(world.workspace, path))),
  pathexpand: onText('path', (path) => expandHome(path, world.home)),
  basename: onText('path', basename),
  dirname: onText('path', dirname),
})
