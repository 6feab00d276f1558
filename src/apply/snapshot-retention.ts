import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { Plan, Step } from '../plan/plan.ts'
import type { Address } from '../resource/address.ts'
import { type GuestRef, guestPath } from '../resource/guest.ts'
import { seenOf } from './read-guest.ts'
import { effectOf } from './request-effect.ts'
import { lookAt, type RunContext, record } from './run-context.ts'
import { runRequests } from './run-requests.ts'

/** A snapshot mpc took as a safety net and has not taken away yet. */
export interface SafetySnapshot {
  readonly run: string
  readonly address: Address
  readonly guest: GuestRef
  readonly name: string
}

export type SnapshotRemoval = Pick<SafetySnapshot, 'address' | 'guest' | 'name'>

/** Snapshots that a plan's steps take. */
export const snapshotsOf = ({ steps }: Pick<Plan, 'steps'>): readonly (SnapshotRemoval & { readonly step: string })[] =>
  steps.flatMap((step) =>
    step.action !== 'snapshot'
      ? []
      : step.requests.flatMap((request) => {
          const effect = effectOf(request)
          return effect.kind === 'snapshot' && effect.present
            ? [{ step: step.id, address: step.address, guest: effect.guest, name: effect.name }]
            : []
        }),
  )

/**
 * Which safety snapshots go when `plan` has succeeded: for each guest the plan touches, all but those of the last `keep` runs, the plan's own
 * run counted. `existing` is oldest first.
 */
export const snapshotsToRemove = (
  existing: readonly SafetySnapshot[],
  plan: Plan,
  keep: number,
): readonly SnapshotRemoval[] => {
  const own = snapshotsOf(plan)
  const gone = new Set(
    plan.steps.flatMap(({ requests }) =>
      requests.map(effectOf).flatMap((effect) => (effect.kind === 'guest-gone' ? [effect.guest.vmid] : [])),
    ),
  )
  const touched = [...new Set(plan.steps.flatMap(({ guest }) => (guest ? [guest.vmid] : [])))]
  return touched.flatMap((vmid) => {
    if (gone.has(vmid)) return []
    const renewed = own.filter(({ guest }) => guest.vmid === vmid).map(({ name }) => name)
    const older = existing.filter(({ guest, name }) => guest.vmid === vmid && !renewed.includes(name))
    const runs = [...new Set(older.map(({ run }) => run))]
    const kept = keep - (renewed.length > 0 ? 1 : 0)
    const old = new Set(kept > 0 ? runs.slice(0, -kept) : runs)
    return older.filter(({ run }) => old.has(run)).map(({ address, guest, name }) => ({ address, guest, name }))
  })
}

/** Removals are written down like any step, under an id of their own. */
export const sweepStep = ({ address, guest, name }: SnapshotRemoval): Step => ({
  id: `${address}/sweep-${name}`,
  action: 'snapshot',
  address,
  guest,
  summary: `remove the safety snapshot ${name} of an earlier run`,
  requests: [{ method: 'DELETE', path: `${guestPath(guest)}/snapshot/${encodeURIComponent(name)}` }],
  needs: [],
  disruption: 'none',
  reversal: { by: 'nothing', reason: 'A snapshot that was removed cannot be had again.' },
  because: { address, reason: 'safety', attributes: [] },
})

const kept = ({ address, guest, name }: SnapshotRemoval, cause: readonly Diagnostic[]): Diagnostic =>
  diagnose('apply.snapshot-kept', {
    address,
    detail: `The snapshot ${name} of guest ${guest.vmid}, taken by mpc before an earlier change, is still there: ${cause[0]?.detail ?? 'the server did not remove it'} It is tried again after the next run; while it is there PVE refuses to move or delete the volumes it uses.`,
  })

/** Removes safety snapshots that are no longer needed; one that stays is a warning and no failure. */
export const removeSnapshots = async (
  ctx: RunContext,
  removals: readonly SnapshotRemoval[],
): Promise<readonly Diagnostic[]> => {
  const diagnostics: Diagnostic[] = []
  for (const removal of removals) {
    const step = sweepStep(removal)
    const opening = { type: 'step-started', run: ctx.run, step, direction: 'forward', outputs: {} } as const
    const requests = { step, direction: 'reverse', requests: step.requests, prior: [], sendMore: true } as const
    const removed = await runRequests(ctx, requests, [opening])
    const status = removed.kind
    const reading = await lookAt(ctx, removal.guest)
    // A later revert compares digests, and removing a snapshot changes the digest.
    const after = reading.kind === 'present' ? { after: seenOf(reading.view, []) } : {}
    const outputs = { vmid: String(removal.guest.vmid) }
    await record(ctx, [
      ...removed.closing,
      {
        type: 'step-ended',
        record: { run: ctx.run, step: step.id, status, outputs, ...after },
        step,
        direction: 'forward',
      },
    ])
    if (status === 'failed') diagnostics.push(kept(removal, removed.diagnostics))
  }
  return diagnostics
}
