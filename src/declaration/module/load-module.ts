import { diagnose } from '../../diagnostic/diagnostic.ts'
import { rangeOf } from '../syntax/source.ts'
import type { Block, Body } from '../syntax/tree.ts'
import { declarationFiles, type FileReading, readBody } from './declaration-files.ts'
import { joinPath } from './file-reader.ts'
import { attributeNamed, gather } from './gather.ts'
import type { LoadedModule } from './world.ts'

/** Modules within modules; more is a mistake. */
const MAX_MODULE_DEPTH = 20

const refuse = (reading: FileReading, block: Block, detail: string): undefined => {
  const at = attributeNamed(block.body, 'source')?.expression ?? block.header
  reading.report(diagnose('declaration.invalid-module', { detail, range: rangeOf(at) }))
  return undefined
}

const sourceOf = (reading: FileReading, block: Block): string | undefined => {
  const expression = attributeNamed(block.body, 'source')?.expression
  if (!expression)
    return refuse(
      reading,
      block,
      'A module block needs source: the folder of the module, as in source = "./modules/site".',
    )
  if (expression.type !== 'literal' || typeof expression.value !== 'string')
    return refuse(reading, block, 'The source of a module is plain text: it is read before anything is evaluated.')
  if (expression.value.startsWith('./') || expression.value.startsWith('../')) return expression.value
  return refuse(
    reading,
    block,
    `"${expression.value}" is not a local path. mpc uses modules from folders only: begin with "./" or "../".`,
  )
}

const loadChild = async (
  reading: FileReading,
  block: Block,
  folder: string,
  ancestors: readonly string[],
): Promise<LoadedModule | undefined> => {
  const source = sourceOf(reading, block)
  if (source === undefined) return undefined
  const place = joinPath(folder, source)
  if (ancestors.includes(place) || ancestors.length > MAX_MODULE_DEPTH)
    return refuse(
      reading,
      block,
      `The module calls itself: ${[...ancestors, place].map((path) => path || '.').join(' → ')}.`,
    )
  const files = await declarationFiles(reading, place)
  if (files.length === 0)
    return refuse(reading, block, `There are no *.mpc.hcl or *.mpc.yaml files in ${place || '.'}.`)
  return loadModule(reading, place, files, [...ancestors, place])
}

/** Reads a folder's declarations and the modules they call. */
export const loadModule = async (
  reading: FileReading,
  folder: string,
  files: readonly string[],
  ancestors: readonly string[] = [folder],
): Promise<LoadedModule> => {
  const bodies: Body[] = []
  for (const file of files) {
    const body = await readBody(reading, file)
    if (body) bodies.push(body)
  }
  const declared = gather(bodies, reading.report)
  const children = new Map<string, LoadedModule>()
  for (const [name, block] of declared.modules) {
    const child = await loadChild(reading, block, folder, ancestors)
    if (child) children.set(name, child)
  }
  return { folder, declared, children }
}
