import { addressOf } from '../../resource/address.ts'
import { fail } from '../eval/evaluation.ts'
import { DYNAMIC } from '../eval/type.ts'
import { FAILED, hasFailed, isWhollyKnown, unknownFrom, type Value } from '../eval/value.ts'
import { type Block, blocksOf } from '../syntax/tree.ts'
import { lookupRule } from './block/block-rule.ts'
import { evaluateBody } from './evaluate-body.ts'
import type { Instance } from './instances.ts'
import { evaluationIn, type InstanceNames, type ModuleScope } from './scope.ts'
import { checkRule } from './variable.ts'

const SKIPPED = { attributes: new Set(['count', 'for_each', 'depends_on']), blocks: new Set(['lifecycle']) }

/** What is told of any look-up before the first sync. */
const NOT_SYNCED = 'lookups use the last sync, and there has not been one yet. Run `mpc sync` first.'

const checkConditions = (
  scope: ModuleScope,
  block: Block,
  rule: 'precondition' | 'postcondition',
  names: InstanceNames,
  address: string,
): void => {
  for (const lifecycle of blocksOf(block.body))
    for (const inner of blocksOf(lifecycle.body))
      if (lifecycle.name.text === 'lifecycle' && inner.name.text === rule)
        checkRule(scope, inner, address, evaluationIn(scope, names, address))
}

const addressIn = (key: string, instance: Instance): string => {
  const [type = '', name = ''] = key.split('.')
  return `data.${addressOf({ modules: [], type, name, ...(instance.key !== undefined && { key: instance.key }) })}`
}

/** A `data` block: what the last sync saw. */
export const lookUp = (scope: ModuleScope, key: string, block: Block, instance: Instance): Value => {
  const [type = ''] = key.split('.')
  const takes = lookupRule(type)
  const address = addressIn(key, instance)
  const evaluation = evaluationIn(scope, instance.names, address)
  const body = evaluateBody(block.body, evaluation, SKIPPED)
  const args = new Map(Array.from(body.attributes.values(), (attribute) => [attribute.name, attribute.value]))
  // Unknown types and names have been reported as the block was read.
  const refused = !takes || [...args.keys()].some((name) => !Object.hasOwn(takes.attributes, name))
  if (refused || [...args.values()].some(hasFailed)) return FAILED
  checkConditions(scope, block, 'precondition', instance.names, address)
  const later = [...args.values()].find((value) => !isWhollyKnown(value))
  if (later) return unknownFrom(DYNAMIC, later)
  const { lookups } = scope.world
  const found = lookups?.find(type, args) ?? { problem: NOT_SYNCED }
  if ('problem' in found) {
    const isCheck = scope.module.declared.checkLookups.has(block)
    const code = isCheck ? 'declaration.assertion-failed' : 'declaration.lookup-failed'
    return fail(evaluation, block.header, `${address}: ${found.problem}`, code)
  }
  checkConditions(scope, block, 'postcondition', { ...instance.names, self: found }, address)
  return found
}
