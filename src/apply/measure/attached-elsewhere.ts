import type { Plan } from '../../plan/plan.ts'
import { attachedBy, attachedIn, wasShared } from '../../plan/state/held-volumes.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { effectOf, touchedKeys } from '../effect/request-effect.ts'
import type { GuestView } from '../observe/read-guest.ts'
import type { HoldersNow } from './volume-holders.ts'

/** Volumes that requests would attach to a guest and that somebody has attached somewhere else by now, and where. */
export const attachedElsewhere = async (
  plan: Plan,
  { guest, raw }: GuestView,
  requests: readonly ApiRequest[],
  holders: HoldersNow,
): Promise<readonly string[]> => {
  const own = new Set(requests.flatMap((request) => touchedKeys(effectOf(request)) ?? []))
  const here = attachedIn(guest.type, raw)
  const found: string[] = []
  for (const { key, volume } of requests.flatMap((request) => attachedBy(guest.type, request))) {
    const slots = here.filter(
      (attached) => attached.volume === volume && attached.key !== key && !own.has(attached.key),
    )
    found.push(...slots.map((slot) => `${volume} is ${slot.key} of ${guest.vmid} by now`))
    // One that the guest has already gets no other writer.
    if (here.some((attached) => attached.volume === volume)) continue
    const others = await holders.ofVolume(volume, guest.vmid)
    const since = others.filter((other) => !wasShared(plan, volume, other.guest.vmid))
    found.push(...since.map((other) => `${volume} is ${other.key} of ${other.guest.vmid} by now`))
  }
  return found
}
