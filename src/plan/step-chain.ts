import type { Address } from '../resource/address.ts'
import type { Change, Disruption } from '../resource/change.ts'
import { DISRUPTIONS } from '../resource/change.ts'
import type { Step, StepId } from './plan.ts'

/** A step before it has its place: its id comes from the address and a short verb. */
export type StepDraft = Omit<Step, 'id' | 'address' | 'needs' | 'because'> & {
  readonly verb: string
  /** Why, where it differs from the resource's change. */
  readonly reason?: Change['reason']
}

/** `<address>/<verb>`. */
export const stepId = (address: Address, verb: string): StepId => `${address}/${verb}`

/** Gives one resource's steps their ids and makes each need the one before it. */
export const chainSteps = (address: Address, drafts: readonly StepDraft[], because: Change): readonly Step[] =>
  drafts.map(({ verb, reason, ...draft }, index) => {
    const before = drafts[index - 1]
    return {
      ...draft,
      id: stepId(address, verb),
      address,
      needs: before ? [stepId(address, before.verb)] : [],
      because: reason === undefined ? because : { ...because, reason },
    }
  })

/** The worse of two disruptions. */
export const worse = (a: Disruption, b: Disruption): Disruption =>
  DISRUPTIONS.indexOf(a) >= DISRUPTIONS.indexOf(b) ? a : b

/** The worst of all; `none` when there are none. */
export const worst = (all: readonly Disruption[]): Disruption => all.reduce<Disruption>(worse, 'none')
