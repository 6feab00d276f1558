import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { GuestKind } from '../../kinds/kind.ts'
import { kindOfType } from '../../kinds/registry.ts'
import type { Step } from '../../plan/plan.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import { presenceAfter, standingSteps } from '../effect/guest-after-run.ts'
import type { RecordedRun } from '../journal.ts'

/** Disks and mount points that were not made with the guest; a copy and a restored guest have those of their source. */
const addedVolumes = (
  kind: GuestKind,
  { requests }: Step,
  made: ReadonlySet<string>,
  guest: ObservedGuest,
): readonly string[] =>
  requests.some(({ path, params = {} }) => path.endsWith('/clone') || 'archive' in params || 'restore' in params)
    ? []
    : Object.entries(effectiveConfig(guest)).flatMap(([key, text]) => {
        const isAdded = /^unused\d+$/.test(key) || (!made.has(key) && kind.isVolume(key, kind.decodeValue(key, text)))
        return isAdded ? [`${key} (${text.split(',')[0]})`] : []
      })

const addedSnapshots = ({ snapshots, current }: ObservedGuest): readonly string[] => {
  const known = snapshots ?? (current['parent'] === undefined ? [] : [current['parent']])
  return known.filter((name) => !name.startsWith('mpc_')).map((name) => `snapshot ${name}`)
}

/** What others have given to guests that the run made, and that would go with them: it is named, and stops the undoing. */
export const addedSince = (run: RecordedRun, { guests }: Observed): readonly Diagnostic[] => {
  const byVmid = new Map<number, ObservedGuest>(guests.map((guest) => [guest.vmid, guest]))
  return standingSteps(run).flatMap(({ step }) => {
    const guest = step.guest && byVmid.get(step.guest.vmid)
    if (!guest || presenceAfter(step) !== true) return []
    const made = new Set(
      run.plan.steps
        .filter(({ guest: other }) => other?.vmid === guest.vmid)
        .flatMap(({ requests }) => requests.flatMap(({ params = {} }) => Object.keys(params))),
    )
    const added = [...addedVolumes(kindOfType(guest.type), step, made, guest), ...addedSnapshots(guest)]
    if (added.length === 0) return []
    return [
      diagnose('apply.revert-changed', {
        address: step.address,
        detail: `${guest.name} (${guest.vmid}) now has what the run did not add: ${added.join(', ')}. Undoing the run would remove that too. Remove it first, or destroy the guest by removing its declaration.`,
      }),
    ]
  })
}
