import { clusterGuestHooks } from '../cluster/guest-hooks.ts'
import { firewallGuestHooks } from '../firewall/guest-hooks.ts'
import { haGuestHooks } from '../ha/guest-hooks.ts'
import { inventoryGuestHooks } from '../inventory/guest-hooks.ts'
import type { GuestHooks } from './guest-hooks.ts'

/** The hooks of every area, in the order in which they are asked. */
export const guestHooks: readonly GuestHooks[] = [
  inventoryGuestHooks,
  haGuestHooks,
  firewallGuestHooks,
  clusterGuestHooks,
]
