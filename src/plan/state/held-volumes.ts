import { kindOfType } from '../../kinds/registry.ts'
import type { GuestType } from '../../resource/guest.ts'
import type { ObservedGuest, RawConfig } from '../../resource/observed.ts'
import type { ApiRequest } from '../../resource/request.ts'
import type { HeldVolume, Plan, Step } from '../plan.ts'
import { volumeIn } from './foreign-volumes.ts'

export interface AttachedVolume {
  readonly key: string
  readonly volume: string
}

const volumesIn = (type: GuestType, entries: Readonly<Record<string, unknown>>): readonly AttachedVolume[] => {
  const kind = kindOfType(type)
  return Object.entries(entries).flatMap(([key, text]) => {
    const volume = typeof text === 'string' ? volumeIn(kind, key, text) : undefined
    return volume === undefined ? [] : [{ key, volume }]
  })
}

/** Volumes that a request attaches to a guest of this type, by name. */
export const attachedBy = (type: GuestType, { params = {} }: ApiRequest): readonly AttachedVolume[] =>
  volumesIn(type, params)

/** Volumes that a guest has attached by this configuration. */
export const attachedIn = (type: GuestType, raw: RawConfig): readonly AttachedVolume[] => volumesIn(type, raw)

/** Volumes that a guest has attached now, or has from its next start on. */
export const attachedTo = ({ type, current, pending }: ObservedGuest): readonly AttachedVolume[] => {
  const waiting = Object.fromEntries(
    Object.entries(pending).flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value] as const])),
  )
  return [...volumesIn(type, current), ...volumesIn(type, waiting)]
}

const requestsOf = ({ requests, reversal }: Step): readonly ApiRequest[] => [
  ...requests,
  ...(reversal.by === 'nothing' ? [] : reversal.requests),
]

/**
 * Volumes that these steps attach, or attach again when they are undone, and that more than one guest has as things are: who shares them did so
 * before. Any other guest that has such a volume later has got it since.
 */
export const sharedBefore = (steps: readonly Step[], guests: readonly ObservedGuest[]): readonly HeldVolume[] => {
  const attachments = steps.flatMap((step) => {
    const { guest } = step
    return guest ? requestsOf(step).flatMap((request) => attachedBy(guest.type, request)) : []
  })
  const named = new Set(attachments.map(({ volume }) => volume))
  if (named.size === 0) return []
  const holders = new Map<string, Set<number>>()
  for (const guest of guests)
    for (const { volume } of attachedTo(guest))
      if (named.has(volume)) holders.set(volume, (holders.get(volume) ?? new Set()).add(guest.vmid))
  return [...holders]
    .filter(([, vmids]) => vmids.size > 1)
    .map(([volume, vmids]) => ({ volume, guests: [...vmids].sort((a, b) => a - b) }))
    .sort((a, b) => (a.volume < b.volume ? -1 : 1))
}

/** Whether a guest had the volume, together with others, before the run. */
export const wasShared = ({ sharedVolumes = [] }: Pick<Plan, 'sharedVolumes'>, volume: string, vmid: number): boolean =>
  sharedVolumes.some((shared) => shared.volume === volume && shared.guests.includes(vmid))
