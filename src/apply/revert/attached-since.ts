import type { Plan, Step } from '../../plan/plan.ts'
import { type AttachedVolume, attachedBy, attachedTo, wasShared } from '../../plan/state/held-volumes.ts'
import type { Observed } from '../../resource/observed.ts'
import { effectOf, touchedKeys } from '../effect/request-effect.ts'

interface Holder {
  readonly vmid: number
  readonly name: string
  readonly key: string
}

/** Who has volumes attached once these steps have taken away what they take away. */
const holdersAfter = (steps: readonly Step[], { guests }: Observed): ReadonlyMap<string, readonly Holder[]> => {
  const touched = new Set<string>()
  for (const effect of steps.flatMap(({ requests }) => requests.map(effectOf))) {
    if (effect.kind === 'guest-gone') touched.add(String(effect.guest.vmid))
    if (effect.kind === 'config')
      for (const key of touchedKeys(effect) ?? []) touched.add(`${effect.guest.vmid} ${key}`)
  }
  const holders = new Map<string, Holder[]>()
  for (const guest of guests) {
    if (touched.has(String(guest.vmid))) continue
    for (const { key, volume } of attachedTo(guest)) {
      if (touched.has(`${guest.vmid} ${key}`)) continue
      holders.set(volume, [...(holders.get(volume) ?? []), { vmid: guest.vmid, name: guest.name, key }])
    }
  }
  return holders
}

/** For each guest that these steps change: volumes they would attach to it and that somebody else has attached since the run. */
export const attachedSince = (
  plan: Plan,
  steps: readonly Step[],
  observed: Observed,
): ReadonlyMap<number, readonly string[]> => {
  const attaching = steps.flatMap(({ guest, requests }) =>
    guest ? requests.flatMap((request) => attachedBy(guest.type, request).map((one) => ({ ...one, guest }))) : [],
  )
  if (attaching.length === 0) return new Map()
  const holders = holdersAfter(steps, observed)
  const had = new Map<number, readonly AttachedVolume[]>(
    observed.guests.map((guest) => [guest.vmid, attachedTo(guest)]),
  )
  const found = new Map<number, readonly string[]>()
  for (const { guest, volume } of attaching) {
    // One that the guest has already gets no other writer.
    const hasIt = had.get(guest.vmid)?.some((attached) => attached.volume === volume) === true
    const since = (holders.get(volume) ?? []).filter(
      ({ vmid }) => vmid === guest.vmid || !(hasIt || wasShared(plan, volume, vmid)),
    )
    const told = since.map(({ key, name, vmid }) => `${volume} is ${key} of ${name} (${vmid}) by now`)
    if (told.length > 0) found.set(guest.vmid, [...new Set([...(found.get(guest.vmid) ?? []), ...told])])
  }
  return found
}
