import { kindOfType } from '../../kinds/registry.ts'
import { type Plan, requiredSteps, type Step } from '../../plan/plan.ts'
import { type GuestRef, guestPath } from '../../resource/guest.ts'
import { MASK } from '../../resource/hidden-keys.ts'
import { readPool } from '../effect/is-effect-present.ts'
import { effectOf, type RequestEffect } from '../effect/request-effect.ts'
import { type Asking, ask, readGuest, readSnapshots } from '../observe/read-guest.ts'
import type { GuestMeasure, PoolMeasure } from './measured.ts'

/** Which sides of a guest the plan's requests can change: no more is asked. */
export interface Sides {
  readonly power: boolean
  readonly snapshots: boolean
  readonly acl: boolean
}

const ofPlan = new WeakMap<Plan, ReadonlyMap<number, Sides>>()

const effectsOf = ({ requests, reversal }: Step): readonly RequestEffect[] =>
  [...requests, ...(reversal.by === 'nothing' ? [] : reversal.requests)].map(effectOf)

/** For each guest of a plan the sides that its steps can change. */
export const sidesOf = (plan: Plan): ReadonlyMap<number, Sides> => {
  const known = ofPlan.get(plan)
  if (known) return known
  const sides = new Map<number, Sides>()
  for (const step of requiredSteps(plan)) {
    if (!step.guest) continue
    const before = sides.get(step.guest.vmid)
    const effects = effectsOf(step)
    const isGoing = effects.some(({ kind }) => kind === 'guest-gone' || kind === 'guest-made')
    const isWhole = isGoing || effects.some((effect) => effect.kind === 'config' && effect.keys === 'all')
    sides.set(step.guest.vmid, {
      power: (before?.power ?? false) || isWhole || effects.some(({ kind }) => kind === 'power' || kind === 'backup'),
      snapshots: (before?.snapshots ?? false) || isWhole || effects.some(({ kind }) => kind === 'snapshot'),
      acl: (before?.acl ?? false) || isGoing,
    })
  }
  ofPlan.set(plan, sides)
  return sides
}

type Entry = Readonly<Record<string, unknown>>

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))

/** PVE API: GET …/pending lists each key with its value, the one that waits, and whether it goes. */
const readConfig = async (asking: Asking, guest: GuestRef): Promise<GuestMeasure['config'] | null | undefined> => {
  const answer = await ask(asking, `${guestPath(guest)}/pending`)
  if (answer.kind !== 'answered' || !Array.isArray(answer.data))
    return (await readGuest(asking, guest)).kind === 'absent' ? null : undefined
  const current: Record<string, string> = {}
  const pending: Record<string, string | null> = {}
  const hidden = asking.hidden?.get(guest.vmid)
  for (const entry of answer.data as readonly Entry[]) {
    const key = String(entry['key'])
    const shown = (value: unknown) => (hidden?.has(key) ? MASK : textOf(value))
    if (entry['value'] !== undefined) current[key] = shown(entry['value'])
    if (entry['delete'] !== undefined && Number(entry['delete']) > 0) pending[key] = null
    else if (entry['pending'] !== undefined) pending[key] = shown(entry['pending'])
  }
  return { current, pending }
}

export const readStatus = async (asking: Asking, guest: GuestRef): Promise<Pick<GuestMeasure, 'power' | 'ha'>> => {
  const answer = await ask(asking, `${guestPath(guest)}/status/current`)
  if (answer.kind !== 'answered' || typeof answer.data !== 'object' || answer.data === null) return {}
  const { status, qmpstatus, ha } = answer.data as Entry
  const managed = typeof ha === 'object' && ha !== null ? (ha as Entry) : {}
  return {
    power: String(qmpstatus ?? status ?? ''),
    ha: Number(managed['managed'] ?? 0) > 0 ? 'managed' : '',
  }
}

const readAcl = async (asking: Asking, { vmid }: GuestRef): Promise<readonly string[] | undefined> => {
  const answer = await ask(asking, '/access/acl')
  if (answer.kind !== 'answered' || !Array.isArray(answer.data)) return undefined
  return (answer.data as readonly Entry[])
    .filter(({ path }) => path === `/vms/${vmid}`)
    .map(
      ({ type, ugid, roleid, propagate }) => `${type} ${ugid}: ${roleid}${Number(propagate) > 0 ? '' : ', only here'}`,
    )
    .sort()
}

/** PVE API: GET config shows them as pairs; …/pending does not. */
const readRaw = async (asking: Asking, guest: GuestRef): Promise<readonly string[] | undefined> => {
  const { rawLines } = kindOfType(guest.type)
  if (rawLines === undefined) return undefined
  const answer = await ask(asking, `${guestPath(guest)}/config`)
  if (answer.kind !== 'answered' || typeof answer.data !== 'object' || answer.data === null) return undefined
  const lines = (answer.data as Entry)[rawLines]
  return Array.isArray(lines)
    ? lines.map((pair: unknown) => (Array.isArray(pair) ? pair.join(' = ') : textOf(pair)))
    : []
}

/** Reads a guest; undefined when the server does not show it. */
export const measureGuest = async (
  asking: Asking,
  guest: GuestRef,
  sides: Sides,
): Promise<GuestMeasure | undefined> => {
  const [config, status, snapshots, acl, raw] = await Promise.all([
    readConfig(asking, guest),
    sides.power ? readStatus(asking, guest) : {},
    sides.snapshots ? readSnapshots(asking, guest) : undefined,
    sides.acl ? readAcl(asking, guest) : undefined,
    sides.acl ? readRaw(asking, guest) : undefined,
  ])
  if (config === undefined) return undefined
  if (config === null) return { kind: 'guest', guest }
  return {
    kind: 'guest',
    guest,
    config,
    ...status,
    ...(snapshots && { snapshots: [...snapshots].sort() }),
    ...(acl && { acl }),
    ...(raw && { raw }),
  }
}

/** Reads a pool; undefined when the server does not show it. */
export const measurePool = async (
  asking: Asking,
  poolid: string,
  vmids: readonly number[],
): Promise<PoolMeasure | undefined> => {
  const pool = await readPool(asking, poolid)
  if (pool === undefined) return undefined
  if (pool === null) return { kind: 'pool', poolid, vmids: [] }
  const own = pool.vmids.filter((vmid) => vmids.includes(vmid)).sort((a, b) => a - b)
  return { kind: 'pool', poolid, comment: pool.comment.trim(), vmids: own }
}

/** The pool that a step's guest loses with its destruction, and is to be restored to. */
export const poolLost = ({ guest, reversal }: Step): string | undefined => {
  const pool = reversal.by === 'backup' && guest ? reversal.requests[0]?.params?.['pool'] : undefined
  return typeof pool === 'string' ? pool : undefined
}

/** Pools that a plan's requests change, with the guests they move about. */
export const poolsOf = ({ steps }: Plan): ReadonlyMap<string, readonly number[]> => {
  const pools = new Map<string, readonly number[]>()
  for (const step of steps) {
    const lost = poolLost(step)
    if (lost !== undefined && step.guest) pools.set(lost, [...(pools.get(lost) ?? []), step.guest.vmid])
  }
  for (const effect of steps.flatMap(effectsOf)) {
    if (effect.kind !== 'pool' && effect.kind !== 'pool-comment' && effect.kind !== 'membership') continue
    const more = effect.kind === 'membership' ? effect.vmids : []
    pools.set(effect.poolid, [...new Set([...(pools.get(effect.poolid) ?? []), ...more])])
  }
  return pools
}
