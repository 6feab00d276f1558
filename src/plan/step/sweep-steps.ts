import { type GuestRef, guestPath } from '../../resource/guest.ts'
import type { KeptSnapshot } from '../../resource/kept-snapshot.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { StepDraft } from '../order/step-chain.ts'
import type { PlanningContext } from '../planning-context.ts'
import type { PlannedResource } from '../state/planned-resource.ts'

/** Of each guest so many runs keep their safety snapshots. */
const RUNS_KEPT = 3

const isThere = ({ snapshots, current }: ObservedGuest, name: string): boolean =>
  snapshots ? snapshots.includes(name) : current['parent'] !== undefined

/** Whether a snapshot that mpc took on a guest is gone, as far as the server and mpc's own records tell. */
export const isGone = (guest: ObservedGuest, name: string, known: readonly KeptSnapshot[] | undefined): boolean =>
  !isThere(guest, name) ||
  (known !== undefined && !known.some((one) => one.guest.vmid === guest.vmid && one.name === name))

/** Snapshots that a resource's own steps take and delete. */
const namedIn = (drafts: readonly StepDraft[], method: 'POST' | 'DELETE'): readonly string[] =>
  drafts.flatMap(({ action, requests }) =>
    action !== 'snapshot'
      ? []
      : requests.flatMap((request) => {
          if (request.method !== method) return []
          return method === 'POST'
            ? [String(request.params?.['snapname'] ?? '')]
            : [request.path.slice(request.path.lastIndexOf('/') + 1)]
        }),
  )

/** Where the guest is when its other steps have ended. */
const placeAfter = (guest: GuestRef, drafts: readonly StepDraft[]): GuestRef => {
  const migration = drafts.flatMap(({ requests }) => requests).findLast(({ path }) => path.endsWith('/migrate'))
  const target = migration?.params?.['target']
  return typeof target === 'string' ? { ...guest, node: target } : guest
}

const sweep = (guest: GuestRef, { name, run, isWayBack }: KeptSnapshot): StepDraft => {
  const plan = run.slice(0, run.lastIndexOf('.'))
  return {
    verb: `sweep-${name}`,
    action: 'snapshot',
    guest,
    summary: `remove the snapshot ${name} taken by ${plan}${isWayBack ? `; ${plan} can then no longer be reverted` : ''}`,
    reason: 'safety',
    requests: [{ method: 'DELETE', path: `${guestPath(guest)}/snapshot/${encodeURIComponent(name)}` }],
    disruption: 'none',
    reversal: { by: 'requests', requests: [], note: 'nothing: the snapshot stays removed' },
    optional: true,
  }
}

/** Those of `standing` (oldest first) that go when a run which takes a snapshot itself, or does not, has succeeded. */
export const tooOld = (
  standing: readonly KeptSnapshot[],
  { takesOne, keep }: { readonly takesOne: boolean; readonly keep: number },
): readonly KeptSnapshot[] => {
  const runs = [...new Set(standing.map(({ run }) => run))]
  const kept = keep - (takesOne ? 1 : 0)
  const old = new Set(kept > 0 ? runs.slice(0, -kept) : runs)
  return standing.filter(({ run }) => old.has(run))
}

/** Tidying up after a guest's change: of all safety snapshots those of the last runs stay. */
const sweepsOf = (world: PlanningContext, { action, guest, drafts }: PlannedResource): readonly StepDraft[] => {
  const observed = guest && world.guests.get(guest.vmid)
  if (action !== 'update' || !observed || drafts.every(({ requests }) => requests.length === 0)) return []
  const taken = namedIn(drafts, 'POST')
  const own = new Set([...taken, ...namedIn(drafts, 'DELETE')])
  const standing = (world.options.safetySnapshots ?? []).filter(
    (one) => one.guest.vmid === guest.vmid && !own.has(one.name) && isThere(observed, one.name),
  )
  const place = placeAfter(guest, drafts)
  return tooOld(standing, { takesOne: taken.length > 0, keep: RUNS_KEPT }).map((one) => sweep(place, one))
}

/** Adds to each changed guest what is swept when all else of the plan has succeeded. */
export const withSweeps = (world: PlanningContext, planned: readonly PlannedResource[]): readonly PlannedResource[] => {
  if ((world.options.safetySnapshots ?? []).length === 0) return planned
  return planned.map((resource) => {
    const sweeps = sweepsOf(world, resource)
    return sweeps.length === 0 ? resource : { ...resource, drafts: [...resource.drafts, ...sweeps] }
  })
}
