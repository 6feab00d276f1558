import type { AppliedGuest } from '../../resource/applied.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import type { StepDraft } from '../order/step-chain.ts'
import type { GuestInput } from '../state/planned-resource.ts'
import { withLifecycle } from '../step/lifecycle-step.ts'

/** Binds an existing guest for the first time, or under its new address; undefined where neither is asked for. */
export const bindDraft = (input: GuestInput, observed: ObservedGuest, record: AppliedGuest): StepDraft | undefined => {
  const { applied, movedFrom, imported } = input
  const guest = { type: observed.type, node: observed.node, vmid: observed.vmid }
  const common = { verb: 'bind', action: 'bind', guest, requests: [], disruption: 'none' } as const
  if (imported) {
    return {
      ...common,
      summary: `bind it to the existing guest ${observed.vmid} (${observed.name})`,
      reversal: { by: 'requests', requests: [], note: 'remove the binding again' },
      binding: { before: null, after: record },
    }
  }
  if (movedFrom === undefined || !applied) return undefined
  return {
    ...common,
    summary: `rename ${movedFrom} to ${input.desired.address}`,
    reversal: { by: 'requests', requests: [], note: `rename it back to ${movedFrom}` },
    binding: {
      before: { ...applied, address: movedFrom },
      after: { ...withLifecycle(applied, input.desired.lifecycle), address: input.desired.address },
    },
  }
}
