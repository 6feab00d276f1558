import { basename, dirname, resolve } from 'node:path'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { addBlocks, type Language } from '../../export/declaration/add-blocks.ts'
import type { WrittenBlock } from '../../export/declaration/written-block.ts'
import type { Files } from '../../io/io.ts'
import type { CommandOptions } from '../program/command-table.ts'

/** Where declarations are to go. */
export interface Destination {
  readonly folder: string
  readonly language: Language
  /** Absolute; undefined: a file for each. */
  readonly file: string | undefined
}

/** Blocks of one file: of more it would become too large to be read. */
const MOST = 4000

/** A file as it is now, and as it would be. */
export interface Draft {
  readonly path: string
  /** Missing: there is none. */
  readonly before?: string
  readonly text: string
}

const ENDING = { hcl: '.mpc.hcl', yaml: '.mpc.yaml' } as const

const misused = (detail: string, hint?: string): DiagnosticError =>
  new DiagnosticError([diagnose('cli.bad-option', { detail, hint })])

const languageOf = (name: string): Language | undefined =>
  /\.mpc\.hcl$/.test(name) ? 'hcl' : /\.mpc\.ya?ml$/.test(name) ? 'yaml' : undefined

/** Reads the options that say where to write. Throws where they contradict each other, or name what a plan would not read. */
export const destinationOf = (
  folder: string,
  { format, out, split }: Pick<CommandOptions<'import'>, 'format' | 'out' | 'split'>,
): Destination => {
  if (out !== undefined && split === true) throw misused('--out writes one file and --split many. Give one of them.')
  if (split === true) return { folder, language: format ?? 'hcl', file: undefined }
  if (out === undefined) {
    const language = format ?? 'hcl'
    return { folder, language, file: resolve(folder, `guests${ENDING[language]}`) }
  }
  const file = resolve(folder, out)
  const language = languageOf(out)
  if (language === undefined)
    throw misused(
      `A plan reads files that end in .mpc.hcl or .mpc.yaml, and ${out} does not.`,
      'mpc import --all --out web.mpc.hcl',
    )
  if (format !== undefined && format !== language)
    throw misused(`--format ${format} does not fit to ${out}. Leave one of them out.`)
  if (dirname(file) !== folder)
    throw misused(
      `A plan reads the files of ${folder}, and ${out} would not be one of them.`,
      `mpc import --all --out ${basename(file)}`,
    )
  return { folder, language, file }
}

const readIfThere = async (files: Files, path: string): Promise<string | undefined> =>
  (await files.exists(path)) ? files.readText(path) : undefined

const inTheWay = (path: string, detail: string): DiagnosticError =>
  new DiagnosticError([diagnose('cli.file-exists', { detail: `${path} ${detail} Nothing was written.` })])

const draftsApart = async (
  files: Files,
  { folder, language }: Destination,
  blocks: readonly WrittenBlock[],
): Promise<readonly Draft[]> => {
  const drafts: Draft[] = []
  for (const block of blocks) {
    const path = resolve(folder, `${block.kind}.${block.label}${ENDING[language]}`)
    if (await files.exists(path))
      throw inTheWay(path, 'is there already, and does not declare that guest. Name a file to add to with --out.')
    drafts.push({ path, text: (await addBlocks(undefined, [block], language)) ?? '' })
  }
  return drafts
}

/** The files that declare these blocks, in memory. Throws where one is in the way or cannot be added to. */
export const draftFiles = async (
  files: Files,
  destination: Destination,
  blocks: readonly WrittenBlock[],
): Promise<readonly Draft[]> => {
  const { file, language } = destination
  if (file === undefined) return draftsApart(files, destination, blocks)
  if (blocks.length === 0) return []
  const drafts: Draft[] = []
  for (let from = 0; from < blocks.length; from += MOST) {
    const path = from === 0 ? file : file.replace(/(\.mpc\.\w+)$/, `-${from / MOST + 1}$1`)
    drafts.push(await draftOf(files, path, blocks.slice(from, from + MOST), language))
  }
  return drafts
}

const draftOf = async (
  files: Files,
  path: string,
  blocks: readonly WrittenBlock[],
  language: Language,
): Promise<Draft> => {
  const before = await readIfThere(files, path)
  const text = await addBlocks(before, blocks, language)
  if (text === undefined)
    throw inTheWay(
      path,
      'is written in a way that nothing can be added to it (braces, or no map of blocks). Name another file with --out.',
    )
  return { path, ...(before !== undefined && { before }), text }
}

/** Writes all of them, or takes those back that were written. Throws where one is not any more what it was. */
export const writeDrafts = async (files: Files, drafts: readonly Draft[]): Promise<void> => {
  for (const { path, before } of drafts)
    if ((await readIfThere(files, path)) !== before)
      throw inTheWay(path, 'was changed meanwhile. Run the command again.')
  const written: Draft[] = []
  try {
    for (const draft of drafts) {
      await files.writeText(draft.path, draft.text)
      written.push(draft)
    }
  } catch (error) {
    for (const { path, before } of written)
      await (before === undefined ? files.remove(path) : files.writeText(path, before))
    throw error
  }
}
