import { kindOfType } from '../../kinds/registry.ts'
import type { Applied } from '../../resource/applied.ts'
import type { Desired } from '../../resource/desired.ts'
import type { KnownGuest, KnownGuests } from '../../resource/known-guest.ts'
import type { Observed } from '../../resource/observed.ts'
import { asGuest, isOfGuest } from '../../resource/resource-kind.ts'
import type { PlanOptions } from '../plan-options.ts'
import { planningContext } from '../planning-context.ts'
import { resolveBindings } from './bindings.ts'
import { guestNumbers } from './guest-numbers.ts'

/**
 * What a plan of these declarations knows of each guest before it is made: its VMID, and the guest it is bound to. Expressions that ask for
 * more than is declared are answered from it. Problems are left to the plan, which finds them again.
 */
export const knownGuests = (
  desired: Desired,
  observed: Observed,
  applied: Applied,
  options: PlanOptions,
): KnownGuests => {
  const world = planningContext(observed, options)
  const bindings = resolveBindings(world, desired, applied)
  const guests = desired.resources.filter(isOfGuest)
  const { vmids } = guestNumbers(world, guests, applied, bindings)
  return new Map(
    guests.flatMap(({ address, kind }) => {
      const vmid = vmids.get(address)
      if (vmid === undefined) return []
      const guest =
        bindings.imported.get(address) ?? (asGuest(bindings.bound.get(address)) ? world.guests.get(vmid) : undefined)
      const isSame = guest !== undefined && kindOfType(guest.type).name === kind
      const known: KnownGuest = isSame ? { vmid, guest } : { vmid }
      return [[address, known] as const]
    }),
  )
}
