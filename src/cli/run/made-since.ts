import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Applied } from '../../resource/applied.ts'
import type { Observed } from '../../resource/observed.ts'
import { asGuest } from '../../resource/resource-kind.ts'

/**
 * What a plan would create although another plan has made it since, under whatever VMID. The server cannot notice that; carried out all the
 * same, the first guest would belong to nobody. A guest that is bound but was removed behind our back may be made again, and so may one that the
 * plan itself knows its address to be bound to.
 */
export const madeSince = (plan: Plan, applied: Applied, observed: Observed | undefined): readonly Diagnostic[] => {
  const there = new Set(observed?.guests.map(({ vmid }) => vmid))
  const bound = new Map(applied.map((resource) => [resource.address, asGuest(resource)?.guest]))
  return plan.changes.flatMap(({ address, action }) => {
    const guest = action === 'create' ? bound.get(address) : undefined
    const binding = plan.steps.find((step) => step.address === address && step.binding)?.binding
    const known = asGuest(binding?.before)?.guest
    if (!guest || !there.has(guest.vmid) || known?.vmid === guest.vmid) return []
    return diagnose('apply.stale-plan', {
      address,
      detail: `The plan creates \`${address}\`, which another run has created since: it is ${guest.vmid} on ${guest.node}. Nothing was changed. Make a new plan.`,
      hint: 'mpc plan',
    })
  })
}
