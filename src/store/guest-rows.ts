import type { ObservedGuest } from '../resource/observed.ts'
import { canonicalJson } from '../util/canonical-json.ts'
import { sha256 } from '../util/sha256.ts'
import type { GuestTable } from './tables.ts'

/** What a guest's configuration is worth remembering for: changes of power or lock are no new configuration. */
export const configText = ({ type, node, current, pending }: ObservedGuest): string =>
  canonicalJson({ type, node, current, pending })

export const guestRow = (guest: ObservedGuest): GuestTable => {
  const body = canonicalJson(guest)
  return {
    vmid: guest.vmid,
    type: guest.type,
    node: guest.node,
    name: guest.name,
    status: guest.status,
    template: guest.template ? 1 : 0,
    pool: guest.pool ?? null,
    lock: guest.lock ?? null,
    digest: guest.digest,
    unknown_since: guest.unknownSince ?? null,
    body_hash: sha256(body),
    config_hash: sha256(configText(guest)),
    body,
  }
}
