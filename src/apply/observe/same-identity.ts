import { isSameGuest } from '../../kinds/same-guest.ts'
import type { GuestIdentity } from '../../resource/guest.ts'

/** Whether two looks of one run saw the same guest: as ever, but for the name, which the run itself may have changed. */
export const sameIdentity = ({ name: _name, ...known }: GuestIdentity, seen: GuestIdentity): boolean =>
  isSameGuest(known, seen)
