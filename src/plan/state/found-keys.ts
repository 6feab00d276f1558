import type { GuestKind } from '../../kinds/kind.ts'
import type { AppliedGuest, FoundKeys } from '../../resource/applied.ts'
import { type Config, isPropertyMap } from '../../resource/config-value.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { PlanningContext } from '../planning-context.ts'
import type { Difference } from './config-difference.ts'
import { type GuestState, stateOf, textOf } from './guest-state.ts'

/** Disks, mount points and network devices: losing one is losing more than an option. */
const isDevice = (kind: GuestKind, key: string): boolean => kind.groupOf(key) !== undefined

/** Whether the template that a guest is a clone of surely has no such key. */
const isNotOfTemplate = (world: PlanningContext, { madeFrom }: AppliedGuest, key: string): boolean => {
  if (madeFrom?.source.by !== 'clone') return false
  const { template } = madeFrom.source
  const origin = world.guests.get(Number(template)) ?? world.guestsByName.get(template)?.[0]
  return origin !== undefined && textOf(stateOf(origin), key) === undefined
}

/**
 * The keys a managed guest had before mpc wrote them. State files of before this was remembered do not say it: then devices of guests that mpc did
 * not make from nothing count as found, and options as set by mpc.
 */
export const foundOf = (world: PlanningContext, kind: GuestKind, applied: AppliedGuest | undefined): FoundKeys => {
  if (!applied) return {}
  const { found, madeFrom, config } = applied
  if (found) return found
  if (madeFrom && madeFrom.source.by !== 'clone') return {}
  const devices = Object.keys(config).filter((key) => isDevice(kind, key) && !isNotOfTemplate(world, applied, key))
  return Object.fromEntries(devices.map((key) => [key, []]))
}

/** The same for a comparison: of a device that is still declared, such a state file says which options were declared. */
export const comparedFound = (found: FoundKeys, applied: AppliedGuest | undefined, declared: Config): FoundKeys =>
  applied?.found ? found : Object.fromEntries(Object.entries(found).filter(([key]) => declared[key] === undefined))

/** What is remembered of it: nothing of a guest that mpc made from nothing and that has only what mpc gave it. */
export const rememberedFound = (found: FoundKeys, applied: AppliedGuest | undefined): FoundKeys | undefined => {
  const isOwn = applied?.madeFrom !== undefined && applied.madeFrom.source.by !== 'clone'
  return isOwn && Object.keys(found).length === 0 ? undefined : found
}

/** The pool is remembered like a key: that of a guest which was in it before mpc. */
export const foundPool = (
  desired: DesiredGuest,
  observed: ObservedGuest,
  applied: AppliedGuest | undefined,
): FoundKeys => {
  const isGiven = applied?.pool !== undefined && applied.found?.['pool'] === undefined
  return desired.pool !== undefined && observed.pool === desired.pool && !isGiven ? { pool: [] } : {}
}

interface Seen {
  readonly kind: GuestKind
  readonly desired: DesiredGuest
  readonly state: GuestState
  readonly differences: readonly Difference[]
  /** What was declared when it was last applied, and what of it was there before. */
  readonly applied: Config
  readonly found: FoundKeys
}

/** What mpc has set of a key that it did not make, as it stands before these differences go; undefined: mpc made it, or it is not there. */
const foundBefore = ({ state, applied, found }: Seen, key: string): readonly string[] | undefined => {
  const isKnown = applied[key] !== undefined && applied[key] !== ''
  return isKnown ? found[key] : textOf(state, key) === undefined ? undefined : []
}

const foundAfter = (seen: Seen, key: string, difference: Difference | undefined): readonly string[] | undefined => {
  const { kind, desired, state } = seen
  const before = foundBefore(seen, key)
  if (!difference) return before
  const { declared, observed, properties, dropped } = difference
  if (observed === undefined) {
    const moved = desired.movedSlots?.find(({ from, to }) => to === key && textOf(state, from) !== undefined)
    return moved && foundBefore(seen, moved.from)
  }
  if (!isPropertyMap(declared) || !isPropertyMap(observed) || before === undefined) return undefined
  const isOther = kind.isVolume(key, observed) && properties.includes(kind.volumeProperty(key) ?? '')
  if (isOther || kind.isVolume(key, observed) !== kind.isVolume(key, declared)) return undefined
  const set = [...before, ...properties].filter((name) => !dropped.includes(name) && declared[name] !== '')
  return [...new Set(set)].sort()
}

/** The declared keys that are there without mpc once these differences are gone, each with the properties that mpc has set of it by then. */
export const foundKeys = (seen: Seen): FoundKeys => {
  const byKey = new Map(seen.differences.map((difference) => [difference.key, difference]))
  const keys = Object.entries(seen.desired.config).flatMap(([key, value]) => (value === '' ? [] : [key]))
  return Object.fromEntries(
    keys.sort().flatMap((key) => {
      const set = foundAfter(seen, key, byKey.get(key))
      return set === undefined ? [] : [[key, set] as const]
    }),
  )
}
