import { kindOfType } from '../../kinds/registry.ts'
import { destroyGuest } from '../../plan/guest/destroy-guest.ts'
import { type StepDraft, stepId } from '../../plan/order/step-chain.ts'
import type { Step } from '../../plan/plan.ts'
import type { PlanningContext } from '../../plan/planning-context.ts'
import { shutdownRequest } from '../../plan/state/guest-progress.ts'
import { configRequests, type GuestState, staysPending, textOf } from '../../plan/state/guest-state.ts'
import { type AttachedVolume, attachedBy } from '../../plan/state/held-volumes.ts'
import { detachDisk, whileDown, whileUnprotected } from '../../plan/step/disk-steps.ts'
import { isRelease, releaseAttached, releasedIn } from '../../plan/step/release-volumes.ts'
import { isGone } from '../../plan/step/sweep-steps.ts'
import type { AppliedResource } from '../../resource/applied.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { type ApiRequest, isOutputRef } from '../../resource/request.ts'
import { asGuest } from '../../resource/resource-kind.ts'
import { presenceAfter } from '../effect/guest-after-run.ts'
import { effectOf } from '../effect/request-effect.ts'

/** A step of a run that ended, and the step that undoes it as far as the run's own plan knew. */
export interface Undoing {
  readonly done: Step
  readonly undoing: Step
  /** What the address is bound to. */
  readonly bound: AppliedResource | undefined
  /** The guest by then; undefined: there is none now. */
  readonly state: GuestState | undefined
  /** Keys of the guest that the run had changed and that are back as they were already. */
  readonly undone: ReadonlySet<string>
  /** Pools that are undone along with it. */
  readonly endingPools: ReadonlySet<string>
}

/** Whether the reversal of a step erases a volume the step had made. */
export const erasesVolume = ({ reversal }: Step): boolean =>
  reversal.by === 'requests' &&
  reversal.requests.some(
    ({ params = {} }) => params['force'] === true || (params['delete'] !== undefined && isOutputRef(params['delete'])),
  )

/** The disk or mount point that a step has added. */
const addedKey = ({ requests, guest }: Step): string | undefined => {
  if (!guest) return undefined
  const kind = kindOfType(guest.type)
  return requests
    .flatMap(({ params = {} }) => Object.keys(params))
    .find((key) => kind.volumeProperty(key) !== undefined)
}

/** PVE takes no disk from it. */
const isProtected = (state: GuestState): boolean => textOf(state, 'protection') === '1'

/** There is data on it by now: it is detached, and its volume is kept as it is when its declaration goes. */
const detached = (world: PlanningContext, { done, undoing, state }: Undoing, guest: ObservedGuest): Step => {
  const key = addedKey(done)
  if (key === undefined || !state || textOf(state, key) === undefined) return undoing
  const { type, node, vmid } = guest
  const start = { guest: { type, node, vmid }, state, drafts: [] }
  const [draft] = detachDisk({ kind: kindOfType(type) }, { key })(start).drafts
  if (!draft) return undoing
  const { requests, disruption, reversal, summary } = draft
  world.report('apply.revert-keeps', {
    detail: `The run added ${key} to \`${undoing.address}\`. It is detached, and its volume is kept as an unused disk with all its data. Removing the unused disk later is final: the data of ${key} is lost then [DATA IS LOST].`,
    address: undoing.address,
  })
  const lifted = isProtected(state) ? whileUnprotected(start.guest, requests) : requests
  return { ...undoing, requests: lifted, disruption, reversal, summary: `${undoing.summary}: ${summary}` }
}

/** A volume that was there before the run is taken away so that nothing names it, by what the guest is now. */
const released = ({ done, undoing, state }: Undoing, guest: ObservedGuest): Step => {
  const attached = releasedBy(done)
  const { type, node, vmid } = guest
  if (!attached || !state || textOf(state, attached.key) === undefined) return undoing
  const [kind, ref] = [kindOfType(type), { type, node, vmid }]
  const lift = (requests: Step['requests']) => (isProtected(state) ? whileUnprotected(ref, requests) : requests)
  // What the running VM cannot let go of stays until its next start; PVE notes the volume as unused then.
  if (
    !kind.keepsVolumes &&
    state.current[attached.key] !== undefined &&
    staysPending(state, kind, attached.key, undefined)
  )
    return { ...undoing, requests: lift(configRequests(ref, {}, [attached.key])), disruption: 'pending' }
  const isDown = kind.keepsVolumes && state.running
  const release = releaseAttached(kind, {
    guest: ref,
    state: isDown ? { ...state, running: false } : state,
    ...attached,
    step: undoing.id,
  })
  return {
    ...undoing,
    requests: isDown ? whileDown(kind, ref, state, lift(release)) : lift(release),
    disruption: isDown ? 'restart' : state.running ? 'live' : 'none',
  }
}

/** The volume that a step has attached and that nothing named before. */
const releasedBy = ({ guest, requests, reversal }: Step): AttachedVolume | undefined =>
  guest && reversal.by === 'requests'
    ? requests
        .flatMap((request) => attachedBy(guest.type, request))
        .find(({ volume }) => isRelease(reversal.requests, volume))
    : undefined

const asStep = ({ undoing }: Undoing, { verb, binding: _none, reason: _why, ...draft }: StepDraft): Step => ({
  ...draft,
  id: stepId(undoing.address, verb),
  address: undoing.address,
  needs: undoing.needs,
  because: undoing.because,
})

const gone = (undoing: Step): Step => ({
  ...undoing,
  reversal: {
    by: 'nothing',
    reason: 'the data the guest has now is lost with it, and no backup is taken (`on_destroy = "delete"`)',
  },
})

/** What undoes a creation but for its protection and the volumes that were there before, which steps of their own have taken away by then. */
const endsGuest = ({ method }: ApiRequest): boolean => method === 'DELETE'

/** A guest that was made ends as it does when its declaration goes: backed up first, or retained, or for good. */
const ended = (world: PlanningContext, part: Undoing, guest: ObservedGuest): readonly Step[] => {
  const { undoing, done, bound, endingPools } = part
  const resource = asGuest(bound ?? done.binding?.after)
  if (!resource) return [gone(undoing)]
  const { onDestroy } = resource
  // By then it is back where it was made.
  const observed = { ...guest, node: undoing.guest?.node ?? guest.node }
  const isProtected = undoing.requests.some(({ params = {} }) => 'protection' in params)
  const kept = done.reversal.by === 'requests' ? releasedIn(done.reversal.requests) : new Set<string>()
  const drafts = destroyGuest(world, { resource, observed, onDestroy, unbind: false, endingPools, kept, isProtected })
  if (onDestroy === 'delete') return [gone(undoing)]
  return drafts.map((draft) => {
    if (draft.verb !== 'destroy' && draft.verb !== 'retain') return asStep(part, draft)
    const { binding } = undoing
    const end = { ...asStep(part, draft), id: undoing.id, ...(binding && { binding }) }
    return draft.verb === 'retain' ? end : { ...end, requests: undoing.requests.filter(endsGuest) }
  })
}

/** A configuration write without these keys; nothing when none is left. */
const writeWithout = (request: ApiRequest, keys: ReadonlySet<string>): readonly ApiRequest[] => {
  const { params = {}, path } = request
  if (keys.size === 0 || !path.endsWith('/config')) return [request]
  const kept = Object.entries(params).flatMap(([key, value]) => {
    if (key !== 'delete' || typeof value !== 'string') return keys.has(key) ? [] : [[key, value] as const]
    const rest = value.split(',').filter((one) => !keys.has(one))
    return rest.length === 0 ? [] : [[key, rest.join(',')] as const]
  })
  return kept.length === 0 ? [] : [{ ...request, params: Object.fromEntries(kept) }]
}

/** What the run had changed before the growth is written again after the rollback, but for what was undone when the run failed. */
const setBack = ({ undoing, undone }: Undoing): Step => ({
  ...undoing,
  requests: undoing.requests.flatMap((request) => writeWithout(request, undone)),
  reversal: {
    by: 'nothing',
    reason: 'the rollback discards what the guest wrote since the snapshot, and it cannot be restored',
  },
})

/** A new guest is stopped hard when its creation fails; one that has run for days is shut down. */
const shutDown = (step: Step): Step => ({
  ...step,
  requests: step.requests.map((request) =>
    step.guest && request.path.endsWith('/status/stop') ? shutdownRequest(step.guest) : request,
  ),
})

/** Names of the snapshots a step takes. */
const snapshotsOf = ({ requests }: Step): readonly string[] =>
  requests.map(effectOf).flatMap((effect) => (effect.kind === 'snapshot' && effect.present ? [effect.name] : []))

/**
 * The steps that undo a step of a run that ended, judged by what is there now instead of by what was there when the step was planned: days may lie
 * between. Pure; what keeps a step from being planned is reported to `world`.
 */
export const judgeAgain = (world: PlanningContext, part: Undoing): readonly Step[] => {
  const { done, undoing } = part
  if (done.reversal.by === 'snapshot') return [setBack(part)]
  if (done.action === 'start') return [shutDown(undoing)]
  const guest = undoing.guest && world.guests.get(undoing.guest.vmid)
  if (!guest) return [undoing]
  const known = world.options.safetySnapshots
  if (done.action === 'snapshot' && snapshotsOf(done).every((name) => isGone(guest, name, known))) return []
  if (presenceAfter(done) === true) return ended(world, part, guest)
  if (erasesVolume(done)) return [detached(world, part, guest)]
  return [releasedBy(done) ? released(part, guest) : undoing]
}
