import { attributeName } from '../../kinds/attribute-name.ts'
import type { GuestKind } from '../../kinds/kind.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { volumeOwner } from '../../kinds/value/volume.ts'
import type { Address } from '../../resource/address.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { PlanningContext, VolumeHolders } from '../planning-context.ts'
import type { Difference } from './config-difference.ts'
import { advance, type GuestContext, type PlanPart } from './guest-progress.ts'
import { afterWrite, configRequests, type GuestState, nextUnused, restoreRequests, textOf } from './guest-state.ts'

/** The volume a key of a guest's configuration holds; undefined for everything else, drives with media, and `unusedN`. */
export const volumeIn = (kind: GuestKind, key: string, text: string): string | undefined => {
  const property = kind.volumeProperty(key)
  if (property === undefined || key.startsWith('unused')) return undefined
  const value = kind.decodeValue(key, text)
  const volume = isPropertyMap(value) && kind.isVolume(key, value) ? value[property] : undefined
  return typeof volume === 'string' ? volume : undefined
}

export interface ForeignVolume {
  readonly key: string
  readonly volume: string
  readonly owner: number
}

/** Volumes a guest has attached, now or from its next start on, that belong to another one. PVE never erases them with it. */
export const foreignVolumes = (guest: ObservedGuest): readonly ForeignVolume[] => {
  const kind = kindOfType(guest.type)
  return Object.entries(effectiveConfig(guest)).flatMap(([key, text]) => {
    const volume = volumeIn(kind, key, text)
    const owner = volume === undefined ? undefined : volumeOwner(volume)
    return volume === undefined || owner === undefined || owner === guest.vmid ? [] : [{ key, volume, owner }]
  })
}

/** Looks through all guests once, when first asked. */
export const volumeHolders = (world: PlanningContext): VolumeHolders => {
  let byOwner: Map<number, number[]> | undefined
  const search = () => {
    const found = new Map<number, number[]>()
    for (const guest of world.observed.guests) {
      for (const owner of new Set(foreignVolumes(guest).map((foreign) => foreign.owner)))
        found.set(owner, [...(found.get(owner) ?? []), guest.vmid])
    }
    return found
  }
  return (vmid) => {
    byOwner ??= search()
    return byOwner.get(vmid) ?? []
  }
}

/** A volume that two guests have, as one of them sees it. */
export interface SharedVolume {
  readonly key: string
  readonly volume: string
  /** The guest it belongs to, when that is another one. */
  readonly owner?: number
  /** The others that have it, when it is the guest's own. */
  readonly others: readonly number[]
}

/**
 * Volumes of a guest that another one has too: what the server does to all volumes of a guest (snapshots, copies to another node) it does to
 * them, and asks nobody. One whose owner is gone is as good as the guest's own.
 */
export const sharedVolumes = (
  { world, kind, holders }: Pick<GuestContext, 'world' | 'kind' | 'holders'>,
  vmid: number,
  state: GuestState,
): readonly SharedVolume[] =>
  Object.entries(effectiveConfig(state))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, text]): readonly SharedVolume[] => {
      const volume = volumeIn(kind, key, text)
      const owner = volume === undefined ? undefined : volumeOwner(volume)
      if (volume === undefined || owner === undefined) return []
      if (owner !== vmid) return world.guests.has(owner) ? [{ key, volume, owner, others: [] }] : []
      const others = (holders?.(vmid) ?? []).filter((holder) => hasForeign(world, holder, volume))
      return others.length === 0 ? [] : [{ key, volume, others }]
    })

/** Whether a guest has this volume of another one attached. */
export const hasForeign = (world: PlanningContext, vmid: number, volume: string): boolean => {
  const guest = world.guests.get(vmid)
  return guest !== undefined && foreignVolumes(guest).some((foreign) => foreign.volume === volume)
}

/** Whose else a volume is, in words. */
export const whoseElse = ({ owner, others }: SharedVolume): string =>
  owner === undefined ? `is attached to ${others.join(', ')} too` : `belongs to ${owner}`

/** Destroying a guest erases its volumes, wherever else they are attached: PVE does not look. */
export const checkHolders = (
  world: PlanningContext,
  address: Address,
  guest: ObservedGuest,
  holders: readonly number[],
): void => {
  if (holders.length === 0) return
  world.report('plan.volume-in-use', {
    detail: `The plan would destroy \`${address}\` (${guest.vmid}), but volumes of it are attached to ${holders.join(', ')}, which would lose them. Detach them there and apply that first, or keep \`${address}\` with \`on_destroy = "retain"\`.`,
    address,
  })
}

/**
 * Moving a volume makes a new one and erases the old: not with a volume of another guest, nor with one that another guest has (PVE does not look
 * at either).
 */
export const checkMovable = (context: GuestContext, { key, observed }: Difference): boolean => {
  const { kind, world, desired, find, holders } = context
  const property = kind.volumeProperty(key)
  const volume = property !== undefined && observed !== undefined && isPropertyMap(observed) ? observed[property] : ''
  const own = find?.(desired.address)?.vmid
  const owner = volumeOwner(String(volume))
  if (own === undefined || owner === undefined) return true
  const has = (vmid: number): boolean => vmid !== own && hasForeign(world, vmid, String(volume))
  // A clone that is still to be made is compared with its source.
  if (owner !== own && !hasForeign(world, own, String(volume))) return true
  const isOwners = owner !== own && world.guests.has(owner)
  const others = isOwners ? [owner] : (holders?.(owner) ?? []).filter(has)
  if (others.length === 0) return true
  const name = attributeName(kind, key)
  world.report('plan.volume-in-use', {
    detail: `\`${name}\` of \`${desired.address}\` would move, which makes a new volume and erases ${volume}, and that ${isOwners ? `belongs to ${owner}` : `is attached to ${others.join(', ')} too`}. Detach it ${isOwners ? 'here' : 'there'} and apply that first${isOwners ? `, then move it where it belongs` : ''}.`,
    address: desired.address,
    range: desired.rangeOf?.(name) ?? desired.range,
  })
  return false
}

/** The guest as it is once volumes of others are taken away. */
export const withoutForeign = (guest: ObservedGuest): ObservedGuest =>
  withoutKeys(guest, new Set(foreignVolumes(guest).map(({ key }) => key)))

/** The guest as it is once these volumes are taken away. */
export const withoutVolumes = (guest: ObservedGuest, volumes: ReadonlySet<string>): ObservedGuest => {
  const kind = kindOfType(guest.type)
  const named = Object.entries(effectiveConfig(guest)).filter(([key, text]) =>
    volumes.has(volumeIn(kind, key, text) ?? ''),
  )
  return withoutKeys(guest, new Set(named.map(([key]) => key)))
}

const withoutKeys = (guest: ObservedGuest, keys: ReadonlySet<string>): ObservedGuest => {
  if (keys.size === 0) return guest
  const rest = <T>(table: { readonly [key: string]: T }): { readonly [key: string]: T } =>
    Object.fromEntries(Object.entries(table).filter(([key]) => !keys.has(key)))
  return { ...guest, current: rest(guest.current), pending: rest(guest.pending) }
}

const noteUnused = (state: GuestState, volume: string): GuestState => ({
  ...state,
  current: Object.assign({}, state.current, { [nextUnused(state)]: volume }),
})

/**
 * Takes volumes of other guests away from one that is about to go, so that neither a backup copies them nor a restore makes copies of them; the
 * way back attaches them again.
 */
export const releaseForeign =
  (observed: ObservedGuest): PlanPart =>
  (progress) => {
    const foreign = foreignVolumes(observed)
    if (foreign.length === 0) return progress
    const kind = kindOfType(observed.type)
    const { guest, state } = progress
    const keys = foreign.map(({ key }) => key).sort()
    const removed = afterWrite(state, kind, { set: {}, remove: keys })
    // A container notes every volume that goes as unused, a VM only its own (PVE source: vmconfig_apply_pending, vmconfig_register_unused_drive).
    const next = kind.notesForeignVolumes ? foreign.map(({ volume }) => volume).reduce(noteUnused, removed) : removed
    const boot = textOf(state, 'boot') === textOf(next, 'boot') ? [] : ['boot']
    return advance(
      progress,
      {
        verb: 'release',
        action: 'update',
        guest,
        summary: `take away what belongs to others and stays: ${foreign.map(({ key, volume, owner }) => `${key} (${volume} of ${owner})`).join(', ')}`,
        requests: configRequests(guest, {}, keys),
        disruption: 'none',
        reversal: {
          by: 'requests',
          requests: restoreRequests(kind, guest, { before: state, after: next }, [...keys, ...boot]),
          note: `attach ${keys.join(', ')} again`,
        },
      },
      next,
    )
  }
