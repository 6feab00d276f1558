import { type Address, addressOf } from '../../resource/address.ts'
import type { ResourceKindName } from '../../resource/resource-kind.ts'
import type { Block } from '../syntax/tree.ts'
import { evaluateBody, type Skipped } from './evaluate-body.ts'
import type { EvaluatedBody } from './evaluated-body.ts'
import type { Instance } from './instances.ts'
import { evaluationIn, type ModuleScope } from './scope.ts'

/** One resource to be: its block evaluated for one key. */
export interface ResourceInstance {
  readonly kind: ResourceKindName
  readonly address: Address
  readonly block: Block
  readonly body: EvaluatedBody
  readonly instance: Instance
  /** Ids of the resources its values are made from, as `module.site.vm.web`. */
  readonly needs: ReadonlySet<string>
}

const SKIPPED: Skipped = {
  attributes: new Set(['count', 'for_each', 'depends_on', 'lifecycle', 'dynamic']),
  blocks: new Set(['lifecycle']),
}

const idOf = (scope: ModuleScope, key: string, { key: instanceKey }: Instance): Address => {
  const [type = '', name = ''] = key.split('.')
  return addressOf({ modules: scope.modules, type, name, ...(instanceKey !== undefined && { key: instanceKey }) })
}

/** Evaluates a resource's block for one key; each instance once. */
export const resourceInstance = (scope: ModuleScope, key: string, instance: Instance): ResourceInstance => {
  const resource = scope.module.declared.resources.get(key)
  if (!resource) throw new Error(`no resource ${key}`)
  const address = idOf(scope, key, instance)
  const { kind, block } = resource
  const failed = (): ResourceInstance => {
    scope.world.problem({
      code: 'declaration.cycle',
      detail: `${address} refers to itself. Write the value here, or move what both need into a local.`,
      at: block.header,
    })
    return {
      kind,
      address,
      block,
      instance,
      needs: new Set(),
      body: { attributes: new Map(), blocks: [], at: block.body },
    }
  }
  const compute = (): ResourceInstance => {
    const evaluation = evaluationIn(scope, instance.names, address)
    const { value: body, needs } = scope.world.cells.tracked(() => evaluateBody(block.body, evaluation, SKIPPED))
    return { kind, address, block, body, instance, needs }
  }
  return scope.world.cells.force(`${address}#instance`, compute, failed)
}
