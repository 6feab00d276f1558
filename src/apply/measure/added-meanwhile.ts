import { volumeOwner } from '../../kinds/value/volume.ts'
import type { Step } from '../../plan/plan.ts'
import { isCopy, isUnused, recordedVolumes, volumesOf } from '../effect/guest-volumes.ts'
import { effectOf, touchedKeys } from '../effect/request-effect.ts'
import { type GuestView, readSnapshots } from '../observe/read-guest.ts'
import type { RunContext } from '../request/run-context.ts'
import type { StepResult } from '../run/step-result.ts'
import { copiedKeys } from './copied-keys.ts'
import { readStatus } from './measure.ts'

/** Keys that a step's requests name. */
const namedKeys = ({ requests }: Step): readonly string[] => requests.flatMap(({ params = {} }) => Object.keys(params))

/**
 * Keys of a new guest that hold the volumes its step has made: all there are, when its end was seen as it came; otherwise those the step names or
 * copies, because others may have added more since.
 */
export const madeVolumes = async (
  ctx: RunContext,
  step: Step,
  { guest, raw }: GuestView,
  learnt: 'as it ended' | 'later',
): Promise<readonly string[]> => {
  const keys = [...volumesOf(guest, raw).keys()]
  if (learnt === 'as it ended') return keys
  const given = new Set([...namedKeys(step), ...(isCopy(step) ? await copiedKeys(ctx, step) : [])])
  return keys.filter((key) => given.has(key))
}

const namedBy = ({ requests, reversal }: Step): readonly string[] =>
  [...requests, ...(reversal.by === 'nothing' ? [] : reversal.requests)].flatMap(
    (request) => touchedKeys(effectOf(request)) ?? [],
  )

/** Volumes that are on the guest and that no step of the run has put there. `results`: all steps of the run. */
const addedVolumes = (
  { plan }: RunContext,
  result: StepResult,
  { guest, raw }: GuestView,
  results: readonly StepResult[],
  { before = [], copied }: { readonly before?: readonly string[]; readonly copied?: readonly string[] } = {},
): readonly string[] => {
  const { step } = result
  const own = results.filter((one) => one.step.guest?.vmid === guest.vmid)
  const known = new Set([...before, ...own.flatMap((one) => [...recordedVolumes(guest, one.after).values()])])
  const others = plan.steps.filter(({ id, guest: its }) => id !== step.id && its?.vmid === guest.vmid)
  const left = recordedVolumes(guest, result.after)
  const given = copied ?? namedKeys(step)
  const touched = new Set([...others.flatMap(namedBy), ...given.filter((key) => !left.has(key))])
  const isWhole = own.every(({ after }) => after)
  return [...volumesOf(guest, raw)].flatMap(([key, volume]) => {
    if (known.has(volume) || touched.has(key)) return []
    const isForeign = (volumeOwner(volume) ?? guest.vmid) !== guest.vmid
    if (!isForeign && isUnused(key) && !isWhole) return []
    return [`${key} (${volume})`]
  })
}

/** Keys that a copy has from what it was made from, where nobody saw the end of copying; undefined: they were seen, or it is no copy. */
const copiedUnseen = async (ctx: RunContext, { step, after }: StepResult): Promise<readonly string[] | undefined> =>
  isCopy(step) && !after ? [...(await copiedKeys(ctx, step)), ...namedKeys(step)] : undefined

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
  const copied = await copiedUnseen(ctx, result)
  return [
    ...addedVolumes(ctx, result, view, results, copied && { copied }),
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
  return addedVolumes(ctx, result, view, results, {
    before: [...volumesOf(view.guest, before.config.current).values()],
  })
}
