import type { AppliedResource } from '../resource/applied.ts'
import type { DesiredGuest, DesiredPool } from '../resource/desired.ts'
import type { GuestIdentity, GuestRef } from '../resource/guest.ts'

/** What will be remembered of a guest once its steps are done. */
export const guestRecord = (
  desired: DesiredGuest,
  guest: GuestRef,
  identity: GuestIdentity | undefined,
): AppliedResource => ({
  address: desired.address,
  kind: desired.kind,
  guest,
  ...(identity && { identity }),
  config: desired.config,
  ...(desired.power !== undefined && { power: desired.power }),
  ...(desired.pool !== undefined && { pool: desired.pool }),
  preventDestroy: desired.lifecycle.preventDestroy,
  onDestroy: desired.lifecycle.onDestroy,
})

/** The same for a pool. */
export const poolRecord = ({ address, poolid, comment, lifecycle }: DesiredPool): AppliedResource => ({
  address,
  kind: 'pool',
  poolid,
  config: comment === undefined ? {} : { comment },
  preventDestroy: lifecycle.preventDestroy,
  onDestroy: lifecycle.onDestroy,
})
