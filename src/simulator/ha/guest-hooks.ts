import type { GuestHooks } from '../guest/guest-hooks.ts'

/** What this area does when guests come and go. */
export const haGuestHooks: GuestHooks = {}
