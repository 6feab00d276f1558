import type { GuestKind } from '../../kinds/kind.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { type ApiRequest, isOutputRef, type RequestParam } from '../../resource/request.ts'
import { requestsOf } from '../../resource/reversal.ts'
import type { Expectation, Step } from '../plan.ts'
import { stateOf, waitsForStart } from './guest-state.ts'

type Taken = Pick<Step, 'requests' | 'reversal' | 'disruption'>

/** Requests that do something else, or are refused, when the guest's power is another. A rollback stops a running guest (seen on PVE 9.2). */
const POWERED = /\/(?:status\/\w+|rollback|migrate|move_volume|template)$/

const isPowered = ({ method, path }: ApiRequest): boolean =>
  POWERED.test(path) || (method === 'DELETE' && /^\/nodes\/[^/]+\/(?:qemu|lxc)\/\d+$/.test(path))

const NOT_KEYS: ReadonlySet<string> = new Set(['delete', 'revert', 'force', 'digest'])

/** What a configuration write sets; undefined: the key goes. */
const writtenBy = ({
  path,
  params = {},
}: ApiRequest): readonly (readonly [key: string, text: string | undefined])[] => {
  if (!path.endsWith('/config')) return []
  const text = (param: RequestParam) => (isOutputRef(param) || typeof param === 'object' ? '*' : String(param))
  const removed = typeof params['delete'] === 'string' ? params['delete'].split(',') : []
  return [
    ...Object.entries(params).flatMap(([key, param]) => (NOT_KEYS.has(key) ? [] : [[key, text(param)] as const])),
    ...removed.map((key) => [key, undefined] as const),
  ]
}

/** Whether these steps of a guest, or their undoing, would be other ones if it ran instead of being off, or the other way about. */
const dependsOnPower = (kind: GuestKind, observed: ObservedGuest, steps: readonly Taken[]): boolean => {
  if (steps.some(({ disruption }) => disruption === 'pending' || disruption === 'restart')) return true
  if (steps.some(({ requests, reversal }) => [...requests, ...requestsOf(reversal)].some(isPowered))) return true
  const state = stateOf(observed)
  if (state.running) return false
  const started = { ...state, running: true }
  return steps
    .flatMap(({ requests }) => requests.flatMap(writtenBy))
    .some(([key, text]) => waitsForStart(started, kind, key, text))
}

/** The power a guest has; nothing where it is not known. */
export const powerOf = ({ status }: ObservedGuest): Pick<Expectation, 'power'> =>
  status === 'unknown' ? {} : { power: status }

/** The power that steps on a guest expect of it; nothing where it does not matter, or is not known. */
export const expectedPower = (
  kind: GuestKind,
  observed: ObservedGuest,
  steps: readonly Taken[],
): Pick<Expectation, 'power'> => (dependsOnPower(kind, observed, steps) ? powerOf(observed) : {})
