import { kindOfType } from '../../kinds/registry.ts'
import { requiredSteps, type Step, type StepId } from '../../plan/plan.ts'
import { afterRestore, restoredLater } from '../../plan/state/after-restore.ts'
import type { Applied } from '../../resource/applied.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { presenceAfter, standingSteps } from '../effect/guest-after-run.ts'
import type { FinishedRun, RecordedRun } from '../journal.ts'
import { erasesVolume } from './judge-again.ts'
import { bindingFrom, bindingsOf, type Drafted, type Given, transferred, undoId } from './revert-steps.ts'

/** A step that cannot be undone and whose guest does not go with the run's undoing either. */
const isLeftAlone = (run: RecordedRun, { reversal, guest }: Step): boolean =>
  reversal.by === 'nothing' &&
  !standingSteps(run).some(({ step }) => presenceAfter(step) === true && step.guest?.vmid === guest?.vmid)

/** Steps of a revert that are in effect. A backup is deleted after all else, and whether that was so or not a new one is taken. */
const undoneBy = (run: RecordedRun): ReadonlySet<StepId> => {
  const undone = new Set(standingSteps(run).map(({ step }) => step.id))
  const tidied = run.plan.steps.filter(({ optional, needs }) => optional && needs.every((need) => undone.has(need)))
  return new Set([...undone, ...tidied.map(({ id }) => id)])
}

/** Does again what the reverted run had undone: the original steps, so that backups and snapshots are taken afresh. */
export const draftRedo = (run: FinishedRun, original: RecordedRun, applied: Applied): Drafted => {
  const attempted = new Set(run.plan.steps.map(({ id }) => id))
  const undone = undoneBy(run)
  const done = new Set(standingSteps(original).map(({ step }) => step.id))
  const bindings = bindingsOf(applied)
  // A step without a place in the revert needed no undoing of its own, or could not be undone and still stands.
  const stands = (step: Step) => (attempted.has(undoId(step)) ? !undone.has(undoId(step)) : isLeftAlone(original, step))
  const again = requiredSteps(original.plan).filter((step) => done.has(step.id) && !stands(step))
  const included = new Set(again.map(({ id }) => id))
  const back = givenBack(run, again)
  const steps = again.flatMap((step) => {
    const redone = back(step)
    if (!redone) return []
    const { binding, expects: _stale, ...rest } = redone
    const renewed = binding && bindingFrom(bindings.get(step.address) ?? undefined, binding.before, binding.after)
    if (renewed) bindings.set(step.address, renewed.after)
    const restored = restoredLater(again, step)
    return {
      ...(restored ? afterRestore(rest, restored) : rest),
      needs: step.needs.filter((need) => included.has(need)),
      ...(renewed && { binding: renewed }),
    }
  })
  return { steps, diagnostics: [] }
}

/**
 * What doing a step again means where the revert kept something: the guest is restored from the backup that was made of it, a volume that was kept is
 * attached again. Undefined: it came back with the guest.
 */
const givenBack = (revert: RecordedRun, again: readonly Step[]): ((step: Step) => Step | undefined) => {
  const undone = new Map(standingSteps(revert).map(({ step }) => [step.id, step]))
  const given: Given = new Map(revert.steps.map(({ step, outputs }) => [step, outputs]))
  const restored = fromOn(again, (step) => presenceAfter(step) === true && isHeld(undone.get(undoId(step))))
  return (step) => {
    const undoing = undone.get(undoId(step))
    const isRestored = restored.has(step.id)
    if (isRestored && presenceAfter(step) !== true) return step.action === 'start' ? step : undefined
    if (!undoing || undoing.reversal.by === 'nothing' || !(isRestored || isKept(step, undoing))) return step
    if (isRestored && undoing.reversal.by === 'requests') return takenBack(step, undoing, given)
    return {
      ...step,
      summary: isRestored
        ? `${step.summary}: restore the backup the revert made of it`
        : `${step.summary}: attach it again`,
      requests: [
        ...transferred(undoing.reversal.requests, undoing.id, step.id, given),
        ...(isRestored ? givenAgain(revert, undoing, step, given) : []),
      ],
      disruption: isRestored ? 'recreate' : step.disruption,
      ...(!isRestored && {
        reversal: {
          by: 'requests',
          requests: transferred(undoing.requests, undoing.id, step.id, given),
          note: 'detach it again',
        },
      }),
    }
  }
}

/** Steps that take something from a guest before it is backed up. */
const TAKEN_BEFORE = /\/(?:unprotect|release(?:-kept)?)$/

/**
 * What the revert took from the guest before it was backed up, and what is therefore not in the backup; the last comes first. The root of a restored
 * container is its own.
 */
const givenAgain = (revert: RecordedRun, undoing: Step, step: Step, given: Given): readonly ApiRequest[] =>
  standingSteps(revert)
    .toReversed()
    .flatMap(({ step: { id, address, guest, reversal } }) => {
      const isOf = address === undoing.address && guest?.vmid === undoing.guest?.vmid && TAKEN_BEFORE.test(id)
      if (!isOf || reversal.by !== 'requests') return []
      const requests = reversal.requests.filter(({ params = {} }) => !('rootfs' in params))
      return transferred(requests, id, step.id, given)
    })

/** The revert has kept what the guest holds: in a backup, or the guest itself, which it retained. */
const isHeld = (undoing: Step | undefined): boolean =>
  undoing !== undefined && (undoing.reversal.by === 'backup' || presenceAfter(undoing) === undefined)

/** A guest that was retained gets its name back, and is bound as it was. */
const takenBack = (step: Step, undoing: Step, given: Given): Step => {
  if (undoing.reversal.by === 'nothing') return step
  const { binding, guest } = step
  const name = guest && `${kindOfType(guest.type).label} ${guest.vmid}`
  return {
    ...step,
    action: 'update',
    summary: `take back ${name}, which the revert retained`,
    requests: transferred(undoing.reversal.requests, undoing.id, step.id, given),
    reversal: {
      by: 'requests',
      requests: transferred(undoing.requests, undoing.id, step.id, given),
      note: 'retain it again',
    },
    ...(binding && { binding: { ...binding, after: undoing.binding?.before ?? binding.after } }),
  }
}

/** Steps that are such, and those that come after them on the same guest: with the VMID of an old guest, what ends that one comes before. */
const fromOn = (steps: readonly Step[], isSuch: (step: Step) => boolean): ReadonlySet<StepId> => {
  const begun = new Set<number>()
  const found = new Set<StepId>()
  for (const step of steps) {
    if (!step.guest) continue
    if (isSuch(step)) begun.add(step.guest.vmid)
    if (begun.has(step.guest.vmid)) found.add(step.id)
  }
  return found
}

/** The revert detached what the step had added, instead of erasing it. */
const isKept = (step: Step, { requests }: Step): boolean =>
  step.reversal.by === 'requests' && erasesVolume(step) && !requests.some(({ params = {} }) => params['force'] === true)
