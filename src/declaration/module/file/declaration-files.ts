import { type Diagnostic, diagnose } from '../../../diagnostic/diagnostic.ts'
import type { Files } from '../../../io/io.ts'
import { parseHcl } from '../../syntax/hcl/parse-hcl.ts'
import { MAX_FILE } from '../../syntax/limits.ts'
import { fileSource, type Source } from '../../syntax/source.ts'
import type { Body } from '../../syntax/tree.ts'
import { type BodyShape, FILE_SHAPE } from '../../syntax/yaml/block-shape.ts'
import type { SyntaxErrors } from '../block/syntax-errors.ts'
import type { LoadedModule } from '../world.ts'
import { joinPath, placeOf } from './file-reader.ts'

const DECLARATIONS = /\.mpc\.(hcl|ya?ml|json)$/
const YAML = /\.(ya?ml|json)$/
const HCL = /\.(hcl|tf|tfvars|mpcvars)$/

/** Reads files and remembers their text, for code frames. */
export interface FileReading {
  readonly files: Files
  readonly workspace: string
  readonly sources: Map<string, string>
  readonly report: (diagnostic: Diagnostic) => void
  /** What has been reported of the syntax so far. */
  readonly errors: SyntaxErrors
  /** By folder, for modules that are called more than once. */
  readonly modules: Map<string, LoadedModule>
}

/** Whether a folder's file of this name is one of its declarations. */
export const isDeclarationName = (name: string): boolean => DECLARATIONS.test(name)

/** Names of the declaration files of a folder, sorted. */
export const declarationFiles = async (reading: FileReading, folder: string): Promise<readonly string[]> => {
  const entries = await reading.files.list(placeOf(reading.workspace, folder))
  return entries
    .filter(({ name, kind }) => kind !== 'folder' && isDeclarationName(name))
    .map(({ name }) => joinPath(folder, name))
}

const readSource = async (reading: FileReading, path: string): Promise<Source | undefined> => {
  try {
    const text = await reading.files.readText(placeOf(reading.workspace, path), { atMost: MAX_FILE })
    reading.sources.set(path, text)
    return fileSource(path, text)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const why =
      code === 'ENOENT'
        ? 'There is no such file.'
        : code === 'EISDIR'
          ? 'It is a folder. Name the files in it, or change into it.'
          : code === 'EFBIG'
            ? `It is larger than ${MAX_FILE} bytes. Split it into several files.`
            : code === 'ENOTSUP'
              ? 'It is a pipe or a device. Save its output to a file and use that file.'
              : `It cannot be read (${code}).`
    reading.report(diagnose('declaration.unreadable-file', { detail: `${path}: ${why}` }))
    return undefined
  }
}

/** Reads one file in the language its name tells; undefined when it cannot be read at all. */
export const readBody = async (
  reading: FileReading,
  path: string,
  shape: BodyShape = FILE_SHAPE,
): Promise<Body | undefined> => {
  if (!HCL.test(path) && !YAML.test(path)) {
    const detail = `${path}: mpc does not read files of this type. Declaration files end in .mpc.hcl, .mpc.yaml or .mpc.json.`
    reading.report(diagnose('declaration.unreadable-file', { detail }))
    return undefined
  }
  const source = await readSource(reading, path)
  if (!source) return undefined
  const parsed = HCL.test(path)
    ? await parseHcl(source)
    : await (await import('../../syntax/yaml/parse-yaml.ts')).parseYaml(source, shape)
  for (const diagnostic of parsed.diagnostics) reading.report(diagnostic)
  return parsed.value
}
