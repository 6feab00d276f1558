import type { GuestKind } from '../../kinds/kind.ts'
import { isPropertyMap, type PropertyMap } from '../../resource/config-value.ts'
import { type GuestRef, guestPath } from '../../resource/guest.ts'
import type { ApiRequest } from '../../resource/request.ts'
import type { Reversal } from '../../resource/reversal.ts'
import { stepId } from '../order/step-chain.ts'
import type { Difference } from '../state/config-difference.ts'
import { volumeIn } from '../state/foreign-volumes.ts'
import {
  advance,
  type GuestContext,
  type PlanPart,
  type Progress,
  post,
  shutdownRequest,
  startRequest,
} from '../state/guest-progress.ts'
import {
  afterWrite,
  configPath,
  configRequests,
  type GuestState,
  nextUnused,
  restoreRequests,
  restoreRestart,
  staysPending,
  textOf,
  writeRequests,
} from '../state/guest-state.ts'
import { isFileStorage } from '../state/storage-feature.ts'
import { isOnlyThere, releaseAttached } from './release-volumes.ts'

/** The volume of a drive's text. */
export const volumeOf = ({ kind }: Pick<GuestContext, 'kind'>, key: string, text: string): string => {
  const value = kind.decodeValue(key, text)
  const property = kind.volumeProperty(key)
  return isPropertyMap(value) && property !== undefined ? String(value[property] ?? '') : ''
}

/** Lifts a protection that forbids removing disks, and sets it again. PVE: `can't remove drive … protection mode enabled`. */
export const whileUnprotected = (guest: GuestRef, requests: readonly ApiRequest[]): readonly ApiRequest[] => [
  ...configRequests(guest, { protection: 0 }),
  ...requests,
  ...configRequests(guest, { protection: 1 }),
]

const unprotected = ({ guest, state }: Progress, requests: readonly ApiRequest[]): readonly ApiRequest[] =>
  textOf(state, 'protection') === '1' ? whileUnprotected(guest, requests) : requests

/**
 * Detaches a volume and erases it. PVE puts it under the next free `unusedN`; which one that is can change until then, and another number would
 * erase another volume, so the volume's own name is read first and looked for afterwards.
 */
const eraseVolume = (context: GuestContext, guest: GuestRef, key: string): readonly ApiRequest[] => {
  const fromStep = stepId(context.desired.address, `add-${key}`)
  const [volume, slot] = [`${key}-volume`, `${key}-unused`]
  const read = (what: string, output: NonNullable<ApiRequest['output']>): ApiRequest => ({
    method: 'GET',
    path: `${guestPath(guest)}/${what}`,
    output,
  })
  return [
    read('config', { name: volume, where: {}, take: key, until: ',' }),
    ...configRequests(guest, {}, [key]),
    read('pending', { name: slot, where: { value: { fromStep, output: volume } }, take: 'key' }),
    ...configRequests(guest, {}, [], { delete: { fromStep, output: slot } }),
  ]
}

/** Whether a rollback may restart the guest by itself. */
const mayRestart = ({ desired }: GuestContext): boolean =>
  desired.lifecycle.reboot === 'allowed' || desired.lifecycle.rollback === 'allowed'

/** How a volume that was just allocated goes again, together with its data. */
const removeVolume = (context: GuestContext, progress: Progress, key: string, pending: boolean): Reversal => {
  const { guest, state } = progress
  const erase = eraseVolume(context, guest, key)
  if (!context.kind.keepsVolumes) {
    const requests = pending || !context.kind.erasesByForce ? erase : configRequests(guest, {}, [key], { force: true })
    return { by: 'requests', requests: unprotected(progress, requests), note: `remove ${key} and its volume` }
  }
  if (!state.running) {
    return { by: 'requests', requests: unprotected(progress, erase), note: `remove ${key} and its volume` }
  }
  return withRestart(context, progress, unprotected(progress, erase), `remove ${key} and its volume`)
}

/** A running container keeps a mount point until it is restarted (seen on PVE 9.2), so only a restart brings it back to what it was. */
const withRestart = (
  context: GuestContext,
  { guest, state }: Progress,
  requests: readonly ApiRequest[],
  note: string,
): Reversal => ({
  by: 'requests',
  requests: whileDown(context.kind, guest, state, requests),
  note: `${note}; this restarts ${context.desired.address}, because a running container keeps its mount points${mayRestart(context) ? '' : ', so a failure elsewhere leaves it'}`,
  ...(!mayRestart(context) && { automatic: 'stopped' }),
})

/** Shuts a running guest down for the time of some requests; what was pending before is pending again. */
export const whileDown = (
  kind: GuestKind,
  guest: GuestRef,
  state: GuestState,
  requests: readonly ApiRequest[],
): readonly ApiRequest[] => [
  shutdownRequest(guest),
  ...requests,
  ...restoreRestart(kind, guest, state, [startRequest(guest)]),
]

/** How a volume that was there before goes from the guest again: to where it was, noted as unused or named by nothing. */
const detachNamed = (context: GuestContext, progress: Progress, next: GuestState, key: string): Reversal => {
  const { kind, desired } = context
  const { guest, state } = progress
  const volume = volumeIn(kind, key, textOf(next, key) ?? '')
  const back = textOf(state, 'boot') === textOf(next, 'boot') ? [] : ['boot']
  if (volume === undefined || !isOnlyThere(guest, next, key, volume)) {
    const detach = [
      ...configRequests(guest, {}, [key]),
      ...restoreRequests(kind, guest, { before: state, after: next }, back),
    ]
    const note = `detach ${key}; its volume stays`
    return volume !== undefined && kind.keepsVolumes && state.running
      ? withRestart(context, progress, unprotected(progress, detach), note)
      : { by: 'requests', requests: unprotected(progress, detach), note }
  }
  const step = stepId(desired.address, `add-${key}`)
  const down = kind.keepsVolumes ? { ...next, running: false } : next
  const release = unprotected(progress, releaseAttached(kind, { guest, state: down, key, volume, step }))
  const note = `take ${key} away; its volume stays as it was`
  return kind.keepsVolumes && state.running
    ? withRestart(context, progress, release, note)
    : { by: 'requests', requests: release, note }
}

/** Adds a disk or mount point: a new volume, or an existing one that is named. */
export const addDisk =
  (context: GuestContext, { key, declared }: Difference): PlanPart =>
  (progress) => {
    const { kind } = context
    const { guest, state } = progress
    if (!isPropertyMap(declared)) return progress
    const text = kind.encode(key, declared)
    const named = declared[kind.volumeProperty(key) ?? ''] !== undefined
    const pending = staysPending(state, kind, key, text)
    const size = declared['size'] === undefined ? '' : `, ${declared['size']}`
    const where = named ? volumeOf(context, key, text) : `${declared['storage']}${size}`
    const next = afterWrite(state, kind, { set: { [key]: text }, remove: [] })
    const reversal = named ? detachNamed(context, progress, next, key) : removeVolume(context, progress, key, pending)
    return advance(
      progress,
      {
        verb: `add-${key}`,
        action: 'update',
        guest,
        summary: `${named ? 'attach' : 'add'} ${key} (${where})`,
        // A volume can take longer to make than a synchronous call may last. PVE API: POST …/config works in a task.
        requests: [
          {
            method: kind.allocationMethod,
            path: configPath(guest),
            params: { [key]: text },
            digest: true,
          },
        ],
        disruption: pending ? 'pending' : state.running ? 'live' : 'none',
        reversal,
      },
      next,
    )
  }

const afterDetach = (context: Pick<GuestContext, 'kind'>, state: GuestState, key: string): GuestState => {
  const text = textOf(state, key) ?? ''
  const next = afterWrite(state, context.kind, { set: {}, remove: [key] })
  if (next.current[key] !== undefined) return next
  return { ...next, current: { ...next.current, [nextUnused(next)]: volumeOf(context, key, text) } }
}

/** Detaches a disk or mount point; its volume stays as `unusedN`, and the way back attaches it again. */
export const detachDisk =
  (context: Pick<GuestContext, 'kind'>, { key }: Pick<Difference, 'key'>): PlanPart =>
  (progress) => {
    const { guest, state } = progress
    const next = afterDetach(context, state, key)
    const pending = next.current[key] !== undefined
    const keys = [key, ...(textOf(state, 'boot') === textOf(next, 'boot') ? [] : ['boot'])]
    return advance(
      progress,
      {
        verb: `detach-${key}`,
        action: 'update',
        guest,
        summary: `detach ${key}; its volume ${volumeOf(context, key, textOf(state, key) ?? '')} is kept`,
        requests: writeRequests(context.kind, guest, state, { set: {}, remove: [key] }),
        disruption: pending ? 'pending' : state.running ? 'live' : 'none',
        reversal: {
          by: 'requests',
          requests: restoreRequests(context.kind, guest, { before: state, after: next }, keys),
          note: `attach ${key} again`,
        },
      },
      next,
    )
  }

/** What the configuration will say once a disk is moved: its name there is only known then, its storage and format are. */
const movedText = (
  context: GuestContext,
  progress: Progress,
  { key, declared, text }: Difference,
  to: string,
): string => {
  const { kind, world } = context
  const wanted = isPropertyMap(declared) ? declared['format'] : undefined
  const format = wanted ?? /\.(raw|qcow2|vmdk)(?:,|$)/.exec(text ?? '')?.[1] ?? 'raw'
  const type = world.storages.get(to)?.get(progress.guest.node)?.type ?? ''
  const volume = isFileStorage(type) ? `${to}:moved.${format}` : `${to}:moved`
  return kind.encode(key, { [kind.volumeProperty(key) ?? 'file']: volume }, textOf(progress.state, key) ?? text)
}

/** Moves a disk to another storage or format. PVE API: POST …/qemu/{vmid}/move_disk, …/lxc/{vmid}/move_volume. */
export const moveDisk =
  (context: GuestContext, difference: Difference): PlanPart =>
  (progress) => {
    const { key, declared, observed, text } = difference
    const { guest, state } = progress
    if (!isPropertyMap(declared) || !isPropertyMap(observed)) return progress
    const { call, parameter, takesFormat } = context.kind.volumeMove
    const to = String(declared['storage'] ?? observed['storage'] ?? '')
    const request = (storage: string, format: PropertyMap[string] | undefined): ApiRequest => ({
      ...post(guest, call, {
        [parameter]: key,
        storage,
        ...(takesFormat && format !== undefined && { format: String(format) }),
        delete: true,
      }),
      digest: true,
    })
    const from = String(observed['storage'] ?? '')
    // The format is named on the way back, and on the way there only where it is declared: block storages know raw only.
    const back = typeof text === 'string' && /\.(?:raw|qcow2|vmdk)(?:,|$)/.test(text) ? observed['format'] : undefined
    const current = { ...state.current, [key]: movedText(context, progress, difference, to) }
    return advance(
      progress,
      {
        verb: `move-${key}`,
        action: 'move',
        guest,
        summary: `move ${key} from ${from} to ${to}`,
        requests: [request(to, declared['format'])],
        disruption: state.running ? 'live' : 'none',
        reversal: {
          by: 'requests',
          requests: [request(from, back)],
          note: `move ${key} back to ${from}, where its volume may get a different name`,
        },
      },
      { ...state, current },
    )
  }
