import type { GuestHooks } from '../guest/guest-hooks.ts'
import { guestEntry } from './resources.ts'
import { keepFigures } from './status-daemon.ts'

/** What this area does when guests go: the status daemon's figures stay for a while. */
export const inventoryGuestHooks: GuestHooks = {
  destroyed: (world, guest) => keepFigures(world, guest, guestEntry(world, guest)),
}
