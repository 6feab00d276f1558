import { raise } from '../api/error.ts'
import type { GuestHooks } from '../guest/guest-hooks.ts'
import { carryOut } from './manager.ts'
import {
  forgetInRules,
  haState,
  haStateOf,
  isManaged,
  managerRuns,
  managerState,
  requestState,
  sidOf,
} from './state.ts'

/** What this area does when guests come and go. */
export const haGuestHooks: GuestHooks = {
  refuseDestroy: (world, guest, purge) => {
    if (purge || !haState(world).resources.has(sidOf(guest))) return
    raise(
      `unable to remove ${guest.type === 'qemu' ? 'VM' : 'CT'} ${guest.vmid} - used in HA resources and purge parameter not set.`,
    )
  },
  destroyed: (world, guest, purge) => {
    if (!purge || !haState(world).resources.delete(sidOf(guest))) return
    managerState(world).delete(sidOf(guest))
    forgetInRules(world, sidOf(guest))
  },
  manages: isManaged,
  // A start is written into the configuration at once, a stop by the manager only (seen on PVE 9.2, where none ran).
  request: (world, guest, state) => {
    if (state === 'started' || managerRuns(world)) requestState(world, guest, state)
    carryOut(world, guest)
  },
  haStatus: (world, guest) =>
    isManaged(world, guest)
      ? { managed: 1, state: managerRuns(world) ? (haStateOf(world, guest) ?? null) : null }
      : undefined,
}
