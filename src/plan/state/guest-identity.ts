import { kindOfType } from '../../kinds/registry.ts'
import type { AppliedGuest } from '../../resource/applied.ts'
import { type Config, isPropertyMap } from '../../resource/config-value.ts'
import type { GuestIdentity } from '../../resource/guest.ts'
import type { ObservedGuest } from '../../resource/observed.ts'

/** MAC addresses that a declaration gives: whatever is made from it has them. */
const declaredMacs = (config: Config): readonly string[] =>
  Object.entries(config).flatMap(([key, value]) => {
    if (!/^net\d+$/.test(key) || !isPropertyMap(value)) return []
    const mac = value['hwaddr'] ?? value['macaddr']
    return mac === undefined ? [] : [String(mac).toUpperCase()]
  })

/** Who the guest is that an address was bound to. */
export const boundIdentity = ({ identity, config, guest }: AppliedGuest): GuestIdentity | undefined => {
  if (!identity) return undefined
  const declared = declaredMacs(config)
  // Bindings of earlier versions hold no name.
  const name = identity.name ?? config[kindOfType(guest.type).marks.name ?? '']
  return {
    ...identity,
    ...(declared.length > 0 && { declared }),
    ...(typeof name === 'string' && { name }),
  }
}

/** Who a guest is to be when a plan is carried out: the one that is known, and made, restored or destroyed no more since the plan looked. */
export const expectedIdentity = (known: GuestIdentity | undefined, observed: ObservedGuest): GuestIdentity => {
  const seen = seenIdentity(observed)
  return known ? { ...known, ...(seen.event !== undefined && { event: seen.event }) } : seen
}

/** Who a guest is as the last sync saw it. A UUID that waits for its next start is the one it is known by, as it is when a run reads it. */
export const seenIdentity = ({ type, current, pending, event }: ObservedGuest): GuestIdentity => {
  const waiting = pending['smbios1']?.value
  const identity = kindOfType(type).identity(waiting === undefined ? current : { ...current, smbios1: waiting })
  return identity.uuid === undefined ? { ...identity, event: event ?? null } : identity
}
