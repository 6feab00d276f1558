import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { didYouMean, suggestion } from '../../util/did-you-mean.ts'
import { rangeOf } from '../syntax/source.ts'
import type { Attribute, Block, Body } from '../syntax/tree.ts'
import { type Declared, type DeclaredResource, RESOURCE_KINDS, type ResourceKind } from './declared.ts'

interface Gathering {
  readonly report: (diagnostic: Diagnostic) => void
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
}

interface BlockRule {
  readonly labels: readonly string[]
  readonly gather: (gathering: Gathering, block: Block) => void
}

/** An address takes no more than this (`Address`); HCL itself would allow any letter. */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/

const KINDS_WITH_DEFAULTS: readonly string[] = ['vm', 'container', 'pool']

const lineOf = (block: Block | Attribute): string => {
  const { filename, start } = rangeOf(block)
  return `${filename}:${start.line}`
}

const put = <T extends Block | Attribute>(
  gathering: Gathering,
  into: Map<string, T>,
  key: string,
  item: T,
  what: string,
): void => {
  const first = into.get(key)
  if (!first) {
    into.set(key, item)
    return
  }
  const at = item.type === 'block' ? item.header : item.name
  gathering.report(
    diagnose('declaration.duplicate', {
      detail: `${what} is already declared at ${lineOf(first)}. Give one of the two another name, or remove it.`,
      range: rangeOf(at),
    }),
  )
}

const putResource = (kind: ResourceKind) => (gathering: Gathering, block: Block) => {
  const [name] = block.labels
  if (!name) return
  const key = `${kind}.${name.text}`
  const first = gathering.resources.get(key)
  if (!first) {
    gathering.resources.set(key, { kind, name, block })
    return
  }
  gathering.report(
    diagnose('declaration.duplicate', {
      detail: `${key} is already declared at ${lineOf(first.block)}. Give one of the two another name, or remove it.`,
      range: rangeOf(block.header),
    }),
  )
}

const named =
  (pick: (gathering: Gathering) => Map<string, Block>, what: (name: string) => string) =>
  (gathering: Gathering, block: Block): void => {
    const key = block.labels.map(({ text }) => text).join('.')
    put(gathering, pick(gathering), key, block, what(key))
  }

const gatherLocals = (gathering: Gathering, block: Block): void => {
  for (const item of block.body.items) {
    if (item.type === 'attribute') put(gathering, gathering.locals, item.name.text, item, `local.${item.name.text}`)
    else
      gathering.report(
        diagnose('declaration.unknown-block', {
          detail: `A locals block holds values only. Write "${item.name.text} = { … }" for a map.`,
          range: rangeOf(item.header),
        }),
      )
  }
}

const gatherDefaults = (gathering: Gathering, block: Block): void => {
  const [kind] = block.labels
  if (kind && KINDS_WITH_DEFAULTS.includes(kind.text)) {
    put(gathering, gathering.defaults, kind.text, block, `defaults "${kind.text}"`)
    return
  }
  gathering.report(
    diagnose('declaration.unknown-block', {
      detail: `Defaults are given per kind: ${KINDS_WITH_DEFAULTS.join(', ')}.${suggestion(kind?.text ?? '', KINDS_WITH_DEFAULTS)}`,
      range: rangeOf(kind ?? block.header),
    }),
  )
}

const RULES: { readonly [name: string]: BlockRule } = {
  variable: {
    labels: ['name'],
    gather: named(
      (all) => all.variables,
      (name) => `The variable "${name}"`,
    ),
  },
  locals: { labels: [], gather: gatherLocals },
  output: {
    labels: ['name'],
    gather: named(
      (all) => all.outputs,
      (name) => `The output "${name}"`,
    ),
  },
  ...Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, { labels: ['name'], gather: putResource(kind) }])),
  data: {
    labels: ['type', 'name'],
    gather: named(
      (all) => all.data,
      (name) => `data.${name}`,
    ),
  },
  module: {
    labels: ['name'],
    gather: named(
      (all) => all.modules,
      (name) => `module.${name}`,
    ),
  },
  defaults: { labels: ['kind'], gather: gatherDefaults },
  moved: { labels: [], gather: ({ moved }, block) => void moved.push(block) },
  import: {
    labels: [],
    gather: ({ imports }, block) => void imports.push(block),
  },
  removed: {
    labels: [],
    gather: ({ removed }, block) => void removed.push(block),
  },
  check: {
    labels: ['name'],
    gather: named(
      (all) => all.checks,
      (name) => `The check "${name}"`,
    ),
  },
}

const ALIENS: { readonly [name: string]: string } = {
  resource: 'mpc has no "resource" blocks: write vm "name" { … } or container "name" { … }.',
  provider: 'mpc needs no providers. The endpoint and credentials come from .proxmox/config.yml and the environment.',
  terraform: 'mpc needs no "terraform" block. Settings stand in .proxmox/config.yml.',
}

const unknownBlock = (block: Block | Attribute): Diagnostic => {
  const name = block.name.text
  const hint = didYouMean(name, Object.keys(RULES))
  const alien = Object.hasOwn(ALIENS, name) ? ALIENS[name] : undefined
  const mend = hint ? `Did you mean "${hint}"?` : `Known are ${Object.keys(RULES).join(', ')}.`
  const detail = alien ?? `There are no "${name}" blocks. ${mend}`
  return diagnose('declaration.unknown-block', {
    detail,
    range: rangeOf(block.name),
  })
}

const checkLabels = (block: Block, rule: BlockRule): Diagnostic | undefined => {
  const wanted = rule.labels.length
  if (block.labels.length !== wanted) {
    const form = [block.name.text, ...rule.labels.map((label) => `"${label}"`)].join(' ')
    return diagnose('declaration.wrong-labels', {
      detail: `A ${block.name.text} block has ${wanted === 0 ? 'no labels' : wanted === 1 ? 'one label' : `${wanted} labels`}, not ${block.labels.length}. Write ${form} { … }.`,
      range: rangeOf(block.header),
    })
  }
  const bad = block.labels.find(({ text }) => !NAME.test(text))
  return (
    bad &&
    diagnose('declaration.invalid-name', {
      detail: `${JSON.stringify(bad.text)} cannot be a name. Names begin with a letter or "_" and go on with letters, digits, "_" and "-".`,
      range: rangeOf(bad),
    })
  )
}

/** In YAML and JSON whatever stands at the top is meant to be a block. */
const isAlwaysBlock = ({ name }: Attribute): boolean => /\.(?:ya?ml|json)$/.test(name.source.filename)

const gatherItem = (gathering: Gathering, item: Attribute | Block): void => {
  if (item.type === 'attribute') {
    if (isAlwaysBlock(item)) {
      gathering.report(unknownBlock(item))
      return
    }
    const hint = Object.hasOwn(RULES, item.name.text) ? ` "${item.name.text}" is a block: write it without "=".` : ''
    gathering.report(
      diagnose('declaration.unknown-attribute', {
        detail: `"${item.name.text}" stands outside any block. Values belong into blocks, for example into locals { … }.${hint}`,
        range: rangeOf(item.name),
      }),
    )
    return
  }
  const rule = Object.hasOwn(RULES, item.name.text) ? RULES[item.name.text] : undefined
  if (!rule) {
    gathering.report(unknownBlock(item))
    return
  }
  const problem = checkLabels(item, rule)
  if (problem) gathering.report(problem)
  else rule.gather(gathering, item)
}

/** Sorts the blocks of a folder's files by what they declare, and reports what is declared twice or unknown. */
export const gather = (bodies: readonly Body[], report: (diagnostic: Diagnostic) => void): Declared => {
  const gathering: Gathering = {
    report,
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
  }
  for (const body of bodies) for (const item of body.items) gatherItem(gathering, item)
  const { report: _, ...declared } = gathering
  return declared
}

/** The attribute of that name, if there is one. */
export const attributeNamed = (body: Body, name: string): Attribute | undefined => {
  for (const item of body.items) if (item.type === 'attribute' && item.name.text === name) return item
  return undefined
}
