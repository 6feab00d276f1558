import type { AppliedResource } from '../../resource/applied.ts'
import { asGuest } from '../../resource/resource-kind.ts'
import type { PlannedResource } from '../state/planned-resource.ts'

/** A binding of something that is gone already: only the record goes. */
export const planForgotten = (resource: AppliedResource, { isGone }: { readonly isGone: boolean }): PlannedResource => {
  const guest = asGuest(resource)?.guest
  return {
    address: resource.address,
    kind: resource.kind,
    action: 'forget',
    reason: 'no-longer-declared',
    ...(guest && { guest }),
    attributes: [],
    drafts: [
      {
        verb: 'forget',
        action: 'forget',
        ...(guest && { guest }),
        summary: isGone ? 'forget it: it no longer exists' : 'forget it; it stays as it is',
        requests: [],
        disruption: 'none',
        reversal: { by: 'requests', requests: [], note: 'manage it again' },
        binding: { before: resource, after: null },
      },
    ],
  }
}
