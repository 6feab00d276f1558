import { kindOfType } from '../../kinds/registry.ts'
import { advance, type GuestContext, type PlanPart } from '../state/guest-progress.ts'
import { afterWrite, configRequests, restoreRequests, textOf } from '../state/guest-state.ts'
import { declaredText, updateConfig } from './config-steps.ts'
import type { SortedDifferences } from './sort-differences.ts'

/** PVE writes no mount point of a protected container, not even an option of one (behaviour of PVE 9.2: `can't update CT … drive`). */
const writesMountPoints = (
  { kind }: GuestContext,
  { plain, adds, detaches, movedOptions }: SortedDifferences,
): boolean =>
  kind.protectionForbids === 'writing' &&
  [...plain, ...adds, ...detaches, ...movedOptions].some(({ key }) => kind.volumeProperty(key) !== undefined)

/** The declared protection as text where it differs from what the guest has; undefined: unset. */
const declaredProtection = (context: GuestContext, { plain }: SortedDifferences) => {
  const difference = plain.find(({ key }) => key === 'protection')
  return difference && { text: declaredText(context, difference) }
}

const writeProtection = (context: GuestContext, verb: string, text: string | undefined): PlanPart =>
  updateConfig(
    context,
    verb,
    text === undefined ? { set: {}, remove: ['protection'] } : { set: { protection: text }, remove: [] },
  )

/** A protection that is written for the time of the other changes only. */
const forTheTime =
  (verb: string, to: '0' | '1', summary: string): PlanPart =>
  (progress) => {
    const { guest, state } = progress
    const kind = kindOfType(guest.type)
    const next = afterWrite(state, kind, { set: { protection: to }, remove: [] })
    return advance(
      progress,
      {
        verb,
        action: 'update',
        guest,
        summary,
        requests: configRequests(guest, { protection: to }),
        disruption: 'none',
        reversal: {
          by: 'requests',
          requests: restoreRequests(kind, guest, { before: state, after: next }, ['protection']),
          note: to === '0' ? 'turn protection on again' : 'turn protection off again',
        },
      },
      next,
    )
  }

/** A guest that was made with a protection is to go. */
export const unprotectForEnd: PlanPart = (progress) =>
  textOf(progress.state, 'protection') === '1'
    ? forTheTime('unprotect', '0', 'turn protection off')(progress)
    : progress

/** A protection that is declared no more goes first, in a request of its own; one that stays is lifted where PVE would refuse the changes. */
export const unprotect =
  (context: GuestContext, sorted: SortedDifferences): PlanPart =>
  (progress) => {
    if (textOf(progress.state, 'protection') !== '1') return progress
    const declared = declaredProtection(context, sorted)
    if (declared) return writeProtection(context, 'unprotect', declared.text)(progress)
    return writesMountPoints(context, sorted)
      ? forTheTime('unprotect', '0', 'turn protection off for the changes')(progress)
      : progress
  }

/** A protection that is declared, or was lifted for the changes, comes last, in a request of its own. */
export const protectAgain =
  (context: GuestContext, sorted: SortedDifferences): PlanPart =>
  (progress) => {
    const declared = declaredProtection(context, sorted)
    const wasLifted = progress.drafts.some(({ verb }) => verb === 'unprotect')
    if (declared) return wasLifted ? progress : writeProtection(context, 'protect', declared.text)(progress)
    return wasLifted ? forTheTime('protect', '1', 'turn protection on again')(progress) : progress
  }
