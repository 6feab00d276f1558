import { fail } from '../eval/evaluation.ts'
import { hasSensitive, type Value } from '../eval/value.ts'
import { type Block, blocksOf } from '../syntax/tree.ts'
import { attributeNamed } from './block/gather.ts'
import { childScopes, evaluateResource, expansionOf, isSensitiveOutput, outputValue } from './module-values.ts'
import { evaluationOrder } from './order.ts'
import { type ResourceInstance, resourceInstance } from './resource-instance.ts'
import { evaluationIn, type ModuleScope } from './scope.ts'
import { checkRule, checkVariable } from './variable.ts'

/** A resource instance with the module it stands in. */
export interface ScopedResource {
  readonly scope: ModuleScope
  /** `vm.web`, within its module. */
  readonly key: string
  readonly resource: ResourceInstance
}

export interface EvaluatedOutput {
  readonly name: string
  readonly value: Value
  readonly sensitive: boolean
  readonly block: Block
}

const evaluateOne = (scope: ModuleScope, id: string): void => {
  if (id.startsWith('local.')) scope.values.local(scope, id.slice('local.'.length))
  else evaluateResource(scope, id)
}

/** As they come, or what others need first where chains are long. */
const evaluateInOrder = (scope: ModuleScope): void => {
  const { declared } = scope.module
  const finished = scope.world.cells.limited(() => {
    for (const name of declared.locals.keys()) evaluateOne(scope, `local.${name}`)
    for (const key of declared.resources.keys()) evaluateOne(scope, key)
  })
  if (!finished) for (const id of evaluationOrder(declared)) evaluateOne(scope, id)
}

/** All instances of a module and of the modules it calls, outermost first. */
const scopesOf = (scope: ModuleScope): readonly ModuleScope[] => [
  scope,
  ...[...scope.module.declared.modules.keys()].flatMap((name) => childScopes(scope, name).flatMap(scopesOf)),
]

const resourcesIn = (scope: ModuleScope): readonly ScopedResource[] =>
  [...scope.module.declared.resources.keys()].flatMap((key) =>
    expansionOf(scope, key).instances.map((instance) => ({
      scope,
      key,
      resource: resourceInstance(scope, key, instance),
    })),
  )

const checkOutput = (scope: ModuleScope, name: string, block: Block): void => {
  for (const rule of blocksOf(block.body))
    if (rule.name.text === 'precondition') checkRule(scope, rule, `output.${name}`)
}

/** Outputs of the root module; of child modules only what is wrong with them. */
const outputsOf = (scope: ModuleScope): readonly EvaluatedOutput[] =>
  Array.from(scope.module.declared.outputs, ([name, block]) => {
    checkOutput(scope, name, block)
    const value = outputValue(scope, name)
    const sensitive = isSensitiveOutput(scope, block)
    if (!scope.parent && !sensitive && hasSensitive(value))
      fail(
        evaluationIn(scope),
        attributeNamed(block.body, 'value')?.expression ?? block.header,
        `The output "${name}" shows a sensitive value. Set sensitive = true, or use nonsensitive() if it is no secret.`,
        'declaration.sensitive-value',
      )
    return { name, value, sensitive, block }
  })

/** Everything a root module comes to; problems are reported on the way. */
export interface EvaluatedModule {
  readonly scopes: readonly ModuleScope[]
  readonly resources: readonly ScopedResource[]
  readonly outputs: readonly EvaluatedOutput[]
}

const runChecks = (scope: ModuleScope): void => {
  for (const [name, block] of scope.module.declared.checks)
    for (const rule of blocksOf(block.body))
      if (rule.name.text === 'assert')
        checkRule(scope, rule, `check.${name}`, evaluationIn(scope), 'declaration.assertion-failed')
}

/** Evaluates a root module with all modules below it. */
export const evaluateModule = (root: ModuleScope): EvaluatedModule => {
  evaluateInOrder(root)
  const scopes = scopesOf(root)
  for (const scope of scopes) {
    if (scope !== root) evaluateInOrder(scope)
    for (const name of scope.module.declared.variables.keys()) checkVariable(scope, name)
    for (const key of scope.module.declared.data.keys()) scope.values.data(scope, key)
    runChecks(scope)
  }
  const resources = scopes.flatMap(resourcesIn)
  const outputs = scopes.flatMap((scope) => {
    const own = outputsOf(scope)
    return scope === root ? own : []
  })
  return { scopes, resources, outputs }
}
