import { kindOfType } from '../../kinds/registry.ts'
import type { GuestRef } from '../../resource/guest.ts'
import type { ApiRequest } from '../../resource/request.ts'
import {
  advance,
  type PlanPart,
  post,
  SHUTDOWN_SECONDS,
  shutdownRequest,
  startRequest,
} from '../state/guest-progress.ts'
import { afterRestart, restoreRestart } from '../state/guest-state.ts'

/** Shuts the guest down; what was pending takes effect with that, and the way back makes it pending again. */
export const stopGuest =
  (why: string): PlanPart =>
  (progress) => {
    const { guest, state } = progress
    if (!state.running) return progress
    return advance(
      progress,
      {
        verb: 'stop',
        action: 'stop',
        guest,
        summary: `shut down${why}; stopped if it does not shut down within ${SHUTDOWN_SECONDS} seconds`,
        requests: [shutdownRequest(guest)],
        disruption: 'restart',
        reversal: {
          by: 'requests',
          requests: restoreRestart(kindOfType(guest.type), guest, state, [startRequest(guest)]),
          note: 'start it again',
        },
      },
      afterRestart(state, { running: false }),
    )
  }

const startStep =
  (undo: (guest: GuestRef) => ApiRequest, note: string): PlanPart =>
  (progress) => {
    const { guest, state } = progress
    return advance(
      progress,
      {
        verb: 'start',
        action: 'start',
        guest,
        summary: 'start',
        requests: [startRequest(guest)],
        disruption: 'none',
        reversal: { by: 'requests', requests: [undo(guest)], note },
      },
      { ...state, running: true },
    )
  }

const startAndShutDown = startStep(shutdownRequest, 'shut it down again')

/** Starts a guest that existed before. */
export const startGuest: PlanPart = (progress) => (progress.state.running ? progress : startAndShutDown(progress))

/** Starts a guest that this plan makes; its way back is short, because it is destroyed next. */
export const startNewGuest: PlanPart = startStep((guest) => post(guest, 'status/stop'), 'stop it')

/** Wakes a paused VM. PVE API: POST …/status/resume and …/status/suspend. */
export const resumeGuest: PlanPart = (progress) => {
  const { guest } = progress
  return advance(progress, {
    verb: 'resume',
    action: 'start',
    guest,
    summary: 'resume',
    requests: [post(guest, 'status/resume')],
    disruption: 'none',
    reversal: { by: 'requests', requests: [post(guest, 'status/suspend')], note: 'pause it again' },
  })
}
