import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Step } from '../../plan/plan.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import { leftBy, presenceAfter, type StandingStep, standingSteps } from '../effect/guest-after-run.ts'
import { isCopy, isUnused, recordedVolumes, unconverted, volumesOf } from '../effect/guest-volumes.ts'
import { guestOfPath } from '../effect/request-effect.ts'
import type { RecordedRun } from '../journal.ts'

type Guests = ReadonlyMap<number, ObservedGuest>

/** Keys that requests name. */
const namedKeys = ({ requests }: Step): readonly string[] => requests.flatMap(({ params = {} }) => Object.keys(params))

/** Keys of a clone that its source has too. */
const keysOfSource = ({ requests }: Step, guests: Guests): readonly string[] => {
  const clone = requests.find(({ path }) => path.endsWith('/clone'))
  const source = clone && guests.get(guestOfPath(clone.path)?.guest.vmid ?? 0)
  return source ? [...volumesOf(source, effectiveConfig(source)).keys()].filter((key) => !isUnused(key)) : []
}

/** Volumes that steps of the run have detached and not erased: the guest keeps them unused. */
const keptUnused = (steps: readonly StandingStep[], guest: ObservedGuest, left: ReadonlyMap<string, string>) => {
  const isErasing = steps.some(({ step }) =>
    step.requests.some(({ params = {} }) => /(^|,)unused\d/.test(String(params['delete'] ?? ''))),
  )
  if (isErasing) return new Set<string>()
  const recorded = steps.flatMap(({ record }) => [...recordedVolumes(guest, record.after)])
  return new Set(recorded.flatMap(([key, volume]) => (left.get(key) === volume ? [] : [volume])))
}

/**
 * Disks and mount points that are not as the run left them. That is on record, also of what a copy got from its source; runs of an earlier mpc
 * have recorded no volumes of copies: those have the keys of their source.
 */
const addedVolumes = (run: RecordedRun, making: Step, guest: ObservedGuest, guests: Guests): readonly string[] => {
  const steps = standingSteps(run).filter(({ step }) => step.guest?.vmid === guest.vmid)
  const left = recordedVolumes(guest, leftBy(run).get(guest.vmid))
  const unused = keptUnused(steps, guest, left)
  const isUnseen = isCopy(making) && left.size === 0
  const inherited = isUnseen ? keysOfSource(making, guests) : []
  if (isUnseen && inherited.length === 0) return []
  const named = steps.flatMap(({ step }) => namedKeys(step))
  const unseen = new Set([...named.filter((key) => !left.has(key)), ...inherited])
  return [...volumesOf(guest, effectiveConfig(guest))].flatMap(([key, volume]) =>
    unconverted(left.get(key) ?? '') === unconverted(volume) || unseen.has(key) || (isUnused(key) && unused.has(volume))
      ? []
      : [`${key} (${volume})`],
  )
}

const addedSnapshots = ({ snapshots, current }: ObservedGuest): readonly string[] => {
  const known = snapshots ?? (current['parent'] === undefined ? [] : [current['parent']])
  return known.filter((name) => !name.startsWith('mpc_')).map((name) => `snapshot ${name}`)
}

/** What others have given to guests that the run made, and that would go with them: it is named, and stops the undoing. */
export const addedSince = (run: RecordedRun, observed: Observed): readonly Diagnostic[] => {
  const guests: Guests = new Map<number, ObservedGuest>(observed.guests.map((guest) => [guest.vmid, guest]))
  return standingSteps(run).flatMap(({ step }) => {
    const guest = step.guest && guests.get(step.guest.vmid)
    if (!guest || presenceAfter(step) !== true) return []
    const added = [...addedVolumes(run, step, guest, guests), ...addedSnapshots(guest)]
    if (added.length === 0) return []
    return [
      diagnose('apply.revert-changed', {
        address: step.address,
        detail: `${guest.name} (${guest.vmid}) now has what the run did not add: ${added.join(', ')}. Undoing the run would remove that too. Remove it first, or destroy the guest by removing its declaration.`,
      }),
    ]
  })
}
