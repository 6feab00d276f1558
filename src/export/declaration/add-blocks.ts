import { isMap, isScalar, parseDocument } from 'yaml'
import { formatDeclaration } from '../../declaration/format/format-declaration.ts'
import { writeHcl } from './write-hcl.ts'
import { yamlBlocks } from './write-yaml.ts'
import type { WrittenBlock } from './written-block.ts'

export type Language = 'hcl' | 'yaml'

const HEAD = '# Written by mpc import. From here on the file is yours: edit it as you like.\n'
const KINDS = ['vm', 'container', 'pool'] as const

/** Laid out as `mpc fmt` would. Throws when what was written here is no valid file, which would be a bug. */
const formatted = async (name: string, text: string): Promise<string> => {
  const { value, diagnostics } = (await formatDeclaration(name, text)) ?? { diagnostics: [] }
  if (value === undefined)
    throw new Error(`${name} cannot be formatted: ${diagnostics.map((d) => d.detail).join('; ')}`)
  return value
}

const indented = (text: string, blanks: number): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `${' '.repeat(blanks)}${line}`))
    .join('\n')

const yamlSection = async (kind: string, blocks: readonly WrittenBlock[]): Promise<string> =>
  formatted('new.yaml', `${kind}:\n${yamlBlocks(blocks)}`)

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)

interface Insertion {
  readonly at: number
  readonly text: string
}

const lineAfter = (text: string, at: number): number => {
  if (at > 0 && text[at - 1] === '\n') return at
  const next = text.indexOf('\n', at)
  return next < 0 ? text.length : next + 1
}

/** Where more entries of a kind go, and how far they are indented; undefined when its map is written in a way nothing can be put behind. */
const placeIn = (text: string, kind: string): { readonly at: number; readonly indent: number } | 'new' | undefined => {
  const { contents, errors } = parseDocument(text, { uniqueKeys: false })
  if (errors.length > 0) return undefined
  if (contents === null) return 'new'
  if (!isMap(contents) || contents.flow) return undefined
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === kind)
  if (!pair) return 'new'
  const map = pair.value
  if (!isMap(map) || map.flow || !map.range) return undefined
  const [first] = map.items
  const start = isScalar(first?.key) ? first.key.range?.[0] : undefined
  if (start === undefined) return undefined
  return { at: lineAfter(text, map.range[1]), indent: start - (text.lastIndexOf('\n', start - 1) + 1) }
}

const addYaml = async (text: string, blocks: readonly WrittenBlock[]): Promise<string | undefined> => {
  const base = ended(text)
  const insertions: Insertion[] = []
  for (const kind of KINDS) {
    const own = blocks.filter((block) => block.kind === kind)
    if (own.length === 0) continue
    const place = placeIn(base, kind)
    if (place === undefined) return undefined
    const section = await yamlSection(kind, own)
    if (place === 'new') insertions.push({ at: base.length, text: `${base === '' ? '' : '\n'}${section}` })
    else insertions.push({ at: place.at, text: indented(section.slice(section.indexOf('\n') + 1), place.indent - 2) })
  }
  // From the end on, so that places stay what they are; of those at one place the first comes first.
  const ordered = insertions.map((insertion, order) => ({ ...insertion, order }))
  ordered.sort((a, b) => b.at - a.at || b.order - a.order)
  return ordered.reduce((out, { at, text: more }) => out.slice(0, at) + more + out.slice(at), base)
}

const addHcl = async (text: string, blocks: readonly WrittenBlock[]): Promise<string> => {
  const base = ended(text)
  return `${base}${base === '' ? '' : '\n'}${await formatted('new.hcl', writeHcl(blocks))}`
}

/**
 * A file of declarations with more in it; what stood there stays as it is, byte for byte. Undefined `text`: there is no file yet. Undefined when
 * the file is written in a way that nothing can be added to.
 */
export const addBlocks = async (
  text: string | undefined,
  blocks: readonly WrittenBlock[],
  language: Language,
): Promise<string | undefined> => {
  if (text === undefined) return `${HEAD}\n${await (language === 'hcl' ? addHcl('', blocks) : addYaml('', blocks))}`
  const plain = text.replaceAll('\r\n', '\n')
  const added = await (language === 'hcl' ? addHcl(plain, blocks) : addYaml(plain, blocks))
  return plain === text ? added : added?.replaceAll('\n', '\r\n')
}
