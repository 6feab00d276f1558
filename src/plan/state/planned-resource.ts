import type { Address } from '../../resource/address.ts'
import type { AppliedGuest } from '../../resource/applied.ts'
import type { AttributeChange, Change } from '../../resource/change.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import type { GuestRef, Vmid } from '../../resource/guest.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { TemplateFinder } from '../guest/clone-source.ts'
import type { StepDraft } from '../order/step-chain.ts'
import type { Expectation, ResourceChange } from '../plan.ts'
import type { GuestFinder, PlanningContext, VolumeHolders } from '../planning-context.ts'
import { boundIdentity, expectedIdentity } from './guest-identity.ts'

/** One resource's part of a plan, before the steps have their places. */
export interface PlannedResource {
  readonly address: Address
  readonly kind: ResourceChange['kind']
  readonly action: ResourceChange['action']
  readonly reason: Change['reason']
  readonly guest?: GuestRef
  readonly name?: string
  readonly attributes: readonly AttributeChange[]
  readonly drafts: readonly StepDraft[]
}

export interface GuestInput {
  readonly world: PlanningContext
  readonly desired: DesiredGuest
  readonly vmid: Vmid
  /** The binding, under the address it has now. */
  readonly applied: AppliedGuest | undefined
  readonly movedFrom: Address | undefined
  readonly imported: boolean
  readonly findTemplate: TemplateFinder
  readonly findGuest: GuestFinder
  readonly holders: VolumeHolders
  readonly plannedPools: ReadonlySet<string>
  /** A resource named in `replace_triggered_by` changes. */
  readonly triggered: boolean
  /** It was asked for. */
  readonly isReplaced: boolean
  /** A VMID nobody has, for a replacement. */
  readonly freshVmid: () => Vmid | undefined
}

/** What is expected of an existing guest before its first request: to be the one that was bound, where one was. */
export const expectationOf = (observed: ObservedGuest, applied?: AppliedGuest): Expectation => ({
  digest: observed.digest,
  identity: expectedIdentity(applied && boundIdentity(applied), observed),
})

/** Puts the expectation on the first step that sends something. */
export const expecting = (drafts: readonly StepDraft[], expects: Expectation): readonly StepDraft[] => {
  const first = drafts.findIndex(({ requests }) => requests.length > 0)
  return drafts.map((draft, index) => (index === first ? { ...draft, expects } : draft))
}
