import { raise } from '../api/error.ts'
import type { GuestHooks } from '../guest/guest-hooks.ts'
import { forgetInRules, haState, isManaged, sidOf } from './state.ts'

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
    forgetInRules(world, sidOf(guest))
  },
  manages: isManaged,
}
