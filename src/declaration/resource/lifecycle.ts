import { type Address, parseAddress } from '../../resource/address.ts'
import { DEFAULT_LIFECYCLE, type Lifecycle } from '../../resource/desired.ts'
import { attributeNamed } from '../module/block/gather.ts'
import { evaluateBody } from '../module/evaluate-body.ts'
import { evaluationIn, type InstanceNames, type ModuleScope } from '../module/scope.ts'
import { pathText, staticPath } from '../module/static-path.ts'
import { suggestReference } from '../module/suggest-reference.ts'
import { type Block, blocksOf, type Expression } from '../syntax/tree.ts'
import { ownFields } from './own-field.ts'
import type { Reporter } from './reporter.ts'

const RULES = ['precondition', 'postcondition']

const isNullLiteral = (expression: Expression): boolean => expression.type === 'literal' && expression.value === null

const listItems = (expression: Expression, what: string, reporter: Reporter): readonly Expression[] => {
  if (expression.type === 'tuple') return expression.items
  if (isNullLiteral(expression)) return []
  reporter.problem({
    code: 'declaration.invalid-value',
    detail: `${what} is a list, as in ${what} = [cores].`,
    at: expression,
  })
  return []
}

const writtenName = (item: Expression): string | undefined =>
  staticPath(item)
    ?.map((step) => ('name' in step ? step.name : String(step.key)))
    .join('.')

/** Attribute names as they are written, bare: `[cores, disk.scsi0.size]`, or `all`. */
const ignoredNames = (expression: Expression, reporter: Reporter): readonly string[] => {
  if (isNullLiteral(expression)) return []
  if (expression.type === 'variable' && expression.name === 'all') return ['all']
  if (expression.type === 'literal' && expression.value === 'all') return ['all']
  return listItems(expression, 'ignore_changes', reporter).flatMap((item) => {
    const name = item.type === 'literal' && typeof item.value === 'string' ? item.value : writtenName(item)
    if (name !== undefined) {
      const [first = ''] = name.split('.')
      if (!reporter.knows(first)) reporter.unknownName(first, item)
      return [name]
    }
    const detail = 'ignore_changes names attributes: bare words such as cores or disk.scsi0.size, or the word all.'
    reporter.problem({ code: 'declaration.invalid-value', detail, at: item })
    return []
  })
}

const triggers = (expression: Expression, scope: ModuleScope, reporter: Reporter): readonly Address[] =>
  listItems(expression, 'replace_triggered_by', reporter).flatMap((item) => {
    const path = staticPath(item)
    const whole = path?.slice(0, path[2] && 'key' in path[2] ? 3 : 2)
    const address = whole && parseAddress(`${scope.prefix}${pathText(whole)}`)
    const [root, name] = whole ?? []
    const key = root && name && 'name' in root && 'name' in name ? `${root.name}.${name.name}` : ''
    if (address && scope.module.declared.resources.has(key)) return [address]
    const detail = `replace_triggered_by names resources of this module, such as vm.web.${suggestReference(key, scope.module.declared.resources.keys())}`
    reporter.problem({ code: 'declaration.unknown-reference', detail, at: item })
    return []
  })

const SKIPPED = { attributes: new Set(['ignore_changes', 'replace_triggered_by']), blocks: new Set(RULES) }

const FIELDS: { readonly [name: string]: keyof Lifecycle } = {
  prevent_destroy: 'preventDestroy',
  create_before_destroy: 'createBeforeDestroy',
  on_destroy: 'onDestroy',
  reboot: 'reboot',
  rollback: 'rollback',
  attach_foreign_volumes: 'attachForeignVolumes',
  snapshot: 'snapshot',
}

const partOf = (block: Block, scope: ModuleScope, names: InstanceNames, reporter: Reporter): Partial<Lifecycle> => {
  const body = evaluateBody(block.body, evaluationIn(scope, names, reporter.address), SKIPPED)
  const fields = ownFields(body, reporter)
  const ignored = attributeNamed(block.body, 'ignore_changes')
  const triggered = attributeNamed(block.body, 'replace_triggered_by')
  const preventDestroy = fields.flag('prevent_destroy')
  const createBeforeDestroy = fields.flag('create_before_destroy')
  const onDestroy = fields.choice('on_destroy', ['backup', 'retain', 'delete'])
  const reboot = fields.choice('reboot', ['never', 'allowed'])
  const rollback = fields.choice('rollback', ['never', 'allowed'])
  const snapshot = fields.choice('snapshot', ['auto', 'always', 'never'])
  const attachForeignVolumes = fields.flag('attach_foreign_volumes')
  const nulls = Object.entries(FIELDS).filter(([name]) => fields.isNull(name))
  return {
    // A null takes an inherited value away: what holds is what holds without one.
    ...Object.fromEntries(nulls.map(([, field]) => [field, DEFAULT_LIFECYCLE[field]])),
    ...(attachForeignVolumes !== undefined && { attachForeignVolumes }),
    ...(preventDestroy !== undefined && { preventDestroy }),
    ...(createBeforeDestroy !== undefined && { createBeforeDestroy }),
    ...(onDestroy && { onDestroy }),
    ...(reboot && { reboot }),
    ...(rollback && { rollback }),
    ...(snapshot && { snapshot }),
    ...(ignored && { ignoreChanges: ignoredNames(ignored.expression, reporter) }),
    ...(triggered && { replaceTriggeredBy: triggers(triggered.expression, scope, reporter) }),
  }
}

/** The lifecycle block of a resource or of defaults; a second one is reported as the block is read. */
export const lifecycleBlock = (block: Block): Block | undefined =>
  blocksOf(block.body).find(({ name }) => name.text === 'lifecycle')

/** How a resource wants to be treated: the defaults of its kind, then what its own block says. */
export const lifecycleOf = (
  block: Block,
  inherited: readonly { readonly block: Block; readonly scope: ModuleScope }[],
  scope: ModuleScope,
  names: InstanceNames,
  reporter: Reporter,
): Lifecycle => {
  const parts = inherited.map((one) => {
    const lifecycle = lifecycleBlock(one.block)
    return lifecycle ? partOf(lifecycle, one.scope, {}, reporter) : {}
  })
  const own = lifecycleBlock(block)
  if (parts.length === 0 && !own) return DEFAULT_LIFECYCLE
  return Object.assign({}, DEFAULT_LIFECYCLE, ...parts, own ? partOf(own, scope, names, reporter) : {})
}
