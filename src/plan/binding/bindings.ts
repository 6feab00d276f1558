import type { Address } from '../../resource/address.ts'
import { type Applied, type AppliedResource, boundGuests } from '../../resource/applied.ts'
import type { Desired } from '../../resource/desired.ts'
import { parseVmid } from '../../resource/guest.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { asGuest } from '../../resource/resource-kind.ts'
import type { PlanningContext } from '../planning-context.ts'

/** Which resource is bound to what, after moved, imports and removed. */
export interface Bindings {
  /** By the address they have now. */
  readonly bound: ReadonlyMap<Address, AppliedResource>
  /** New address → the one the binding is saved under. */
  readonly movedFrom: ReadonlyMap<Address, Address>
  /** Existing guests to bind for the first time. */
  readonly imported: ReadonlyMap<Address, ObservedGuest>
  /** To be forgotten, the guest left as it is. */
  readonly forgotten: readonly AppliedResource[]
}

const followMoves = (world: PlanningContext, desired: Desired, applied: Applied) => {
  const bound = new Map(applied.map((resource) => [resource.address, resource]))
  const movedFrom = new Map<Address, Address>()
  // A chain of moves (a → b, b → c) is followed to its end, in whatever order the blocks stand.
  for (let round = 0, moved = true; moved && round <= desired.moved.length; round++) {
    moved = false
    for (const { from, to } of desired.moved) {
      const resource = bound.get(from)
      if (!resource || from === to) continue
      if (bound.has(to)) {
        world.report('plan.moved-conflict', {
          detail: `\`${from}\` cannot be moved to \`${to}\`: both are bound to a guest. Remove the \`moved\` block, or forget one of them with a \`removed\` block that holds \`lifecycle { destroy = false }\`.`,
          address: to,
        })
        continue
      }
      bound.delete(from)
      bound.set(to, resource)
      movedFrom.set(to, movedFrom.get(from) ?? resource.address)
      movedFrom.delete(from)
      moved = true
    }
  }
  return { bound, movedFrom }
}

const importedGuest = (world: PlanningContext, id: string): ObservedGuest | undefined => {
  const vmid = parseVmid(/(?:^|\/)(\d+)$/.exec(id)?.[1] ?? '')
  return vmid === undefined ? undefined : world.guests.get(vmid)
}

const importOf = (
  world: PlanningContext,
  { to, id, range }: Desired['imports'][number],
  taken: ReadonlyMap<number, Address>,
): ObservedGuest | undefined => {
  const guest = importedGuest(world, id)
  if (!guest) {
    world.report('plan.import-missing', {
      detail: `\`${to}\` is to be bound to guest \`${id}\`, but the last sync saw no such guest. Write its VMID or \`node/vmid\`, and run \`mpc sync\` if it is new.`,
      address: to,
      range,
    })
    return undefined
  }
  const owner = taken.get(guest.vmid)
  if (owner !== undefined && owner !== to) {
    world.report('plan.import-conflict', {
      detail: `Guest ${guest.vmid} (${guest.name}) is already managed as \`${owner}\`. Use a \`moved\` block to give it another address.`,
      address: to,
      range,
    })
    return undefined
  }
  return guest
}

/** Import blocks may stay where they are; one binds again only when the guest bound before is gone, as after a restore under another VMID. */
const isRebound = (
  world: PlanningContext,
  { id }: Desired['imports'][number],
  before: AppliedResource,
  taken: ReadonlyMap<number, Address>,
): boolean => {
  const guest = importedGuest(world, id)
  const known = asGuest(before)?.guest
  return guest !== undefined && !taken.has(guest.vmid) && !(known && world.guests.has(known.vmid))
}

/** Works out what each address is bound to; conflicts are reported. */
export const resolveBindings = (world: PlanningContext, desired: Desired, applied: Applied): Bindings => {
  const { bound, movedFrom } = followMoves(world, desired, applied)
  const declared = new Set(desired.resources.map(({ address }) => address))
  const taken = new Map<number, Address>()
  for (const [address, { guest }] of boundGuests(bound)) taken.set(guest.vmid, address)
  const imported = new Map<Address, ObservedGuest>()
  for (const entry of desired.imports) {
    if (!declared.has(entry.to)) {
      world.report('plan.import-undeclared', {
        detail: `\`${entry.to}\` is to be bound to guest \`${entry.id}\` but is not declared. Add its block, with the attributes that mpc is to manage; what it leaves out stays as it is.`,
        address: entry.to,
        range: entry.range,
      })
      continue
    }
    const before = bound.get(entry.to)
    if (before && !isRebound(world, entry, before, taken)) continue
    const guest = importOf(world, entry, taken)
    if (!guest) continue
    bound.delete(entry.to)
    imported.set(entry.to, guest)
    taken.set(guest.vmid, entry.to)
  }
  const forgotten: AppliedResource[] = []
  for (const { from, destroy } of desired.removed) {
    if (declared.has(from)) {
      world.report('plan.removed-declared', {
        detail: `\`${from}\` is in a \`removed\` block and is still declared. Delete its declaration, or the \`removed\` block.`,
        address: from,
      })
      continue
    }
    const resource = bound.get(from)
    if (!resource || destroy) continue
    forgotten.push(resource)
    bound.delete(from)
  }
  return { bound, movedFrom, imported, forgotten }
}
