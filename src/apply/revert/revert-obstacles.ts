import type { DiagnosticCode } from '../../diagnostic/codes.ts'
import { type Diagnostic, type DiagnosticDetail, diagnose } from '../../diagnostic/diagnostic.ts'
import { kindOfType } from '../../kinds/registry.ts'
import { differenceOf } from '../../kinds/same-guest.ts'
import { heldByHa } from '../../plan/check/ha-and-replication-check.ts'
import type { Plan, Step } from '../../plan/plan.ts'
import { foreignVolumes } from '../../plan/state/foreign-volumes.ts'
import { seenIdentity } from '../../plan/state/guest-identity.ts'
import { isGone } from '../../plan/step/sweep-steps.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import { type GuestType, guestPath } from '../../resource/guest.ts'
import type { KeptSnapshot } from '../../resource/kept-snapshot.ts'
import type { Observed, ObservedGuest } from '../../resource/observed.ts'
import { canonicalJson } from '../../util/canonical-json.ts'
import { capitalized } from '../../util/capitalized.ts'
import type { LeftGuest } from '../effect/guest-after-run.ts'
import { sameSized } from '../effect/guest-volumes.ts'
import { effectOf, touchedKeys } from '../effect/request-effect.ts'
import type { RecordedRun } from '../journal.ts'
import { attachedSince } from './attached-since.ts'

const nameOf = ({ guest }: LeftGuest): string => `${capitalized(kindOfType(guest.type).label)} ${guest.vmid}`

type Problem = (code: DiagnosticCode, detail: string) => Diagnostic

const problemFor =
  (steps: readonly Step[]): Problem =>
  (code, detail) => {
    const [address] = steps.map((step) => step.address)
    const parts: DiagnosticDetail = { detail, address }
    return diagnose(code, parts)
  }

const isEqual = (type: GuestType, key: string, a: string | null | undefined, b: string | null | undefined): boolean => {
  if (typeof a !== 'string' || typeof b !== 'string') return (a ?? null) === (b ?? null)
  const [left, right] = sameSized(a, b)
  const kind = kindOfType(type)
  return canonicalJson(kind.decodeValue(key, left)) === canonicalJson(kind.decodeValue(key, right))
}

const changedKeys = (left: LeftGuest, guest: ObservedGuest, steps: readonly Step[]): readonly string[] => {
  const raw = effectiveConfig(guest)
  const keys = steps.flatMap(({ requests }) => requests.flatMap((request) => touchedKeys(effectOf(request)) ?? []))
  return [...new Set(keys)]
    .filter((key) => key in left.values && !isEqual(guest.type, key, left.values[key], raw[key]))
    .sort()
}

/** What mpc's records say. */
interface OnRecord {
  /** Snapshots that stand. */
  readonly standing?: readonly KeptSnapshot[] | undefined
  /** What the run had found. */
  readonly before?: RecordedRun['before']
}

/** Snapshots that steps roll back to. */
const wantedSnapshots = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap(({ requests }) =>
    requests.flatMap(({ path }) => {
      const name = /\/snapshot\/([^/]+)\/rollback$/.exec(path)?.[1]
      return name === undefined ? [] : [decodeURIComponent(name)]
    }),
  )

/** Follows from the list of snapshots, whose newest is looked at itself, and from what runs. */
const BY_ITSELF = /^(?:digest|parent|snaptime|lock|running\w+)$/

/**
 * Whether the configuration is what the run found, with what it changed, and no snapshot is newer than the one to roll back to: then only the
 * file differs, because values that waited for a restart have taken effect.
 */
const isAsLeft = (
  left: LeftGuest,
  guest: ObservedGuest,
  wanted: readonly string[],
  before: RecordedRun['before'],
): boolean => {
  const found = before?.find((one) => one.kind === 'guest' && one.guest.vmid === left.guest.vmid)
  if (found?.kind !== 'guest' || !found.config || !wanted.includes(guest.current['parent'] ?? '')) return false
  const { current, pending } = found.config
  const expected: Record<string, string | null> = { ...current, ...pending, ...left.values }
  const now = effectiveConfig(guest)
  return [...new Set([...Object.keys(expected), ...Object.keys(now)])]
    .filter((key) => !BY_ITSELF.test(key))
    .every((key) => (expected[key] ?? null) === (now[key] ?? null))
}

const snapshotObstacles = (
  left: LeftGuest,
  guest: ObservedGuest,
  steps: readonly Step[],
  problem: Problem,
  { standing, before }: OnRecord,
): readonly Diagnostic[] => {
  const wanted = wantedSnapshots(steps)
  if (wanted.length === 0) return []
  const name = nameOf(left)
  const missing = wanted.filter((snapshot) => isGone(guest, snapshot, standing))
  if (missing.length > 0) {
    const text = `${name} has no snapshot ${missing.join(', ')} any more, and it is needed to undo the run. mpc removes snapshots of earlier runs in time, or somebody removed it.`
    return [problem('apply.revert-snapshot', text)]
  }
  if (left.digest === undefined || left.digest === guest.digest || isAsLeft(left, guest, wanted, before)) return []
  return [
    problem(
      'apply.revert-changed',
      `${name} can only be undone by rolling back to a snapshot, and its configuration has changed since the run: the rollback would discard those changes too. Undo the later change first, or change the guest by its declaration.`,
    ),
  ]
}

const presentObstacles = (
  left: LeftGuest,
  guest: ObservedGuest | undefined,
  steps: readonly Step[],
  problem: Problem,
  { standing, before }: OnRecord,
): readonly Diagnostic[] => {
  const name = nameOf(left)
  if (!guest)
    return [problem('apply.revert-gone', `${name} no longer exists, so what the run did to it cannot be undone.`)]
  if (guest.unknownSince !== undefined)
    return [
      problem(
        'apply.revert-changed',
        `The node of ${name} has not answered since ${guest.unknownSince}, so its state is not known.`,
      ),
    ]
  const difference = left.identity && differenceOf(left.identity, seenIdentity(guest))
  if (guest.type !== left.guest.type || difference !== undefined)
    return [
      problem(
        'apply.revert-replaced',
        `${name} is not the guest the run changed: another guest has taken its VMID${difference === undefined ? '' : ` (${difference})`}.`,
      ),
    ]
  if (guest.node !== left.guest.node)
    return [
      problem(
        'apply.revert-changed',
        `${name} has been moved from ${left.guest.node} to ${guest.node} since the run. Move it back first.`,
      ),
    ]
  const held = heldByHa(
    guest,
    steps.flatMap(({ requests }) => requests),
  )
  if (held.length > 0)
    return [
      problem(
        'apply.revert-changed',
        `High availability manages ${name} (state ${guest.ha}), and undoing the run would ${held.join(', ')}. Take it out of high availability first, and sync.`,
      ),
    ]
  const changed = changedKeys(left, guest, steps)
  if (changed.length > 0)
    return [
      problem(
        'apply.revert-changed',
        `${changed.join(', ')} of ${name} ${changed.length === 1 ? 'has' : 'have'} been changed since the run; undoing the run would also undo that. Undo the later change first, or change the guest by its declaration.`,
      ),
    ]
  return snapshotObstacles(left, guest, steps, problem, { standing, before })
}

const isDestruction = ({ guest, requests }: Step): boolean =>
  guest !== undefined && requests.some(({ method, path }) => method === 'DELETE' && path === guestPath(guest))

/** Guests that stay and have volumes attached which belong to one that goes: they would lose them. */
const holderObstacles = (
  left: LeftGuest,
  going: ReadonlySet<number>,
  observed: Observed,
  problem: Problem,
): readonly Diagnostic[] => {
  const { vmid } = left.guest
  if (!going.has(vmid)) return []
  const holders = observed.guests.filter(
    (guest) => !going.has(guest.vmid) && foreignVolumes(guest).some(({ owner }) => owner === vmid),
  )
  if (holders.length === 0) return []
  const names = holders.map((guest) => `${guest.name} (${guest.vmid})`).join(', ')
  const text = `Volumes of ${nameOf(left)} are attached to ${names} now, and would be removed with it. Detach them there first.`
  return [problem('apply.revert-changed', text)]
}

/** A rollback sets back every volume the snapshot holds, whoever has it now: what another guest wrote to it is not this run's to undo. */
const sharedObstacles = (
  left: LeftGuest,
  steps: readonly Step[],
  observed: Observed,
  problem: Problem,
): readonly Diagnostic[] => {
  if (wantedSnapshots(steps).length === 0) return []
  const { vmid } = left.guest
  const holders = observed.guests.filter((guest) => foreignVolumes(guest).some(({ owner }) => owner === vmid))
  const own = observed.guests.find((guest) => guest.vmid === vmid)
  const foreign = own
    ? foreignVolumes(own).filter(({ owner }) => observed.guests.some((one) => one.vmid === owner))
    : []
  const what = [
    ...holders.map((guest) => `volumes of it are attached to ${guest.name} (${guest.vmid}) now`),
    ...foreign.map(({ key, volume, owner }) => `${key} (${volume}) belongs to ${owner}`),
  ]
  if (what.length === 0) return []
  const text = `${nameOf(left)} can only be undone by rolling back to a snapshot, and ${what.join(', and ')}: the other guest would lose what it wrote there since. Detach them first.`
  return [problem('apply.revert-changed', text)]
}

/** Two guests that write to one volume destroy what is on it. */
const attachedObstacles = (elsewhere: readonly string[] | undefined, problem: Problem): readonly Diagnostic[] =>
  elsewhere === undefined
    ? []
    : [
        problem(
          'apply.revert-changed',
          `Undoing the run would attach a volume twice: ${elsewhere.join(', ')}. Detach it there first, or leave it there and change the guest by its declaration.`,
        ),
      ]

/**
 * What prevents these steps, guest by guest: everything that is not as the run of this plan left it.
 */
export const revertObstacles = (
  plan: Plan,
  left: ReadonlyMap<number, LeftGuest>,
  steps: readonly Step[],
  observed: Observed,
  onRecord: OnRecord,
): readonly Diagnostic[] => {
  const guests = new Map<number, ObservedGuest>(observed.guests.map((guest) => [guest.vmid, guest]))
  const going = new Set(steps.filter(isDestruction).flatMap(({ guest }) => (guest ? [guest.vmid as number] : [])))
  const elsewhere = attachedSince(plan, steps, observed)
  return [...left.values()].flatMap((one) => {
    const { vmid } = one.guest
    const own = steps.filter(({ guest }) => guest?.vmid === vmid)
    if (own.length === 0) return []
    const problem = problemFor(own)
    if (one.present) {
      const found = presentObstacles(one, guests.get(vmid), own, problem, onRecord)
      if (found.length > 0) return found
      return [
        ...attachedObstacles(elsewhere.get(vmid), problem),
        ...holderObstacles(one, going, observed, problem),
        ...sharedObstacles(one, own, observed, problem),
      ]
    }
    const taken = guests.get(vmid)
    if (!taken) return []
    const text = `The guest would be restored as ${vmid}, but "${taken.name}" on ${taken.node} has that VMID now.`
    return [problem('apply.revert-taken', text)]
  })
}
