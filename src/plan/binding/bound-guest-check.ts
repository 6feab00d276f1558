import type { DiagnosticDetail } from '../../diagnostic/diagnostic.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { differenceOf } from '../../kinds/same-guest.ts'
import type { AppliedGuest } from '../../resource/applied.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { PlanningContext } from '../planning-context.ts'
import { boundIdentity, seenIdentity } from '../state/guest-identity.ts'
import { forgettingBlock } from './written-blocks.ts'

type Place = Pick<DiagnosticDetail, 'address' | 'range'>

/** The guest at the VMID must still be the one the address was bound to. */
export const checkIdentity = (
  world: PlanningContext,
  applied: AppliedGuest,
  observed: ObservedGuest,
  place: Place,
): boolean => {
  const sameType = applied.guest.type === observed.type
  const known = boundIdentity(applied)
  const difference = known && differenceOf(known, seenIdentity(observed))
  if (sameType && difference === undefined) return true
  world.report('plan.identity-changed', {
    detail: `\`${place.address}\` was bound to VMID ${observed.vmid}, but the guest that has it now (${observed.name} on ${observed.node}) is another one: ${
      sameType ? difference : `it is a ${kindOfType(observed.type).label}`
    }. mpc does not touch it. Forget the old binding first: put the block below in the place of the declaration, and apply. Then declare it again, as it is for a new guest, or with an \`import\` block to manage that one.`,
    ...place,
    ...(place.address !== undefined && { hint: forgettingBlock(place.address, place.range?.filename) }),
  })
  return false
}

const isOnline = (world: PlanningContext, node: string): boolean => world.nodes.get(node)?.status === 'online'

/** Whether the guest answered at the last sync. */
const isReachable = (world: PlanningContext, { unknownSince, node, status }: ObservedGuest): boolean =>
  unknownSince === undefined && status !== 'unknown' && isOnline(world, node)

const unseen = ({ unknownSince, node }: ObservedGuest): string =>
  unknownSince === undefined
    ? `node ${node} did not answer at the last sync`
    : `node ${node} has not answered since ${unknownSince}`

/** Removing the lock of a hibernated VM would throw its memory away, that of a running task its work. */
const lockAdvice = ({ type, vmid }: ObservedGuest, lock: string): string => {
  if (lock === 'suspended')
    return `it is hibernated, and its memory is lost when it is changed. Start it (\`qm start ${vmid}\` wakes it), and run \`mpc sync\`.`
  const task = lock === 'backup' ? 'a backup of it' : 'a task'
  return `${task} is under way or was cut short. Wait for it and run \`mpc sync\`; only a lock that stays although no task of the guest runs is removed on the node with \`${kindOfType(type).command} unlock ${vmid}\`.`
}

/** A guest that is to be changed must answer and hold no lock. */
export const checkChangeable = (world: PlanningContext, observed: ObservedGuest, place: Place): void => {
  if (!isReachable(world, observed)) {
    world.report('plan.guest-unreachable', {
      detail: `\`${place.address}\` (${observed.vmid}) is to be changed, but ${unseen(observed)}. Bring the node back and run \`mpc sync\`, or leave the guest out: \`--exclude '${place.address}'\`.`,
      ...place,
    })
  } else if (observed.lock !== undefined && observed.lock !== '') {
    world.report('plan.guest-locked', {
      detail: `\`${place.address}\` (${observed.vmid}) is to be changed, but it is locked (${observed.lock}): ${lockAdvice(observed, observed.lock)}`,
      ...place,
    })
  }
}

/** Says that a guest with nothing to do was not looked at lately. */
export const noteUnreachable = (world: PlanningContext, observed: ObservedGuest, place: Place): void => {
  if (isReachable(world, observed)) return
  world.report('plan.guest-unknown', {
    detail: `\`${place.address}\` (${observed.vmid}) is as declared as far as is known, but ${unseen(observed)}.`,
    ...place,
  })
}
