import { addressOf } from '../../resource/address.ts'
import { convert } from '../eval/convert.ts'
import { bounded, spend } from '../eval/evaluation.ts'
import { BOOL, DYNAMIC } from '../eval/type.ts'
import { FAILED, markSensitive, object, sizeOf, unknownFrom, type Value } from '../eval/value.ts'
import type { Located } from '../syntax/source.ts'
import type { Block } from '../syntax/tree.ts'
import type { Declared } from './block/declared.ts'
import { attributeNamed } from './block/gather.ts'
import { lookUp } from './data.ts'
import { combine, type Expansion, expand, INSTANCE, type Instance, isRepeated, ONCE } from './instances.ts'
import { type ResourceInstance, resourceInstance } from './resource-instance.ts'
import { resourceValue } from './resource-value.ts'
import { evaluationIn, type ModuleScope, type ModuleValues } from './scope.ts'
import { variableValue } from './variable.ts'

const cycle =
  (scope: ModuleScope, at: Located) =>
  (path: readonly string[]): Value => {
    const names = path.map((id) => id.replace(/#.*$/, '')).filter((id, index, all) => id !== all[index - 1])
    const [name] = names
    const detail =
      new Set(names).size < 2
        ? `${name} refers to itself. Write the value here, or move what both need into a local.`
        : `These values depend on one another, so none can be computed first: ${names.join(' → ')}. Write one of them out, or put what they share into a local.`
    scope.world.problem({ code: 'declaration.cycle', detail, at })
    return FAILED
  }

const force = (scope: ModuleScope, id: string, at: Located, compute: () => Value): Value =>
  scope.world.cells.force(`${scope.prefix}${id}`, compute, cycle(scope, at))

const NO_EXPANSION: Expansion = { by: 'failed', instances: [] }

const blockOf = (declared: Declared, id: string): Block | undefined => {
  if (id.startsWith('module.')) return declared.modules.get(id.slice('module.'.length))
  if (id.startsWith('data.')) return declared.data.get(id.slice('data.'.length))
  return declared.resources.get(id)?.block
}

/** count or for_each of a resource or module block, evaluated once. */
export const expansionOf = (scope: ModuleScope, id: string): Expansion => {
  const { declared } = scope.module
  const block = blockOf(declared, id)
  if (!block) return NO_EXPANSION
  if (!isRepeated(block)) return ONCE
  return scope.world.cells.force<Expansion>(
    `${scope.prefix}${id}#instances`,
    () => expand(block, evaluationIn(scope)),
    (path) => {
      cycle(scope, block.header)(path)
      return NO_EXPANSION
    },
  )
}

const childScope = (scope: ModuleScope, name: string, { key, names }: Instance): ModuleScope | undefined => {
  const module = scope.module.children.get(name)
  const block = scope.module.declared.modules.get(name)
  if (!module || !block) return undefined
  const modules = [...scope.modules, { name, ...(key !== undefined && { key }) }]
  const prefix = addressOf({ modules, type: 'x', name: 'x' }).slice(0, -3)
  const evaluation = evaluationIn(scope, names)
  spend(evaluation, INSTANCE, block.header)
  return {
    world: scope.world,
    module,
    modules,
    prefix,
    parent: scope,
    values: scope.values,
    inputAt: (input) => attributeNamed(block.body, input)?.expression,
    input: (input) => {
      const attribute = attributeNamed(block.body, input)
      return attribute && evaluation.evaluate(attribute.expression, evaluation)
    },
  }
}

/** The instances of a called module. */
export const childScopes = (scope: ModuleScope, name: string): readonly ModuleScope[] =>
  expansionOf(scope, `module.${name}`).instances.flatMap((instance) => childScope(scope, name, instance) ?? [])

/** What an output block says of itself. */
export const isSensitiveOutput = (scope: ModuleScope, block: Block): boolean => {
  const attribute = attributeNamed(block.body, 'sensitive')
  if (!attribute) return false
  const evaluation = evaluationIn(scope)
  const value = convert(evaluation.evaluate(attribute.expression, evaluation), BOOL)
  return value.kind === 'bool' && value.value
}

/** The value of a module's output; in the calling module it is as secret as the output says. */
export const outputValue = (scope: ModuleScope, name: string): Value => {
  const block = scope.module.declared.outputs.get(name)
  if (!block) return FAILED
  return force(scope, `output.${name}`, block.header, () => {
    const attribute = attributeNamed(block.body, 'value')
    const evaluation = evaluationIn(scope)
    if (!attribute) return FAILED
    const value = evaluation.evaluate(attribute.expression, evaluation)
    spend(evaluation, sizeOf(value), attribute.expression)
    return scope.parent && isSensitiveOutput(scope, block) ? markSensitive(value) : value
  })
}

/** What a name of a block stands for, unless all its instances together are too much for one value. */
const whole = (scope: ModuleScope, block: Block | undefined, value: Value): Value =>
  block ? bounded(evaluationIn(scope), value, block.header) : value

const moduleValue = (scope: ModuleScope, name: string): Value => {
  const block = scope.module.declared.modules.get(name)
  const expansion = expansionOf(scope, `module.${name}`)
  const values = childScopes(scope, name).map((child) =>
    object(Array.from(child.module.declared.outputs.keys(), (output) => [output, outputValue(child, output)] as const)),
  )
  return whole(scope, block, combine(expansion, values) ?? FAILED)
}

/** Evaluates all instances of a resource, each once; undefined where they need themselves, which is reported. */
const instancesOf = (scope: ModuleScope, key: string, block: Block): readonly ResourceInstance[] | undefined =>
  // What a resource itself needs is no need of those who name it: the resource is.
  scope.world.cells.tracked(() =>
    scope.world.cells.force<readonly ResourceInstance[] | undefined>(
      `${scope.prefix}${key}`,
      () => expansionOf(scope, key).instances.map((instance) => resourceInstance(scope, key, instance)),
      (path) => {
        cycle(scope, block.header)(path)
        return undefined
      },
    ),
  ).value

/** Evaluates a resource without making the value that references to it would give: hardly any is referred to. */
export const evaluateResource = (scope: ModuleScope, key: string): void => {
  const resource = scope.module.declared.resources.get(key)
  if (resource) instancesOf(scope, key, resource.block)
}

const dataValue = (scope: ModuleScope, key: string): Value => {
  const block = scope.module.declared.data.get(key)
  if (!block) return FAILED
  const expansion = expansionOf(scope, `data.${key}`)
  const values = expansion.instances.map((instance) => lookUp(scope, key, block, instance))
  return whole(scope, block, combine(expansion, values) ?? FAILED)
}

/** Computes what the names of a module stand for, each once, and finds circles. */
export const moduleValues: ModuleValues = {
  variable: (scope, name) => {
    const block = scope.module.declared.variables.get(name)
    return block ? force(scope, `var.${name}`, block.header, () => variableValue(scope, name)) : FAILED
  },
  local: (scope, name) => {
    const attribute = scope.module.declared.locals.get(name)
    if (!attribute) return FAILED
    return force(scope, `local.${name}`, attribute.name, () => {
      const evaluation = evaluationIn(scope)
      return evaluation.evaluate(attribute.expression, evaluation)
    })
  },
  resource: (scope, key) => {
    const resource = scope.module.declared.resources.get(key)
    if (!resource) return FAILED
    const instances = instancesOf(scope, key, resource.block)
    scope.world.cells.need(`${scope.prefix}${key}`)
    if (!instances) return FAILED
    const { block } = resource
    const value = (): Value =>
      combine(
        expansionOf(scope, key),
        instances.map((instance) => resourceValue(scope, instance)),
      ) ?? FAILED
    return force(scope, `${key}#value`, block.header, () => whole(scope, block, value()))
  },
  data: (scope, key) => {
    const block = scope.module.declared.data.get(key)
    return block ? force(scope, `data.${key}`, block.header, () => dataValue(scope, key)) : FAILED
  },
  module: (scope, name) => {
    const block = scope.module.declared.modules.get(name)
    if (!block || !scope.module.children.has(name)) return unknownFrom(DYNAMIC, FAILED)
    return force(scope, `module.${name}`, block.header, () => moduleValue(scope, name))
  },
  output: (scope, name, output) => {
    if (!scope.module.children.has(name)) return FAILED
    if (expansionOf(scope, `module.${name}`).by !== 'none') return undefined
    const [child] = childScopes(scope, name)
    return child?.module.declared.outputs.has(output) ? outputValue(child, output) : undefined
  },
}
