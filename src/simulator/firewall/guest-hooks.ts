import type { GuestHooks } from '../guest/guest-hooks.ts'
import { firewallOf, removeFirewall, saveFirewall } from './state.ts'

/** What this area does when guests come and go: a clone takes the rules over, a destroyed guest's file goes with it. */
export const firewallGuestHooks: GuestHooks = {
  destroyed: (world, guest) => removeFirewall(world, `guest/${guest.vmid}`),
  cloned: (world, source, target) =>
    saveFirewall(world, `guest/${target.vmid}`, firewallOf(world, `guest/${source.vmid}`)),
}
