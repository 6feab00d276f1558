import type { Address } from '../../resource/address.ts'
import type { Change, Disruption } from '../../resource/change.ts'
import { DISRUPTIONS } from '../../resource/change.ts'
import type { Step, StepId } from '../plan.ts'

/** A step before it has its place: its id comes from the address and a short verb. */
export type StepDraft = Omit<Step, 'id' | 'address' | 'needs' | 'because'> & {
  readonly verb: string
  /** Why, where it differs from the resource's change. */
  readonly reason?: Change['reason']
}

/** `<address>/<verb>`. */
export const stepId = (address: Address, verb: string): StepId => `${address}/${verb}`

/** Gives one resource's steps their ids and makes each need the one before it, and the first what the resource waits for. */
export const chainSteps = (
  address: Address,
  drafts: readonly StepDraft[],
  because: Change,
  waitsFor: readonly StepId[],
): readonly Step[] =>
  drafts.map(
    ({ verb, action, guest, summary, expects, requests, disruption, reversal, binding, reason, optional }, index) => {
      const before = drafts[index - 1]
      return {
        id: stepId(address, verb),
        action,
        address,
        ...(guest && { guest }),
        summary,
        ...(expects && { expects }),
        requests,
        needs: before ? [stepId(address, before.verb)] : waitsFor,
        disruption,
        reversal,
        because: reason === undefined ? because : { ...because, reason },
        ...(optional && { optional }),
        ...(binding && { binding }),
      }
    },
  )

/** The worse of two disruptions. */
const worse = (a: Disruption, b: Disruption): Disruption => (DISRUPTIONS.indexOf(a) >= DISRUPTIONS.indexOf(b) ? a : b)

/** The worst of all; `none` when there are none. */
export const worst = (all: readonly Disruption[]): Disruption => all.reduce<Disruption>(worse, 'none')
