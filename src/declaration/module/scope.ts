import { kindOfTerraformType, RESOURCE_KIND_NAMES } from '../../kinds/resource-kinds.ts'
import type { AddressParts } from '../../resource/address.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import { evaluate } from '../eval/evaluate.ts'
import { type Evaluation, fail, type Resolved } from '../eval/evaluation.ts'
import type { Entry } from '../eval/iterate.ts'
import { FAILED, integer, string, type Value } from '../eval/value.ts'
import type { Located } from '../syntax/source.ts'
import type { Expression } from '../syntax/tree.ts'
import { suggestReference } from './suggest-reference.ts'
import type { LoadedModule, World } from './world.ts'

/** One instance of a module: the root, or a call of a child. */
export interface ModuleScope {
  readonly world: World
  readonly module: LoadedModule
  readonly modules: AddressParts['modules']
  /** `module.site[0].`, empty for the root. */
  readonly prefix: string
  readonly parent?: ModuleScope
  /** What the caller passed in; undefined where it passed nothing. */
  readonly input: (name: string) => Value | undefined
  /** Where the caller passes it. */
  readonly inputAt: (name: string) => Expression | undefined
  readonly values: ModuleValues
}

/** Computes the values names stand for; each is made once. */
export interface ModuleValues {
  readonly variable: (scope: ModuleScope, name: string) => Value
  readonly local: (scope: ModuleScope, name: string) => Value
  readonly resource: (scope: ModuleScope, key: string) => Value
  readonly data: (scope: ModuleScope, key: string) => Value
  readonly module: (scope: ModuleScope, name: string) => Value
  /** One output of a module called once; undefined where the call has count or for_each. */
  readonly output: (scope: ModuleScope, module: string, output: string) => Value | undefined
}

/** What `each`, `count` and `self` stand for. */
export interface InstanceNames {
  readonly each?: Entry
  readonly count?: number
  readonly self?: Value
}

const ROOTS: readonly string[] = [
  'var',
  'local',
  ...RESOURCE_KIND_NAMES,
  'data',
  'module',
  'each',
  'count',
  'path',
  'self',
  'terraform',
]

interface Request {
  readonly scope: ModuleScope
  readonly instance: InstanceNames
  readonly names: readonly string[]
  readonly at: Located
  readonly evaluation: Evaluation
}

const refuse = ({ evaluation, at, names }: Request, detail: string): Resolved => ({
  value: fail(evaluation, at, detail, 'declaration.unknown-reference'),
  used: names.length,
})

const undeclared = (request: Request, what: string, name: string, known: Iterable<string>, hint: string): Resolved => {
  const guess = suggestReference(name, known)
  if (!guess && request.scope.module.isIncomplete) return { value: FAILED, used: request.names.length }
  return refuse(request, `${what} is not declared.${guess || ` ${hint}`}`)
}

const resolveVariable = (request: Request, name: string): Resolved => {
  const { scope } = request
  if (scope.module.declared.variables.has(name)) return { value: scope.values.variable(scope, name), used: 2 }
  return undeclared(
    request,
    `The variable "${name}"`,
    name,
    scope.module.declared.variables.keys(),
    `Declare it with variable "${name}" { … }.`,
  )
}

const resolveLocal = (request: Request, name: string): Resolved => {
  const { scope } = request
  if (scope.module.declared.locals.has(name)) return { value: scope.values.local(scope, name), used: 2 }
  return undeclared(
    request,
    `local.${name}`,
    name,
    scope.module.declared.locals.keys(),
    'Declare it in a locals block.',
  )
}

const resolveResource = (request: Request, kind: string, name: string): Resolved => {
  const { scope } = request
  const key = `${kind}.${name}`
  if (scope.module.declared.resources.has(key)) return { value: scope.values.resource(scope, key), used: 2 }
  return undeclared(
    request,
    key,
    key,
    scope.module.declared.resources.keys(),
    `Declare it with ${kind} "${name}" { … }.`,
  )
}

const resolveData = (request: Request, type: string, name: string | undefined): Resolved => {
  const { scope } = request
  if (name === undefined) return refuse(request, `data.${type} needs a name, as in data.${type}.name.`)
  const key = `${type}.${name}`
  if (scope.module.declared.data.has(key)) return { value: scope.values.data(scope, key), used: 3 }
  return undeclared(
    request,
    `data.${key}`,
    key,
    scope.module.declared.data.keys(),
    `Declare it with data "${type}" "${name}" { … }.`,
  )
}

const resolveModule = (request: Request, name: string, output: string | undefined): Resolved => {
  const { scope } = request
  if (!scope.module.declared.modules.has(name))
    return undeclared(
      request,
      `module.${name}`,
      name,
      scope.module.declared.modules.keys(),
      `Declare it with module "${name}" { source = "./…" }.`,
    )
  const single = output === undefined ? undefined : scope.values.output(scope, name, output)
  return single ? { value: single, used: 3 } : { value: scope.values.module(scope, name), used: 2 }
}

const resolveEach = (request: Request, name: string): Resolved => {
  const { each } = request.instance
  if (name !== 'key' && name !== 'value')
    return refuse(request, `each has no attribute "${name}", only each.key and each.value.`)
  if (!each) return refuse(request, `each.${name} is available only in a block with for_each.`)
  return { value: name === 'key' ? each.key : each.value, used: 2 }
}

const resolveCount = (request: Request, name: string): Resolved => {
  const { count } = request.instance
  if (name !== 'index') return refuse(request, `count has no attribute "${name}", only count.index.`)
  if (count === undefined) return refuse(request, 'count.index is available only in a block with count.')
  return { value: integer(count), used: 2 }
}

const resolvePath = (request: Request, name: string): Resolved => {
  const { world, module } = request.scope
  const folders: { readonly [name: string]: string } = {
    module: module.folder,
    root: world.rootFolder,
    cwd: world.rootFolder,
  }
  const folder = Object.hasOwn(folders, name) ? folders[name] : undefined
  if (folder === undefined)
    return refuse(request, `path has no attribute "${name}", only path.module, path.root and path.cwd.`)
  return { value: string(folder === '' ? '.' : folder), used: 2 }
}

const resolveRoot = (request: Request): Resolved => {
  const [root = '', name, third] = request.names
  if (root === 'self') {
    const { self } = request.instance
    return self ? { value: self, used: 1 } : refuse(request, 'self is available only in a postcondition.')
  }
  if (!ROOTS.includes(root)) {
    const kind = kindOfTerraformType(root)
    if (kind)
      return refuse(request, `There is nothing named "${root}". A ${kind} is named ${kind}.${name ?? 'name'} here.`)
    const guess = suggestion(root, ROOTS)
    return refuse(
      request,
      `There is nothing named "${root}".${guess} If the text itself is meant, put it in double quotes: "${request.names.join('.')}".`,
    )
  }
  if (name === undefined)
    return refuse(request, `"${root}" alone has no value. Name what is meant, as in ${root}.name.`)
  switch (root) {
    case 'var':
      return resolveVariable(request, name)
    case 'local':
      return resolveLocal(request, name)
    case 'data':
      return resolveData(request, name, third)
    case 'module':
      return resolveModule(request, name, third)
    case 'each':
      return resolveEach(request, name)
    case 'count':
      return resolveCount(request, name)
    case 'path':
      return resolvePath(request, name)
    case 'terraform':
      if (name !== 'workspace')
        return refuse(request, `terraform has no attribute "${name}", only terraform.workspace.`)
      return { value: string(request.scope.world.workspace), used: 2 }
    default:
      return resolveResource(request, root, name)
  }
}

/** What expressions of a module instance are evaluated in. `address` stands in the problems they cause. */
export const evaluationIn = (scope: ModuleScope, instance: InstanceNames = {}, address?: string): Evaluation => ({
  work: scope.world.work,
  report: (problem) => scope.world.problem(problem, address),
  resolve: (names, at, evaluation) => resolveRoot({ scope, instance, names, at, evaluation }),
  functions: scope.world.functions,
  bindings: undefined,
  splatItem: undefined,
  evaluate,
})
