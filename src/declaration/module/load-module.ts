import { diagnose } from '../../diagnostic/diagnostic.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import { listed } from '../../util/listed.ts'
import { rangeOf } from '../syntax/source.ts'
import type { Block, Body } from '../syntax/tree.ts'
import { attributeNamed, gather } from './block/gather.ts'
import { declarationFiles, type FileReading, readBody } from './file/declaration-files.ts'
import { joinPath, placeOf } from './file/file-reader.ts'
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

const noFiles = async ({ files, workspace }: FileReading, place: string): Promise<string> => {
  const there = await files.list(placeOf(workspace, place))
  if (there.some(({ name }) => name.endsWith('.tf')))
    return `${place} holds a Terraform module. mpc reads *.mpc.hcl and *.mpc.yaml files: rewrite its resources as vm and container blocks.`
  if (there.length > 0) return `There are no *.mpc.hcl or *.mpc.yaml files in ${place}.`
  const [parent, name] = [place.split('/').slice(0, -1).join('/'), place.split('/').at(-1) ?? '']
  const folders = (await files.list(placeOf(workspace, parent))).filter(({ kind }) => kind === 'folder')
  const hint = suggestion(
    name,
    folders.map((folder) => folder.name),
  )
  return `There is no folder ${place}, or nothing in it.${hint || ' Paths begin at the file that calls the module.'}`
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
      `The module calls itself: ${[...ancestors, place].map((path) => path || 'this folder').join(' → ')}. Name another folder, or move what both need into a module of its own.`,
    )
  const files = await declarationFiles(reading, place)
  if (files.length === 0) return refuse(reading, block, await noFiles(reading, place))
  const known = reading.modules.get(place)
  const module = known ?? (await loadModule(reading, place, files, [...ancestors, place]))
  reading.modules.set(place, module)
  return module
}

/** Some syntax error of the file lies outside every block that was read. */
const lacksItems = ({ errors }: FileReading, body: Body): boolean => {
  const ranges = body.items.map(rangeOf)
  return errors
    .of(body.source.filename)
    .some(({ start: { byte } }) => !ranges.some(({ start, end }) => start.byte <= byte && byte <= end.byte))
}

const META = ['source', 'count', 'for_each', 'depends_on']

/** Terraform has these in module blocks too. */
const ALIENS: { readonly [name: string]: string } = {
  version: 'A module in a folder has no version argument; Git keeps its versions. Remove it.',
  providers: 'mpc needs no providers. Remove it.',
}

const inputProblem = (name: string, inputs: readonly string[]): string => {
  if (Object.hasOwn(ALIENS, name)) return `A module block has no "${name}". ${ALIENS[name]}`
  const has = inputs.length > 0 ? `It has ${listed(inputs)}.` : 'It has no variables.'
  return `The module has no variable "${name}".${suggestion(name, [...inputs, ...META]) || ` ${has}`}`
}

const checkCall = ({ report }: FileReading, block: Block, child: LoadedModule): void => {
  const inputs = [...child.declared.variables.keys()]
  for (const { type, name } of block.body.items) {
    if (type === 'block') {
      const detail = `A module block holds values for the module's variables, and no "${name.text}" block. Write ${name.text} = { … } for a map.`
      report(diagnose('declaration.unknown-block', { detail, range: rangeOf(name) }))
    } else if (!META.includes(name.text) && !inputs.includes(name.text))
      report(
        diagnose('declaration.unknown-attribute', { detail: inputProblem(name.text, inputs), range: rangeOf(name) }),
      )
  }
}

/** Reads a folder's declarations and the modules they call. */
export const loadModule = async (
  reading: FileReading,
  folder: string,
  files: readonly string[],
  ancestors: readonly string[] = [folder],
): Promise<LoadedModule> => {
  const bodies: Body[] = []
  let isIncomplete = false
  for (const file of files) {
    const body = await readBody(reading, file)
    if (body) bodies.push(body)
    isIncomplete ||= !body || lacksItems(reading, body)
  }
  const declared = gather(bodies, {
    problem: (code, detail, at) => reading.report(diagnose(code, { detail, range: rangeOf(at) })),
    isBroken: reading.errors.within,
  })
  isIncomplete ||= declared.isIncomplete
  const children = new Map<string, LoadedModule>()
  for (const [name, block] of declared.modules) {
    const child = await loadChild(reading, block, folder, ancestors)
    if (!child) continue
    children.set(name, child)
    checkCall(reading, block, child)
  }
  return { folder, declared, children, isIncomplete }
}
