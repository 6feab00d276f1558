import { kindOfType } from '../../kinds/registry.ts'
import type { Step } from '../../plan/plan.ts'
import type { PlanningContext } from '../../plan/planning-context.ts'
import { afterRestart, afterWrite, type GuestState, stateOf } from '../../plan/state/guest-state.ts'
import type { GuestType } from '../../resource/guest.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { effectOf } from '../effect/request-effect.ts'

/** Guests as they will be between the steps of a plan that is being drafted. */
export interface StatesByThen {
  /** Undefined: there is no such guest now. */
  readonly of: (step: Step) => GuestState | undefined
  readonly follow: (step: Step) => void
}

const NOT_KEYS = /^(?:digest|delete|revert|force|skiplock|background_delay)$/

const listed = (value: unknown): readonly string[] =>
  typeof value === 'string' ? value.split(/[,; ]+/).filter((key) => key !== '') : []

const withoutPending = (state: GuestState, keys: readonly string[]): GuestState => ({
  ...state,
  pending: Object.fromEntries(Object.entries(state.pending).filter(([key]) => !keys.includes(key))),
})

const written = (state: GuestState, type: GuestType, { params = {} }: ApiRequest): GuestState => {
  const set = Object.fromEntries(
    Object.entries(params).flatMap(([key, value]) =>
      NOT_KEYS.test(key) || typeof value === 'object' ? [] : [[key, value === true ? '1' : String(value)] as const],
    ),
  )
  const reverted = withoutPending(state, listed(params['revert']))
  return afterWrite(reverted, kindOfType(type), { set, remove: listed(params['delete']) })
}

const after = (state: GuestState, type: GuestType, request: ApiRequest): GuestState => {
  const effect = effectOf(request)
  if (effect.kind === 'power')
    return effect.running === state.running ? state : afterRestart(state, { running: effect.running === true })
  if (effect.kind !== 'config') return state
  if (effect.keys === 'all') return { ...state, running: false, pending: {} }
  return request.path.endsWith('/config') ? written(state, type, request) : state
}

/** Follows guests from how they are now through the steps that come first. */
export const statesByThen = ({ guests }: PlanningContext): StatesByThen => {
  const states = new Map<number, GuestState>()
  const of = ({ guest }: Step): GuestState | undefined => {
    const observed = guest && guests.get(guest.vmid)
    return observed && (states.get(observed.vmid) ?? stateOf(observed))
  }
  return {
    of,
    follow: (step) => {
      const { guest, requests } = step
      const state = of(step)
      if (!guest || !state) return
      states.set(
        guest.vmid,
        requests.reduce((next, request) => after(next, guest.type, request), state),
      )
    },
  }
}
