import { guestKinds } from '../../kinds/registry.ts'
import type { Address } from '../../resource/address.ts'
import type { Desired, DesiredOutput, DesiredResource } from '../../resource/desired.ts'
import type { GuestKindName } from '../../resource/guest.ts'
import { toPlain } from '../eval/to-json.ts'
import { deepUnmarked, hasSensitive, isWhollyKnown } from '../eval/value.ts'
import { evaluateBody } from '../module/evaluate-body.ts'
import type { EvaluatedModule, EvaluatedOutput, ScopedResource } from '../module/evaluate-module.ts'
import { resourceValue } from '../module/resource-value.ts'
import { evaluationIn, type ModuleScope } from '../module/scope.ts'
import { checkRule } from '../module/variable.ts'
import { rangeOf } from '../syntax/source.ts'
import { type Block, blocksOf } from '../syntax/tree.ts'
import { bindingsOf, type MovedSlot, movedSlots } from './bindings.ts'
import { checkCircles } from './circles.ts'
import { checkDependsOn, type DependencyIndex, declaredNeeds, dependencyIndex, moduleNeeds } from './depends-on.ts'
import { desiredGuest, guestReporter, inheritedGuest } from './desired-guest.ts'
import { desiredPool, poolReporter } from './desired-pool.ts'
import { configOver, type Inherited } from './inherited.ts'
import { lifecycleBlock, lifecycleOf } from './lifecycle.ts'
import { fieldsOver } from './own-field.ts'
import type { Reporter } from './reporter.ts'
import type { ResourceContext } from './resource-context.ts'

interface Making {
  readonly context: ResourceContext
  readonly index: DependencyIndex
  /** By `prefix kind`; what the modules above give is merged in. */
  readonly inherited: Map<string, Inherited | undefined>
}

const LIFECYCLE = { attributes: new Set<string>(), blocks: new Set(['lifecycle']) }

const merge = (above: Inherited | undefined, own: Inherited, kind: GuestKindName): Inherited => ({
  ...configOver(own, above, guestKinds[kind]),
  fields: fieldsOver(own.fields, above?.fields),
})

/** The defaults of a kind that hold in a module: its own over those of the modules above it. */
const inheritedIn = (making: Making, scope: ModuleScope, kind: GuestKindName): Inherited | undefined => {
  const id = `${scope.prefix} ${kind}`
  if (making.inherited.has(id)) return making.inherited.get(id)
  const above = scope.parent && inheritedIn(making, scope.parent, kind)
  const block = scope.module.declared.defaults.get(kind)
  const address = `${scope.prefix}defaults.${kind}`
  const reporter = guestReporter(kind, address, (problem) => scope.world.problem(problem, address))
  const own =
    block &&
    inheritedGuest(
      kind,
      evaluateBody(block.body, evaluationIn(scope, {}, address), LIFECYCLE),
      reporter,
      making.context,
    )
  const inherited = own ? merge(above, own, kind) : above
  making.inherited.set(id, inherited)
  return inherited
}

const defaultsAround = (
  scope: ModuleScope,
  kind: string,
): readonly { readonly block: Block; readonly scope: ModuleScope }[] => {
  const block = scope.module.declared.defaults.get(kind)
  return [...(scope.parent ? defaultsAround(scope.parent, kind) : []), ...(block ? [{ block, scope }] : [])]
}

const dependenciesOf = (making: Making, { scope, key, resource }: ScopedResource): readonly Address[] => {
  const needs = new Set([...resource.needs, ...declaredNeeds(resource.block, scope), ...moduleNeeds(scope)])
  needs.delete(`${scope.prefix}${key}`)
  return making.index.addressesOf(needs)
}

const checkRules = ({ scope, resource }: ScopedResource): void => {
  const { names } = resource.instance
  for (const at of [...defaultsAround(scope, resource.kind), { block: resource.block, scope }]) {
    const lifecycle = lifecycleBlock(at.block)
    for (const rule of lifecycle ? blocksOf(lifecycle.body) : []) {
      const own = at.block === resource.block ? names : {}
      const known = rule.name.text === 'postcondition' ? { ...own, self: resourceValue(at.scope, resource) } : own
      checkRule(at.scope, rule, resource.address, evaluationIn(at.scope, known, resource.address))
    }
  }
}

/** Defaults may stand in a file that could not be read. */
const isIncomplete = ({ module, parent }: ModuleScope): boolean =>
  module.isIncomplete || (parent !== undefined && isIncomplete(parent))

const desiredOf = (making: Making, scoped: ScopedResource): DesiredResource | undefined => {
  const { scope, resource } = scoped
  const { kind, address, body, block, instance } = resource
  const problem: Reporter['problem'] = (found) => scope.world.problem(found, address)
  const reporter = kind === 'pool' ? poolReporter(address, problem) : guestReporter(kind, address, problem)
  const lifecycle = lifecycleOf(block, defaultsAround(scope, kind), scope, instance.names, reporter)
  checkRules(scoped)
  const dependsOn = dependenciesOf(making, scoped)
  if (kind === 'pool') {
    const range = rangeOf(block.header)
    return desiredPool({ address, label: block.labels[0]?.text ?? '', body, lifecycle, dependsOn, range }, reporter)
  }
  const inherited = inheritedIn(making, scope, kind)
  const isBroken = isIncomplete(scope) || scope.world.isBroken(block)
  const at = block.header
  return desiredGuest({ kind, address, body, inherited, lifecycle, dependsOn, at, isBroken }, reporter, making.context)
}

const outputOf = ({ name, value, sensitive }: EvaluatedOutput, { keeper }: ResourceContext): DesiredOutput => {
  const hidden = sensitive || hasSensitive(value)
  if (!isWhollyKnown(value)) return { name, value: undefined, sensitive: hidden }
  const plain = toPlain(deepUnmarked(value))
  return { name, value: hidden ? keeper.keep(`output.${name}`, JSON.stringify(plain)) : plain, sensitive: hidden }
}

const withSlots = (resource: DesiredResource, moved: readonly MovedSlot[]): DesiredResource => {
  const own = moved.flatMap(({ address, from, to }) => (address === resource.address ? [{ from, to }] : []))
  return own.length === 0 || resource.kind === 'pool' ? resource : { ...resource, movedSlots: own }
}

/** Turns what was evaluated into what the planner takes. */
export const desiredState = (evaluated: EvaluatedModule, context: ResourceContext): Desired => {
  checkCircles(evaluated.resources)
  for (const scope of evaluated.scopes) checkDependsOn(scope)
  const making: Making = { context, index: dependencyIndex(evaluated.resources), inherited: new Map() }
  const moved = movedSlots(evaluated.scopes, evaluated.resources)
  const resources = evaluated.resources.flatMap((scoped) => desiredOf(making, scoped) ?? [])
  return {
    resources: moved.length === 0 ? resources : resources.map((resource) => withSlots(resource, moved)),
    outputs: evaluated.outputs.map((output) => outputOf(output, context)),
    ...bindingsOf(evaluated.scopes, evaluated.resources),
  }
}
