import { type Checked, hasErrors } from '../diagnostic/diagnostic.ts'
import { guestKinds } from '../kinds/registry.ts'
import type { Address } from '../resource/address.ts'
import { type Applied, type AppliedResource, boundGuests } from '../resource/applied.ts'
import type { Desired, DesiredGuest, DesiredResource } from '../resource/desired.ts'
import type { Observed } from '../resource/observed.ts'
import { asGuest, isOfGuest } from '../resource/resource-kind.ts'
import { inOrder } from '../util/natural-order.ts'
import { allocateVmids } from './binding/allocate-vmids.ts'
import { type Bindings, resolveBindings } from './binding/bindings.ts'
import { guestNumbers } from './binding/guest-numbers.ts'
import { noteMoves } from './binding/renamed-addresses.ts'
import { checkBootOrder } from './check/boot-check.ts'
import { checkBridges } from './check/bridge-check.ts'
import { checkCapacity } from './check/capacity-check.ts'
import { linkedClones } from './check/destroy-check.ts'
import { checkDuplicates } from './check/duplicate-check.ts'
import { checkServerHolds } from './check/ha-and-replication-check.ts'
import { checkMacs } from './check/mac-check.ts'
import { checkProperties } from './check/property-check.ts'
import { guardProblems } from './guards.ts'
import { templateFinder } from './guest/clone-source.ts'
import { checkExisting } from './guest/unmanaged-guests.ts'
import { replacedGuests, selectAddresses } from './order/address-filter.ts'
import { assemblePlan } from './order/assemble-plan.ts'
import { dependenciesOf } from './order/dependencies.ts'
import { sealPlan } from './order/seal-plan.ts'
import { secretsOf } from './order/secrets-of.ts'
import { layered } from './order/topological-layers.ts'
import type { Plan } from './plan.ts'
import type { PlanOptions } from './plan-options.ts'
import type { Ground } from './planned-kind.ts'
import { impliedNeeds, orderEnds, planEnd, planResource } from './planned-kinds.ts'
import { type PlanningContext, planningContext } from './planning-context.ts'
import { poolAddresses } from './pool/pool-path.ts'
import { poolsEnding } from './pool/pool-planning.ts'
import { volumeHolders } from './state/foreign-volumes.ts'
import { sharedBefore } from './state/held-volumes.ts'
import type { PlannedResource } from './state/planned-resource.ts'
import { withTagCase } from './state/tag-case.ts'
import { planForgotten } from './step/forget-step.ts'
import { withSweeps } from './step/sweep-steps.ts'

const reportCycle = (
  world: PlanningContext,
  cycle: readonly Address[],
  declared: ReadonlyMap<Address, DesiredResource>,
): void => {
  const [first] = cycle
  if (first === undefined) return
  world.report('plan.cycle', {
    detail: `${[...cycle, first].map((address) => `\`${address}\``).join(' needs ')}. Nothing can come first: remove one of these dependencies (\`depends_on\`, \`clone\`, \`pool\`, \`replace_triggered_by\`).`,
    address: first,
    range: declared.get(first)?.range,
  })
}

/** What a plan of some files needs of the others, and is not there yet. */
const reportLeftOut = (
  world: PlanningContext,
  { declared, needs, selected, bound }: Pick<Ground, 'declared' | 'needs' | 'selected'> & Pick<Bindings, 'bound'>,
): void => {
  for (const address of selected) {
    const missing = (needs.get(address) ?? []).filter((other) => !selected.has(other) && !bound.has(other))
    if (missing.length === 0) continue
    const files = [...new Set(missing.flatMap((other) => declared.get(other)?.range?.filename ?? []))].sort()
    world.report('plan.left-out', {
      detail: `\`${address}\` needs ${missing.map((other) => `\`${other}\``).join(', ')}, which ${files.length === 0 ? 'other files declare' : `${files.join(', ')} declares`} and which is not there yet. Name that file too, or plan everything.`,
      address,
      range: declared.get(address)?.range,
    })
  }
}

const groundOf = (world: PlanningContext, desired: Desired, applied: Applied): Ground => {
  const bindings = resolveBindings(world, desired, applied)
  checkDuplicates(world, desired, bindings)
  const declared = new Map(desired.resources.map((resource) => [resource.address, resource]))
  const needs = dependenciesOf(desired, impliedNeeds(desired))
  const known = [
    ...new Set([...declared.keys(), ...bindings.bound.keys(), ...bindings.forgotten.map(({ address }) => address)]),
  ]
  const selected = selectAddresses(world, { known, needs })
  if (world.options.scope && !world.options.destroy)
    reportLeftOut(world, { declared, needs, selected, bound: bindings.bound })
  const guests = [...declared.values()].filter(isOfGuest)
  if (!world.options.destroy) {
    const isNew = ({ address }: DesiredGuest) => {
      const vmid = asGuest(bindings.bound.get(address))?.guest.vmid
      // What looks like a stranger's may be what the run that was cut short has made.
      const isKnown = bindings.imported.has(address) || world.options.unsettled?.has(address)
      return selected.has(address) && !isKnown && (vmid === undefined || !world.guests.has(vmid))
    }
    checkExisting(world, guests.filter(isNew), applied, bindings)
  }
  const { vmids, taken } = guestNumbers(world, guests, applied, bindings)
  return {
    world,
    desired,
    declared,
    bindings,
    needs,
    selected,
    vmids,
    freshVmid: (guest) => allocateVmids(world, [guest], taken).get(guest.address),
    findTemplate: templateFinder(world, guests, vmids),
    findGuest: (address) => {
      const vmid = vmids.get(address)
      const guest = asGuest(declared.get(address))
      if (vmid === undefined || guest === undefined || !selected.has(address)) return undefined
      return { type: guestKinds[guest.kind].type, node: guest.node, vmid }
    },
    holders: volumeHolders(world),
    clones: linkedClones(world),
    declaredPools: new Set(poolAddresses(desired.resources).keys()),
    replaced: replacedGuests(
      world,
      guests.map(({ address }) => address),
    ),
  }
}

/** The binding under the address it has now. */
const boundAs = <T extends AppliedResource>(resource: T | undefined, address: Address): T | undefined =>
  resource === undefined || resource.address === address ? resource : { ...resource, address }

const planDeclared = (ground: Ground): readonly PlannedResource[] => {
  const { world, declared, needs, selected, bindings } = ground
  const { layers, cycle } = layered([...declared.keys()], (address) => needs.get(address) ?? [])
  reportCycle(world, cycle, declared)
  const planned = new Map<Address, PlannedResource>()
  for (const address of layers.flat()) {
    const resource = declared.get(address)
    if (!resource || !selected.has(address)) continue
    const plan = planResource(ground, resource, boundAs(bindings.bound.get(address), address), planned)
    if (plan) planned.set(address, plan)
  }
  return [...planned.values()]
}

/** The end of everything that is managed and no longer declared, or of everything at all. */
const planEnds = (ground: Ground, kept: readonly PlannedResource[]): readonly PlannedResource[] => {
  const { world, bindings, selected, declared } = ground
  const isEnding = (address: Address) => selected.has(address) && (world.options.destroy || !declared.has(address))
  const ending = inOrder(
    [...bindings.bound].filter(([address]) => isEnding(address)),
    ([address]) => address,
  )
  const destroyed = new Set(ending.flatMap(([, resource]) => asGuest(resource)?.guest.vmid ?? []))
  const moved = kept.flatMap(({ guest, attributes }) =>
    guest && attributes.some(({ name }) => name === 'pool') ? [guest.vmid] : [],
  )
  const pools = poolsEnding(ending.map(([, resource]) => resource))
  const what = { destroyed, leaving: new Set([...destroyed, ...moved]), pools }
  const ends = ending.flatMap(([address, resource]) => planEnd(ground, { ...resource, address }, what) ?? [])
  const forgotten = world.options.destroy
    ? []
    : bindings.forgotten
        .filter(({ address }) => selected.has(address))
        .map((resource) => planForgotten(resource, { isGone: false }))
  return [...ends, ...forgotten]
}

/** What has to be done before a resource: its needs; and before an end, everything that still needs what ends. */
const orderOf = (ground: Ground, planned: readonly PlannedResource[]) => {
  const ends = new Set(planned.filter(({ action }) => action === 'destroy').map(({ address }) => address))
  const order = new Map<Address, Address[]>()
  const add = (address: Address, other: Address) => order.set(address, [...(order.get(address) ?? []), other])
  for (const [address, others] of ground.needs) {
    for (const other of others) {
      if (ends.has(other)) add(other, address)
      else if (!ends.has(address)) add(address, other)
    }
  }
  orderEnds(ground, planned, ends, add)
  return (address: Address): readonly Address[] => order.get(address) ?? []
}

const outputsOf = ({ outputs }: Desired): Plan['outputs'] =>
  inOrder(outputs, ({ name }) => name).map(({ name, value, sensitive }) => ({
    name,
    value: sensitive ? null : value,
    sensitive,
  }))

/** What was asked for, in an order of its own; undefined: everything. */
const askedOf = ({ targets, excludes, replaces, scope, destroy }: PlanOptions): Plan['asked'] => {
  const sorted = <T extends string>(items: readonly T[]): readonly T[] => inOrder([...new Set(items)], (item) => item)
  const asked = {
    ...(targets.length > 0 && { targets: sorted(targets) }),
    ...(excludes.length > 0 && { excludes: sorted(excludes) }),
    ...(replaces.length > 0 && { replaces: sorted(replaces) }),
    ...(scope && { scope: sorted(scope) }),
    ...(destroy && { destroy: true as const }),
  }
  return Object.keys(asked).length === 0 ? undefined : asked
}

/** What the plan would make is held against what the cluster has: bridges, room, addresses. */
const checkFacts = ({ world, declared, vmids, bindings }: Ground, planned: readonly PlannedResource[]): void => {
  if (world.options.destroy) return
  const guests = [...declared.values()].filter(isOfGuest)
  const guestAt = (address: Address) => {
    const resource = declared.get(address)
    return resource && isOfGuest(resource) ? resource : undefined
  }
  checkBootOrder(world, planned, guestAt)
  checkBridges(world, planned, guestAt)
  checkProperties(world, planned, guestAt)
  checkCapacity(world, planned, guestAt)
  const ending = new Set<number>()
  for (const [address, { guest }] of boundGuests(bindings.bound)) if (!declared.has(address)) ending.add(guest.vmid)
  checkMacs(
    world,
    guests,
    (address) => vmids.get(address),
    (vmid) => ending.has(vmid),
  )
}

/** The rules of the workspace are told together with everything else that is wrong. */
const checkGuards = (world: PlanningContext, planned: readonly PlannedResource[]): void => {
  const { guards } = world.options
  if (!guards) return
  const steps = planned.flatMap(({ address, drafts }) => drafts.map((draft) => ({ ...draft, address })))
  for (const problem of guardProblems(guards, steps, [...world.guests.values()])) world.report(problem.code, problem)
}

/**
 * Compares what is declared with what was observed and plans the way from one to the other, every step with its way back. Pure: equal
 * inputs give an equal plan, byte for byte, whatever the order of the declarations. No plan when anything is wrong.
 */
export const planChanges = (
  desired: Desired,
  observed: Observed,
  applied: Applied,
  options: PlanOptions,
): Checked<Plan> => {
  const world = planningContext(observed, options)
  const ground = groundOf(world, withTagCase(desired, observed), applied)
  const kept = options.destroy ? [] : planDeclared(ground)
  const planned = [...kept, ...planEnds(ground, kept)]
  checkServerHolds(world, planned)
  checkFacts(ground, planned)
  noteMoves(world, planned)
  checkGuards(world, planned)
  const diagnostics = inOrder(world.diagnostics, ({ address = '', code, detail }) => `${address} ${code} ${detail}`)
  if (hasErrors(diagnostics)) return { value: undefined, diagnostics }
  const { changes, steps } = assemblePlan(withSweeps(world, planned), orderOf(ground, planned))
  const madeFromOthers = diagnostics.flatMap(({ code, address }) =>
    code === 'plan.made-from-another' && address !== undefined ? [address as Address] : [],
  )
  const sharedVolumes = sharedBefore(steps, observed.guests)
  const asked = askedOf(options)
  const { secretsKey } = options
  const plan = sealPlan({
    format_version: '1.0',
    origin: { kind: 'declaration' },
    cluster: observed.cluster.name,
    changes,
    steps,
    unchanged: ground.selected.size - changes.length,
    ...(madeFromOthers.length > 0 && { madeFromOthers }),
    ...(sharedVolumes.length > 0 && { sharedVolumes }),
    ...(asked && { asked }),
    ...(secretsKey !== undefined && secretsOf({ steps }).length > 0 && { secretsKey }),
    outputs: options.destroy ? [] : outputsOf(desired),
  })
  return { value: plan, diagnostics }
}
