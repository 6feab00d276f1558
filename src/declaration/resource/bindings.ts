import { isResourceKind } from '../../kinds/resource-kinds.ts'
import { type Address, parseAddress, parseAddressParts } from '../../resource/address.ts'
import type { Desired } from '../../resource/desired.ts'
import { convert } from '../eval/convert.ts'
import { type Evaluation, fail } from '../eval/evaluation.ts'
import { entriesOf } from '../eval/iterate.ts'
import { toDouble } from '../eval/number.ts'
import { BOOL } from '../eval/type.ts'
import { FAILED } from '../eval/value.ts'
import { attributeNamed } from '../module/block/gather.ts'
import type { ScopedResource } from '../module/evaluate-module.ts'
import { evaluationIn, type ModuleScope } from '../module/scope.ts'
import { suggestReference } from '../module/suggest-reference.ts'
import { rangeOf } from '../syntax/source.ts'
import { type Block, blocksOf, type Expression } from '../syntax/tree.ts'
import { textOf } from './config-value.ts'

/** Undefined where it is missing, which is reported as the block is read. */
const given = (block: Block, name: string): Expression | undefined => attributeNamed(block.body, name)?.expression

/** An address as written, its keys evaluated: `vm.web[each.key]`. */
const writtenAddress = (expression: Expression, evaluation: Evaluation): string | undefined => {
  switch (expression.type) {
    case 'wrap':
    case 'parentheses':
      return writtenAddress(expression.expression, evaluation)
    case 'literal':
      return typeof expression.value === 'string' ? expression.value : undefined
    case 'variable':
      return expression.name
    case 'attribute': {
      const owner = writtenAddress(expression.object, evaluation)
      return owner === undefined ? undefined : `${owner}.${expression.name.text}`
    }
    case 'index': {
      const owner = writtenAddress(expression.object, evaluation)
      const key = evaluation.evaluate(expression.key, evaluation)
      if (owner === undefined) return undefined
      if (key.kind === 'string') return `${owner}[${JSON.stringify(key.value)}]`
      return key.kind === 'number' ? `${owner}[${toDouble(key.value)}]` : undefined
    }
    default:
      return undefined
  }
}

const wrongAddress = (expression: Expression, evaluation: Evaluation, what: string): undefined => {
  const written = expression.source.text.slice(expression.start, expression.end)
  fail(
    evaluation,
    expression,
    `${written} is not the address of ${what}. Write it as vm.web, vm.web[0] or module.site.vm.web.`,
    'declaration.invalid-address',
  )
  return undefined
}

const addressIn = (scope: ModuleScope, expression: Expression, evaluation: Evaluation): Address | undefined => {
  const text = writtenAddress(expression, evaluation)
  const address = text === undefined ? undefined : parseAddress(`${scope.prefix}${text}`)
  const parts = address && parseAddressParts(address)
  if (parts && isResourceKind(parts.type)) return address
  return wrongAddress(expression, evaluation, 'a resource')
}

const MODULE_CALL = /^(module\.[\w-]+(\[[^\]]*\])?\.?)+$/

/** Addresses below a renamed module, or of all instances of a renamed resource. */
const movedPairs = (
  from: string,
  to: string,
  resources: readonly ScopedResource[],
): readonly { readonly from: Address; readonly to: Address }[] => {
  const pairs = resources.flatMap(({ resource: { address } }) => {
    const rest = address.startsWith(to) ? address.slice(to.length) : undefined
    if (rest === undefined || !(rest.startsWith('.') || rest.startsWith('['))) return []
    const before = parseAddress(`${from}${rest}`)
    return before ? [{ from: before, to: address }] : []
  })
  const [first, second] = [parseAddress(from), parseAddress(to)]
  return first && second ? [{ from: first, to: second }, ...pairs] : pairs
}

const SLOT = /^(.+)\.(disk|mount_point)\.([a-z]+\d+)$/

const slotOf = (written: string | undefined): { readonly owner: string; readonly key: string } | undefined => {
  const [, owner, , key] = SLOT.exec(written ?? '') ?? []
  return owner !== undefined && key !== undefined ? { owner, key } : undefined
}

export interface MovedSlot {
  readonly address: Address
  readonly from: string
  readonly to: string
}

/** A `moved` block from `vm.web.disk.virtio0` to `vm.web.disk.scsi0`: the volume goes to another slot, of all instances where no key is written. */
const movedSlotsOf = (scope: ModuleScope, block: Block, resources: readonly ScopedResource[]): readonly MovedSlot[] => {
  const evaluation = evaluationIn(scope)
  const [from, to] = [given(block, 'from'), given(block, 'to')]
  if (!from || !to) return []
  const [first, second] = [writtenAddress(from, evaluation), writtenAddress(to, evaluation)]
  const [a, b] = [slotOf(first), slotOf(second)]
  if (first === second || (!a && !b)) return []
  if (!a || !b || a.owner !== b.owner) {
    const detail = `${first} and ${second} are not two slots of one guest. A volume moves from slot to slot of one guest, as from vm.web.disk.virtio0 to vm.web.disk.scsi0.`
    fail(evaluation, to, detail, 'declaration.invalid-address')
    return []
  }
  const owner = `${scope.prefix}${a.owner}`
  return resources.flatMap(({ resource: { address } }) =>
    address === owner || address.startsWith(`${owner}[`) ? [{ address, from: a.key, to: b.key }] : [],
  )
}

/** Volumes that go from slot to slot, as moved blocks of all modules say. */
export const movedSlots = (
  scopes: readonly ModuleScope[],
  resources: readonly ScopedResource[],
): readonly MovedSlot[] =>
  scopes.flatMap((scope) => scope.module.declared.moved.flatMap((block) => movedSlotsOf(scope, block, resources)))

const movedOf = (scope: ModuleScope, block: Block, resources: readonly ScopedResource[]): Desired['moved'] => {
  const evaluation = evaluationIn(scope)
  const [from, to] = [given(block, 'from'), given(block, 'to')]
  if (!from || !to) return []
  const [first, second] = [writtenAddress(from, evaluation), writtenAddress(to, evaluation)]
  if (first !== undefined && first === second) {
    fail(evaluation, to, `This moves ${first} to itself. Remove the block.`, 'declaration.invalid-address')
    return []
  }
  if (first !== undefined && second !== undefined && MODULE_CALL.test(first) && MODULE_CALL.test(second))
    return movedPairs(`${scope.prefix}${first}`, `${scope.prefix}${second}`, resources)
  if (slotOf(first) || slotOf(second)) return []
  const [a, b] = [addressIn(scope, from, evaluation), addressIn(scope, to, evaluation)]
  return a && b ? movedPairs(a, b, resources) : []
}

const oneImport = (
  scope: ModuleScope,
  block: Block,
  evaluation: Evaluation,
  declared: ReadonlySet<string> | undefined,
): Desired['imports'] => {
  const [to, id] = [given(block, 'to'), given(block, 'id')]
  if (!to || !id) return []
  const address = addressIn(scope, to, evaluation)
  const value = evaluation.evaluate(id, evaluation)
  const text = textOf(value)
  if (text === undefined || !/^([^/]+\/)?(qemu\/|lxc\/)?\d+$/.test(text)) {
    if (value !== FAILED)
      fail(
        evaluation,
        id,
        'The id of a guest to import is its VMID, or node and VMID as in "pve1/101".',
        'declaration.invalid-value',
      )
    return []
  }
  return address && isDeclared(address, declared, to, evaluation)
    ? [{ to: address, id: text, range: rangeOf(block.header) }]
    : []
}

const withoutKeys = (address: string): string => address.replace(/\[[^\]]*\]/g, '')

/** Everything that is declared, without instance keys; undefined where not all of it could be read. */
const declaredIds = (scopes: readonly ModuleScope[]): ReadonlySet<string> | undefined =>
  scopes.some(({ module }) => module.isIncomplete)
    ? undefined
    : new Set(
        scopes.flatMap(({ module, prefix }) =>
          [...module.declared.resources.keys()].map((key) => `${withoutKeys(prefix)}${key}`),
        ),
      )

/** False, and reported, when nothing declares what an existing guest is to be bound to. */
const isDeclared = (
  address: Address,
  declared: ReadonlySet<string> | undefined,
  at: Expression,
  evaluation: Evaluation,
): boolean => {
  const wanted = withoutKeys(address)
  if (!declared || declared.has(wanted)) return true
  const [kind = '', name = ''] = wanted.split('.').slice(-2)
  const hint = suggestReference(wanted, declared) || ` Declare it too, with ${kind} "${name}" { … }.`
  const detail = `${address} is not declared, so nothing can be bound to it.${hint}`
  fail(evaluation, at, detail, 'declaration.unknown-reference')
  return false
}

const importsOf = (scope: ModuleScope, block: Block, declared: ReadonlySet<string> | undefined): Desired['imports'] => {
  const evaluation = evaluationIn(scope)
  const forEach = attributeNamed(block.body, 'for_each')
  if (!forEach) return oneImport(scope, block, evaluation, declared)
  const collection = evaluation.evaluate(forEach.expression, evaluation)
  const entries = entriesOf(collection)
  if (!entries) {
    if (collection !== FAILED)
      fail(
        evaluation,
        forEach.expression,
        'for_each takes a map, an object or a set of strings.',
        'declaration.invalid-count',
      )
    return []
  }
  return entries.flatMap((each) => oneImport(scope, block, evaluationIn(scope, { each }), declared))
}

const removedOf = (scope: ModuleScope, block: Block): Desired['removed'] => {
  const evaluation = evaluationIn(scope)
  const from = given(block, 'from')
  const address = from && addressIn(scope, from, evaluation)
  const lifecycle = blocksOf(block.body).find(({ name }) => name.text === 'lifecycle')
  const destroy = lifecycle && attributeNamed(lifecycle.body, 'destroy')
  const value = destroy && convert(evaluation.evaluate(destroy.expression, evaluation), BOOL)
  if (value && value.kind !== 'bool')
    fail(evaluation, destroy.expression, 'destroy must be true or false.', 'declaration.invalid-value')
  return address ? [{ from: address, destroy: value?.kind === 'bool' ? value.value : true }] : []
}

/** What the moved, import and removed blocks of all modules say. */
export const bindingsOf = (
  scopes: readonly ModuleScope[],
  resources: readonly ScopedResource[],
): Pick<Desired, 'moved' | 'imports' | 'removed'> => {
  const declared = declaredIds(scopes)
  return {
    moved: scopes.flatMap((scope) => scope.module.declared.moved.flatMap((block) => movedOf(scope, block, resources))),
    imports: scopes.flatMap((scope) =>
      scope.module.declared.imports.flatMap((block) => importsOf(scope, block, declared)),
    ),
    removed: scopes.flatMap((scope) => scope.module.declared.removed.flatMap((block) => removedOf(scope, block))),
  }
}
