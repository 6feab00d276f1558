import type { AppliedGuest, FoundKeys, Provenance } from '../../resource/applied.ts'
import type { Config } from '../../resource/config-value.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import type { GuestIdentity, GuestRef } from '../../resource/guest.ts'

/** Slots whose volumes are only known later are declared like all others. */
const withAttachments = ({ config, attachments = [] }: DesiredGuest): Config =>
  attachments.length === 0
    ? config
    : { ...config, ...Object.fromEntries(attachments.map(({ key, options }) => [key, options])) }

/** What will be remembered of a guest once its steps are done. */
export const guestRecord = (
  desired: DesiredGuest,
  guest: GuestRef,
  identity: GuestIdentity | undefined,
  madeFrom: Provenance | undefined,
  found: FoundKeys | undefined,
): AppliedGuest => ({
  address: desired.address,
  kind: desired.kind,
  guest,
  ...(identity && { identity }),
  config: withAttachments(desired),
  ...(desired.power !== undefined && { power: desired.power }),
  ...(desired.pool !== undefined && { pool: desired.pool }),
  preventDestroy: desired.lifecycle.preventDestroy,
  onDestroy: desired.lifecycle.onDestroy,
  ...(madeFrom && { madeFrom }),
  ...(found && { found }),
})
