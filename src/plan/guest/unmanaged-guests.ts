import { guestKinds } from '../../kinds/registry.ts'
import { type Applied, boundGuests } from '../../resource/applied.ts'
import type { Desired, DesiredGuest } from '../../resource/desired.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import { isOfGuest } from '../../resource/resource-kind.ts'
import { inOrder } from '../../util/natural-order.ts'
import { type Bindings, resolveBindings } from '../binding/bindings.ts'
import { writtenBlocks } from '../binding/written-blocks.ts'
import type { PlanOptions } from '../plan-options.ts'
import { type PlanningContext, planningContext } from '../planning-context.ts'
import { guestLabel } from '../state/guest-progress.ts'
import { newName } from './new-guest.ts'

/** A guest to be created, and the one it would stand beside. */
export interface Double {
  readonly desired: DesiredGuest
  readonly existing: ObservedGuest
  /** Others of that name. */
  readonly others: readonly ObservedGuest[]
}

const namesakes = (
  world: PlanningContext,
  desired: DesiredGuest,
  managed: ReadonlySet<number>,
): readonly ObservedGuest[] => {
  const kind = guestKinds[desired.kind]
  const name = newName({ world, desired, kind })
  const found = (world.guestsByName.get(name) ?? []).filter(
    (guest) => guest.type === kind.type && guest.template === (desired.template === true) && !managed.has(guest.vmid),
  )
  // After a migration it is the same guest still, so that one on another node counts too; the nearest comes first.
  return [...found.filter(({ node }) => node === desired.node), ...found.filter(({ node }) => node !== desired.node)]
}

const doublesOf = (world: PlanningContext, creations: readonly DesiredGuest[], managed: ReadonlySet<number>) => {
  const spoken = new Set(managed)
  const byVmid: Double[] = []
  const byName: Double[] = []
  const ordered = inOrder(creations, ({ address }) => address)
  const isFree = (desired: DesiredGuest) => desired.vmid === undefined || !world.guests.has(desired.vmid)
  for (const desired of ordered) {
    const existing = desired.vmid === undefined ? undefined : world.guests.get(desired.vmid)
    if (!existing) continue
    spoken.add(existing.vmid)
    byVmid.push({ desired, existing, others: [] })
  }
  for (const desired of world.options.allowDuplicateNames === true ? [] : ordered.filter(isFree)) {
    const [existing, ...others] = namesakes(world, desired, spoken)
    if (!existing) continue
    spoken.add(existing.vmid)
    byName.push({ desired, existing, others })
  }
  return { byVmid, byName }
}

const whereIs = (guest: ObservedGuest): string => `${guestLabel(guest.name, guest)} on ${guest.node}`

const listed = (doubles: readonly Double[]): string =>
  doubles
    .map(({ desired, existing, others }) => {
      const more = others.length === 0 ? '' : `; also ${others.map(whereIs).join(', ')}`
      return `- \`${desired.address}\`: ${whereIs(existing)}${more}`
    })
    .join('\n')

const managedBy = ({ bound, imported }: Bindings): ReadonlySet<number> => {
  const managed = new Set<number>()
  for (const [, { guest }] of boundGuests(bound)) managed.add(guest.vmid)
  for (const { vmid } of imported.values()) managed.add(vmid)
  return managed
}

/** Guests that are declared and not bound, and those of the cluster that a plan takes them to be, by VMID or by name. */
export const declaredDoubles = (
  desired: Desired,
  observed: Observed,
  applied: Applied,
  options: PlanOptions,
): readonly Double[] => {
  const world = planningContext(observed, options)
  const bindings = resolveBindings(world, desired, applied)
  const isOpen = ({ address }: DesiredGuest) => !bindings.bound.has(address) && !bindings.imported.has(address)
  const guests = desired.resources.filter(isOfGuest)
  const { byVmid, byName } = doublesOf(world, guests.filter(isOpen), managedBy(bindings))
  return [...byVmid, ...byName].filter(({ desired: guest, existing }) => existing.type === guestKinds[guest.kind].type)
}

const importBlocks = (doubles: readonly Double[]): string => {
  const found = doubles.filter(({ desired, existing }) => existing.type === guestKinds[desired.kind].type)
  const bodies = found.map(({ desired: { address }, existing: { node, vmid } }) => ({
    to: address,
    id: `"${node}/${vmid}"`,
  }))
  return bodies.length === 0 ? '' : writtenBlocks('import', bodies, found[0]?.desired.range?.filename)
}

/** The command that binds them as they are declared. */
const importCommand = (doubles: readonly Double[]): string => {
  const vmids = doubles
    .filter(({ desired, existing }) => existing.type === guestKinds[desired.kind].type)
    .map(({ existing }) => existing.vmid)
  return `mpc import ${vmids.sort((a, b) => a - b).join(' ')}`
}

const reportVmids = (world: PlanningContext, doubles: readonly Double[], lost: string): void => {
  const [first] = doubles
  if (!first) return
  const blocks = importBlocks(doubles)
  world.report('plan.vmid-taken', {
    detail: `These VMIDs belong to guests mpc does not manage:\n${listed(doubles)}\n${lost}Choose another \`vmid\` or leave it out, or manage the existing guests${blocks === '' ? ' with `import` blocks.' : `: \`${importCommand(doubles)}\` binds them at once, and these blocks with the next \`mpc apply\`, which shows first what becomes of them:`}`,
    address: first.desired.address,
    range: first.desired.rangeOf?.('vmid') ?? first.desired.range,
    hint: blocks === '' ? undefined : blocks,
  })
}

const reportNames = (world: PlanningContext, doubles: readonly Double[], lost: string): void => {
  const [first] = doubles
  if (!first) return
  world.report('plan.name-taken', {
    detail: `The plan would create guests that exist already by name, and that mpc does not manage:\n${listed(doubles)}\n${lost}To make others of the same name beside them, add \`--allow-duplicate-names\`. To manage the existing ones, run \`${importCommand(doubles)}\`, which binds them at once, or put these blocks into a declaration file, and the next \`mpc apply\` shows first what becomes of them:`,
    address: first.desired.address,
    range: first.desired.range,
    hint: importBlocks(doubles),
  })
}

/**
 * Refuses to make guests a second time: bindings live in the local state only, so that without it everything declared looks new. Says of all of
 * them at once how they are bound again.
 */
export const checkExisting = (
  world: PlanningContext,
  creations: readonly DesiredGuest[],
  applied: Applied,
  bindings: Bindings,
): void => {
  const { byVmid, byName } = doublesOf(world, creations, managedBy(bindings))
  const lost =
    applied.length === 0
      ? 'This workspace manages nothing: if its state was lost, or if it is a fresh copy of the declarations, these are the guests it managed before.\n'
      : ''
  reportVmids(world, byVmid, lost)
  reportNames(world, byName, lost)
}
