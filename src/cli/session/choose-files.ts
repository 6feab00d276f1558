import { relative, resolve } from 'node:path'
import { isDeclarationName } from '../../declaration/module/file/declaration-files.ts'
import type { Files } from '../../io/io.ts'
import type { CommandContext } from '../program/command-context.ts'
import { folderOf } from './session.ts'

/** What a command line's files come to. */
export interface ChosenFiles {
  /** Everything to read, relative to the folder. */
  readonly paths: readonly string[]
  /** Those that were named. */
  readonly files: ReadonlySet<string>
}

const namesIn = async (files: Files, folder: string): Promise<readonly string[]> =>
  (await files.list(folder)).flatMap(({ name, kind }) => (kind !== 'folder' && isDeclarationName(name) ? [name] : []))

/** The files an argument stands for: itself, or the declarations in the folder it names. */
const filesOf = async (files: Files, folder: string, argument: string): Promise<readonly string[]> => {
  const path = resolve(folder, argument)
  const inside = await namesIn(files, path)
  return (inside.length > 0 ? inside.map((name) => resolve(path, name)) : [path]).map((file) => relative(folder, file))
}

/**
 * What `mpc plan FILE…` is about: the named files; beside them the others of the folder are read too, for the variables, locals and defaults in
 * them. Undefined where nothing is named, or the folder itself is: then it is about everything.
 */
export const chooseFiles = async (
  context: CommandContext,
  args: readonly string[],
): Promise<ChosenFiles | undefined> => {
  const { files } = context.io
  const folder = folderOf(context)
  if (args.length === 0 || args.some((argument) => resolve(folder, argument) === folder)) return undefined
  const named = new Set((await Promise.all(args.map((argument) => filesOf(files, folder, argument)))).flat())
  const own = await namesIn(files, folder)
  const isOwn = own.some((name) => named.has(name))
  return { paths: isOwn ? [...new Set([...own, ...named])] : [...named], files: named }
}
