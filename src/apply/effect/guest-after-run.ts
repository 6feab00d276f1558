import type { Plan, Step } from '../../plan/plan.ts'
import type { GuestIdentity, GuestRef } from '../../resource/guest.ts'
import type { FinishedRun, StepRecord } from '../journal.ts'
import { effectOf } from './request-effect.ts'

/** A guest as a run left it. */
export interface LeftGuest {
  readonly guest: GuestRef
  readonly present: boolean
  readonly identity?: GuestIdentity
  readonly digest?: string
  /** Keys the run touched, as the server spelled them; null: not set. */
  readonly values: Readonly<Record<string, string | null>>
}

/** A step that is still in effect. */
export interface StandingStep {
  readonly step: Step
  readonly record: StepRecord
}

/** Steps of a run that are still in effect, in the order in which they ended. */
export const standingSteps = ({ plan, steps }: Pick<FinishedRun, 'plan' | 'steps'>): readonly StandingStep[] => {
  const byId = new Map(plan.steps.map((step) => [step.id, step]))
  return steps.flatMap((record) => {
    const step = byId.get(record.step)
    const stands = record.status === 'done' || record.status === 'undo-failed'
    return step && stands ? [{ step, record }] : []
  })
}

/** Whether a step brings its guest into being or does away with it. */
export const presenceAfter = ({ requests }: Pick<Step, 'requests'>): boolean | undefined => {
  const last = requests.map(effectOf).findLast(({ kind }) => kind === 'guest-made' || kind === 'guest-gone')
  return last && last.kind === 'guest-made'
}

/** Where a step's guest is when the step has ended. */
export const placeAfter = ({ guest, requests }: Step): GuestRef | undefined => {
  const moved = requests.map(effectOf).findLast((effect) => effect.kind === 'moved')
  return guest && moved?.kind === 'moved' ? { ...guest, node: moved.node } : guest
}

const withStep = (known: LeftGuest | undefined, guest: GuestRef, { step, record }: StandingStep): LeftGuest => {
  const present = presenceAfter(step) ?? known?.present ?? true
  const before = known?.present === present ? known : undefined
  const { after } = record
  return {
    guest,
    present,
    ...(before?.identity && { identity: before.identity }),
    ...(before?.digest !== undefined && { digest: before.digest }),
    values: { ...before?.values, ...after?.values },
    ...(after && { identity: after.identity, digest: after.digest }),
  }
}

/** What a run left of each guest it touched, by VMID. */
export const leftBy = (run: Pick<FinishedRun, 'plan' | 'steps'>): ReadonlyMap<number, LeftGuest> => {
  const left = new Map<number, LeftGuest>()
  for (const standing of standingSteps(run)) {
    const guest = placeAfter(standing.step)
    if (guest) left.set(guest.vmid, withStep(left.get(guest.vmid), guest, standing))
  }
  for (const { outputs, after } of run.steps) {
    const known = left.get(Number(outputs['vmid']))
    if (known && after) left.set(known.guest.vmid, { ...known, digest: after.digest })
  }
  return left
}

/** A plan whose steps undo those of another; its own undoing is doing them again. */
export const isUndoPlan = ({ steps }: Plan): boolean =>
  steps.some(({ id, address }) => id.startsWith(`${address}/undo-`))
