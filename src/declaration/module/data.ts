import { addressOf } from '../../resource/address.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import { fail } from '../eval/evaluation.ts'
import { FAILED, hasFailed, type Value } from '../eval/value.ts'
import type { Block } from '../syntax/tree.ts'
import { evaluateBody } from './evaluate-body.ts'
import type { Instance } from './instances.ts'
import { evaluationIn, type ModuleScope } from './scope.ts'

const SKIPPED = { attributes: new Set(['count', 'for_each', 'depends_on']), blocks: new Set(['lifecycle']) }

/** A `data` block: what the last sync saw. */
export const lookUp = (scope: ModuleScope, key: string, block: Block, instance: Instance): Value => {
  const [type = '', name = ''] = key.split('.')
  const address = `data.${addressOf({ modules: [], type, name, ...(instance.key !== undefined && { key: instance.key }) })}`
  const evaluation = evaluationIn(scope, instance.names, address)
  const { lookups } = scope.world
  if (!lookups) {
    const detail = `${address} asks for what the last sync saw, and there was none yet. Run \`mpc sync\` first.`
    return fail(evaluation, block.header, detail, 'declaration.lookup-failed')
  }
  if (!Object.hasOwn(lookups.types, type)) {
    const known = Object.keys(lookups.types)
    const detail = `There is no lookup "${type}".${suggestion(type, known) || ` Known are ${known.join(', ')}.`}`
    return fail(evaluation, block.labels[0] ?? block.header, detail, 'declaration.unknown-block')
  }
  const body = evaluateBody(block.body, evaluation, SKIPPED)
  const takes = lookups.types[type] ?? []
  let refused = false
  for (const attribute of body.attributes.values()) {
    if (takes.includes(attribute.name)) continue
    refused = true
    const detail = `data "${type}" has no "${attribute.name}".${suggestion(attribute.name, takes) || ` It takes ${takes.join(', ')}.`}`
    fail(evaluation, attribute.at, detail, 'declaration.unknown-attribute')
  }
  const args = new Map(Array.from(body.attributes.values(), (attribute) => [attribute.name, attribute.value]))
  if (refused || [...args.values()].some(hasFailed)) return FAILED
  const found = lookups.find(type, args)
  return 'problem' in found
    ? fail(evaluation, block.header, `${address}: ${found.problem}`, 'declaration.lookup-failed')
    : found
}
