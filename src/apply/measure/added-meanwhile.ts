import { kindOfType } from '../../kinds/registry.ts'
import { volumeOwner } from '../../kinds/value/volume.ts'
import type { Step } from '../../plan/plan.ts'
import { volumeIn } from '../../plan/state/foreign-volumes.ts'
import type { GuestRef } from '../../resource/guest.ts'
import type { RawConfig } from '../../resource/observed.ts'
import { effectOf, touchedKeys } from '../effect/request-effect.ts'
import { type GuestView, readSnapshots } from '../observe/read-guest.ts'
import type { RunContext } from '../request/run-context.ts'
import type { StepResult } from '../run/step-result.ts'
import { readStatus } from './measure.ts'

const isUnused = (key: string): boolean => /^unused\d+$/.test(key)

/** Keys of a guest that hold volumes, with these. */
export const volumesOf = ({ type }: GuestRef, raw: RawConfig): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(raw).flatMap(([key, text]) => {
      const volume = isUnused(key) ? text.split(',')[0] : volumeIn(kindOfType(type), key, text)
      return volume === undefined ? [] : [[key, volume] as const]
    }),
  )

/** A copy and a restored guest get the volumes of their source, which no request names. */
const isCopy = ({ requests }: Step): boolean =>
  requests.some(({ path, params = {} }) => path.endsWith('/clone') || 'archive' in params || 'restore' in params)

const namedBy = ({ requests, reversal }: Step): readonly string[] =>
  [...requests, ...(reversal.by === 'nothing' ? [] : reversal.requests)].flatMap(
    (request) => touchedKeys(effectOf(request)) ?? [],
  )

const textsOf = ({ after }: StepResult): RawConfig =>
  Object.fromEntries(
    Object.entries(after?.values ?? {}).flatMap(([key, text]) => (text === null ? [] : [[key, text] as const])),
  )

/** Volumes that are on the guest and that no step of the run has put there. `results`: all steps of the run. */
const addedVolumes = (
  { plan }: RunContext,
  result: StepResult,
  { guest, raw }: GuestView,
  results: readonly StepResult[],
  before: readonly string[] = [],
): readonly string[] => {
  const { step } = result
  const own = results.filter((one) => one.step.guest?.vmid === guest.vmid)
  const known = new Set([...before, ...own.flatMap((one) => [...volumesOf(guest, textsOf(one)).values()])])
  const others = plan.steps.filter(({ id, guest: its }) => id !== step.id && its?.vmid === guest.vmid)
  const left = volumesOf(guest, textsOf(result))
  // Of a copy whose end nobody saw only volumes of other guests are known to be added.
  const isUnseen = isCopy(step) && left.size === 0
  const given = isCopy(step) ? [] : step.requests.flatMap(({ params = {} }) => Object.keys(params))
  const touched = new Set([...others.flatMap(namedBy), ...given.filter((key) => !left.has(key))])
  const isWhole = own.every(({ after }) => after)
  return [...volumesOf(guest, raw)].flatMap(([key, volume]) => {
    if (known.has(volume) || touched.has(key)) return []
    const isForeign = (volumeOwner(volume) ?? guest.vmid) !== guest.vmid
    if (!isForeign && (isUnseen || (isUnused(key) && !isWhole))) return []
    return [`${key} (${volume})`]
  })
}

/** What others have given to a guest that a step has made, and that would go with it. */
export const addedMeanwhile = async (
  ctx: RunContext,
  result: StepResult,
  view: GuestView,
  results: readonly StepResult[],
): Promise<readonly string[]> => {
  const { guest } = view
  const snapshots = (await readSnapshots(ctx.asking, guest)) ?? []
  const { ha } = await readStatus(ctx.asking, guest)
  return [
    ...addedVolumes(ctx, result, view, results),
    ...snapshots.filter((name) => !name.startsWith('mpc_')).map((name) => `snapshot ${name}`),
    ...(ha === 'managed' ? ['a place in high availability'] : []),
  ]
}

/** Volumes that others have attached to a guest which a rollback to a snapshot would set back. */
export const attachedMeanwhile = async (
  ctx: RunContext,
  result: StepResult,
  view: GuestView,
  results: readonly StepResult[],
): Promise<readonly string[]> => {
  const before = await ctx.before.get(`guest/${view.guest.vmid}`)
  if (before?.kind !== 'guest' || !before.config) return []
  return addedVolumes(ctx, result, view, results, [...volumesOf(view.guest, before.config.current).values()])
}
