import type { DiagnosticCode } from '../../../diagnostic/codes.ts'
import { capitalized } from '../../../util/capitalized.ts'
import { didYouMean, suggestion } from '../../../util/did-you-mean.ts'
import { listed } from '../../../util/listed.ts'
import { type Located, rangeOf } from '../../syntax/source.ts'
import type { Attribute, Block } from '../../syntax/tree.ts'
import type { BlockRule } from './block-rule.ts'
import { lookupRule } from './block-rule.ts'
import { LOOKUP_TYPES } from './lookup-types.ts'

/** What checking blocks needs of the outside. */
export interface BlockChecking {
  readonly problem: (code: DiagnosticCode, detail: string, at: Located) => void
  /** Something in the node could not be read and is reported. */
  readonly isBroken: (node: Located) => boolean
}

/** `an import block`, `a vm block`. */
const blockNamed = (name: string): string => `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name} block`

export const lineOf = (node: Located): string => {
  const { filename, start } = rangeOf(node)
  return `${filename}:${start.line}`
}

/** A name takes no more than this (`Address`); HCL itself would allow any letter. */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/

const form = (name: string, labels: readonly string[]): string =>
  [name, ...labels.map((label) => `"${label}"`), '{ … }'].join(' ')

/** False, with the reason reported, when a block's labels are not those its rule asks for. */
export const checkLabels = ({ name, labels, header }: Block, rule: BlockRule, { problem }: BlockChecking): boolean => {
  const wanted = rule.labels.length
  if (labels.length !== wanted) {
    const takes = wanted === 0 ? 'no labels' : wanted === 1 ? 'one label' : `${wanted} labels`
    const detail = `${capitalized(blockNamed(name.text))} has ${takes}, not ${labels.length}. Write ${form(name.text, rule.labels)}.`
    problem('declaration.wrong-labels', detail, header)
    return false
  }
  const bad = labels.find(({ text }) => !NAME.test(text))
  if (!bad) return true
  const detail = `${JSON.stringify(bad.text)} cannot be a name. Names begin with a letter or "_" and go on with letters, digits, "_" and "-".`
  problem('declaration.invalid-name', detail, bad)
  return false
}

/** What other tools look up under names that are no slips of ours. */
const LOOKUP_NAMES: ReadonlyMap<string, string> = new Map([
  ['vm', 'guest'],
  ['vms', 'guest'],
  ['virtual_machine', 'guest'],
  ['container', 'guest'],
  ['containers', 'guest'],
  ['datastore', 'storage'],
  ['datastores', 'storage'],
])

const unknownLookup = ({ labels, header }: Block, { problem }: BlockChecking): void => {
  const [type] = labels
  const known = Object.keys(LOOKUP_TYPES)
  const text = type?.text ?? ''
  const meant = LOOKUP_NAMES.get(text.replace(/^proxmox_(?:virtual_environment_)?/, ''))
  const guess = meant ? ` Did you mean "${meant}"?` : suggestion(text, known)
  const detail = `There is no lookup "${text}".${guess || ` Known are ${listed(known)}.`}`
  problem('declaration.unknown-block', detail, type ?? header)
}

/** The rule for a block's content, which for a lookup depends on its type; undefined, and reported, for an unknown one. */
const contentRule = (block: Block, rule: BlockRule, checking: BlockChecking): BlockRule | undefined => {
  if (block.name.text !== 'data') return rule
  const found = lookupRule(block.labels[0]?.text ?? '')
  if (!found) unknownLookup(block, checking)
  return found
}

/** How a value or a block is set, in the language of the file that is spoken of. */
const written = ({ source }: Located, name: string, isValue: boolean): string => {
  if (/\.(?:ya?ml|json)$/.test(source.filename)) return isValue ? `${name}: …` : `${name}: { … }`
  return isValue ? `${name} = …` : `${name} { … }`
}

const unknownItem = (item: Attribute | Block, block: Block, rule: BlockRule): string => {
  const name = item.name.text
  const alien = rule.alien && Object.hasOwn(rule.alien, name) ? rule.alien[name] : undefined
  if (alien) return `${capitalized(blockNamed(block.name.text))} has no "${name}". ${alien}`
  if (Object.hasOwn(rule.blocks, name)) return `"${name}" is a block: write ${name} { … }, without "=".`
  if (Object.hasOwn(rule.attributes, name)) return `"${name}" is no block: write ${name} = …, with "=".`
  const known = [...Object.keys(rule.attributes), ...Object.keys(rule.blocks)]
  return `${capitalized(blockNamed(block.name.text))} has no "${name}".${suggestion(name, known) || ` It has ${listed(known)}.`}`
}

const isKnown = (item: Attribute | Block, { attributes, blocks }: BlockRule): boolean =>
  Object.hasOwn(item.type === 'attribute' ? attributes : blocks, item.name.text)

const isOurs = (item: Attribute | Block, rule: BlockRule): boolean =>
  !rule.open || (item.type === 'attribute' && Object.hasOwn(rule.blocks, item.name.text))

const checkNeeded = (block: Block, rule: BlockRule, unknown: readonly string[], checking: BlockChecking): void => {
  const there = new Set(block.body.items.map(({ name }) => name.text))
  const needed = [...Object.keys(rule.attributes).filter((name) => rule.attributes[name]), ...(rule.needed ?? [])]
  const missing = needed.filter((name) => !there.has(name) && !unknown.some((other) => didYouMean(other, [name])))
  // As many unknown names as missing ones: these are the missing ones misspelt.
  if (missing.length === 0 || missing.length <= unknown.length || checking.isBroken(block)) return
  const ways = missing.map((name) => written(block, name, Object.hasOwn(rule.attributes, name)))
  const detail = `${capitalized(blockNamed(block.name.text))} needs ${listed(missing.map((name) => `"${name}"`))}. Add ${listed(ways)}.`
  checking.problem('declaration.missing-attribute', detail, block.header)
}

const checkSingle = (block: Block, rule: BlockRule, { problem }: BlockChecking): void => {
  const first = new Map<string, Block>()
  for (const item of block.body.items) {
    const name = item.name.text
    if (item.type !== 'block' || !rule.single?.includes(name)) continue
    const earlier = first.get(name)
    if (earlier) {
      const detail = `There is ${blockNamed(name)} already, at ${lineOf(earlier)}. Put both into one.`
      problem('declaration.duplicate', detail, item.header)
    } else first.set(name, item)
  }
}

/** Reports everything in a block, and in the blocks inside it, that its rule does not know or that is missing. */
export const checkBlock = (block: Block, given: BlockRule, checking: BlockChecking): void => {
  const rule = contentRule(block, given, checking)
  if (!rule) return
  const unknown: string[] = []
  for (const item of block.body.items) {
    const name = item.name.text
    const inner = item.type === 'block' && Object.hasOwn(rule.blocks, name) ? rule.blocks[name] : undefined
    if (item.type === 'block' && inner) {
      if (checkLabels(item, inner, checking)) checkBlock(item, inner, checking)
    } else if (!isKnown(item, rule) && isOurs(item, rule)) {
      unknown.push(name)
      const code = item.type === 'attribute' ? 'declaration.unknown-attribute' : 'declaration.unknown-block'
      checking.problem(code, unknownItem(item, block, rule), item.name)
    }
  }
  checkNeeded(block, rule, unknown, checking)
  checkSingle(block, rule, checking)
}
