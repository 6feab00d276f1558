import type { GuestKind } from '../../kinds/kind.ts'
import { kindOfType } from '../../kinds/registry.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import { type GuestRef, guestPath } from '../../resource/guest.ts'
import type { ApiRequest } from '../../resource/request.ts'
import type { StepDraft } from '../order/step-chain.ts'
import type { GuestFinder, PlanningContext, VolumeHolders } from '../planning-context.ts'
import type { GuestState } from './guest-state.ts'

/** What every part of planning one guest needs to know. */
export interface GuestContext {
  readonly world: PlanningContext
  readonly kind: GuestKind
  readonly desired: DesiredGuest
  /** Where other declared guests will be. */
  readonly find?: GuestFinder
  readonly holders?: VolumeHolders
}

/** A guest on its way through its steps: where and what it will be after those planned so far. */
export interface Progress {
  readonly guest: GuestRef
  readonly state: GuestState
  readonly drafts: readonly StepDraft[]
  /** The last safety snapshot planned so far, and what the guest was when it was taken. */
  readonly snapshot?: PlannedSnapshot
}

export interface PlannedSnapshot {
  /** Missing: none can or shall be taken, for this reason. */
  readonly name?: string
  readonly obstacle: string
  readonly state: GuestState
}

/** One part of planning a guest. */
export type PlanPart = (progress: Progress) => Progress

export const runParts = (progress: Progress, parts: readonly PlanPart[]): Progress =>
  parts.reduce((next, part) => part(next), progress)

/** Adds a step and what the guest is after it. */
export const advance = (progress: Progress, draft: StepDraft, state: GuestState = progress.state): Progress => ({
  ...progress,
  state,
  drafts: [...progress.drafts, { guest: progress.guest, ...draft }],
})

export const post = (guest: GuestRef, rest: string, params?: ApiRequest['params']): ApiRequest => ({
  method: 'POST',
  path: `${guestPath(guest)}/${rest}`,
  ...(params && { params }),
})

/** Seconds a guest is given to shut down before it is stopped hard; PVE's own default for VMs. */
export const SHUTDOWN_SECONDS = 180

export const shutdownRequest = (guest: GuestRef): ApiRequest =>
  post(guest, 'status/shutdown', { forceStop: true, timeout: SHUTDOWN_SECONDS })

export const startRequest = (guest: GuestRef): ApiRequest => post(guest, 'status/start')

/** What people call a guest: its name, or kind and VMID. */
export const guestLabel = (name: string | undefined, guest: GuestRef): string => {
  const what = kindOfType(guest.type).label
  return name === undefined || name === '' ? `${what} ${guest.vmid}` : `${what} ${guest.vmid} (${name})`
}
