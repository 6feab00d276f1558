import { RESOURCE_KIND_NAMES } from '../../../kinds/resource-kinds.ts'
import type { ResourceKindName } from '../../../resource/resource-kind.ts'
import { suggestion } from '../../../util/did-you-mean.ts'
import { listed } from '../../../util/listed.ts'
import { type Attribute, type Block, type Body, blocksOf } from '../../syntax/tree.ts'
import { BLOCK_RULES, RESERVED_VARIABLES } from './block-rule.ts'
import { type BlockChecking, checkBlock, checkLabels, lineOf } from './check-block.ts'
import type { Declared, DeclaredResource } from './declared.ts'
import { unknownBlock } from './unknown-block.ts'

interface Gathering extends BlockChecking {
  readonly variables: Map<string, Block>
  readonly locals: Map<string, Attribute>
  readonly outputs: Map<string, Block>
  readonly resources: Map<string, DeclaredResource>
  readonly data: Map<string, Block>
  readonly modules: Map<string, Block>
  readonly defaults: Map<string, Block>
  readonly moved: Block[]
  readonly imports: Block[]
  readonly removed: Block[]
  readonly checks: Map<string, Block>
  readonly checkLookups: Set<Block>
  /** A block is left out, because it is not known what it declares. */
  isIncomplete: boolean
}

type Gather = (gathering: Gathering, block: Block) => void

const declaredTwice = ({ problem }: Gathering, what: string, first: Block | Attribute, item: Block | Attribute): void =>
  problem(
    'declaration.duplicate',
    `${what} is already declared at ${lineOf(first)}. Give one of the two another name, or remove it.`,
    item.type === 'block' ? item.header : item.name,
  )

const put = <T extends Block | Attribute>(
  gathering: Gathering,
  into: Map<string, T>,
  key: string,
  item: T,
  what: string,
): void => {
  const first = into.get(key)
  if (first) declaredTwice(gathering, what, first, item)
  else into.set(key, item)
}

const gatherResource =
  (kind: ResourceKindName): Gather =>
  (gathering, block) => {
    const [name] = block.labels
    if (!name) return
    const key = `${kind}.${name.text}`
    const first = gathering.resources.get(key)
    if (first) declaredTwice(gathering, key, first.block, block)
    else gathering.resources.set(key, { kind, name, block })
  }

const named =
  (pick: (gathering: Gathering) => Map<string, Block>, what: (name: string) => string): Gather =>
  (gathering, block) => {
    const key = block.labels.map(({ text }) => text).join('.')
    put(gathering, pick(gathering), key, block, what(key))
  }

const gatherVariable: Gather = (gathering, block) => {
  const [name] = block.labels
  if (name && RESERVED_VARIABLES.includes(name.text)) {
    const detail = `A variable cannot be called "${name.text}", because the word has a meaning of its own in module blocks. Give it another name.`
    gathering.problem('declaration.invalid-name', detail, name)
  } else put(gathering, gathering.variables, name?.text ?? '', block, `The variable "${name?.text}"`)
}

const gatherLocals: Gather = (gathering, block) => {
  for (const item of block.body.items) {
    if (item.type === 'attribute') put(gathering, gathering.locals, item.name.text, item, `local.${item.name.text}`)
    else {
      const detail = `A locals block holds values only. Write "${item.name.text} = { … }" for a map.`
      gathering.problem('declaration.unknown-block', detail, item.header)
    }
  }
}

const gatherDefaults: Gather = (gathering, block) => {
  const [kind] = block.labels
  const kinds: readonly string[] = RESOURCE_KIND_NAMES
  if (kind && kinds.includes(kind.text)) {
    put(gathering, gathering.defaults, kind.text, block, `defaults "${kind.text}"`)
    return
  }
  const detail = `Defaults are given per kind: ${listed(kinds, 'or')}.${suggestion(kind?.text ?? '', kinds)}`
  gathering.problem('declaration.unknown-block', detail, kind ?? block.header)
}

const gatherData = named(
  (all) => all.data,
  (name) => `data.${name}`,
)

/** Look-ups within a check are known by name like all others. */
const gatherCheck: Gather = (gathering, block) => {
  put(gathering, gathering.checks, block.labels[0]?.text ?? '', block, `The check "${block.labels[0]?.text}"`)
  for (const inner of blocksOf(block.body)) {
    if (inner.name.text !== 'data') continue
    gatherData(gathering, inner)
    gathering.checkLookups.add(inner)
  }
}

const GATHER: { readonly [name: string]: Gather } = {
  variable: gatherVariable,
  locals: gatherLocals,
  output: named(
    (all) => all.outputs,
    (name) => `The output "${name}"`,
  ),
  ...Object.fromEntries(RESOURCE_KIND_NAMES.map((kind) => [kind, gatherResource(kind)])),
  data: gatherData,
  module: named(
    (all) => all.modules,
    (name) => `module.${name}`,
  ),
  defaults: gatherDefaults,
  moved: ({ moved }, block) => void moved.push(block),
  import: ({ imports }, block) => void imports.push(block),
  removed: ({ removed }, block) => void removed.push(block),
  check: gatherCheck,
}

/** In YAML and JSON whatever stands at the top is meant to be a block. */
const isAlwaysBlock = ({ name }: Attribute): boolean => /\.(?:ya?ml|json)$/.test(name.source.filename)

const outside = ({ problem }: Gathering, { name }: Attribute): void => {
  const { text } = name
  const detail = Object.hasOwn(BLOCK_RULES, text)
    ? `"${text}" is a block: write it without "=".`
    : `"${text}" is outside any block. Put values into a block, for example locals { … }.`
  problem('declaration.unknown-attribute', detail, name)
}

const gatherItem = (gathering: Gathering, item: Attribute | Block): void => {
  if (item.type === 'attribute' && !isAlwaysBlock(item)) {
    outside(gathering, item)
    return
  }
  const { text } = item.name
  const [rule, into] = Object.hasOwn(BLOCK_RULES, text) ? [BLOCK_RULES[text], GATHER[text]] : []
  if (item.type === 'attribute' || !rule || !into) {
    gathering.problem('declaration.unknown-block', unknownBlock(item), item.name)
    gathering.isIncomplete = true
    return
  }
  if (!checkLabels(item, rule, gathering)) {
    gathering.isIncomplete = true
    return
  }
  checkBlock(item, rule, gathering)
  into(gathering, item)
}

/**
 * Sorts the blocks of a folder's files by what they declare, and reports what is declared twice, what no block knows, and what blocks of the
 * language lack; attributes of guests and inputs of modules are judged where they are used.
 */
export const gather = (bodies: readonly Body[], checking: BlockChecking): Declared => {
  const gathering: Gathering = {
    ...checking,
    variables: new Map(),
    locals: new Map(),
    outputs: new Map(),
    resources: new Map(),
    data: new Map(),
    modules: new Map(),
    defaults: new Map(),
    moved: [],
    imports: [],
    removed: [],
    checks: new Map(),
    checkLookups: new Set(),
    isIncomplete: false,
  }
  for (const body of bodies) for (const item of body.items) gatherItem(gathering, item)
  return gathering
}

/** The attribute of that name, if there is one. */
export const attributeNamed = (body: Body, name: string): Attribute | undefined => {
  for (const item of body.items) if (item.type === 'attribute' && item.name.text === name) return item
  return undefined
}
