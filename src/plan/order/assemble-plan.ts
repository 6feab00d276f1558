import type { Address } from '../../resource/address.ts'
import type { Change } from '../../resource/change.ts'
import { inOrder } from '../../util/natural-order.ts'
import type { ResourceChange, Step, StepId } from '../plan.ts'
import type { PlannedResource } from '../state/planned-resource.ts'
import { forcedEarly, orderSteps } from './order-steps.ts'
import { phasesOf } from './phase.ts'
import { chainSteps, worst } from './step-chain.ts'
import { layered } from './topological-layers.ts'

export interface Assembled {
  readonly changes: readonly ResourceChange[]
  readonly steps: readonly Step[]
}

/**
 * What others wait for of a resource: that it stands as declared. Neither the end of the guest it replaces belongs to that, nor its protection,
 * nor tidying up.
 */
const readyWith = ({ guest, action }: PlannedResource, own: readonly Step[]): StepId | undefined => {
  const phases = phasesOf(own)
  const isAside = (step: Step) => {
    const phase = phases.get(step.id)
    return phase === 'protect' || phase === 'sweep' || (phase === 'end' && step.guest?.vmid !== guest?.vmid)
  }
  return (
    (action === 'destroy' ? undefined : (own.findLast((step) => !isAside(step)) ?? undefined))?.id ?? own.at(-1)?.id
  )
}

/** Whether a step takes away what was there before, or makes it something else for good. */
const endsSomething = ({ action, requests }: Step): boolean =>
  action === 'destroy' || action === 'snapshot' || requests.some(({ path }) => path.endsWith('/template'))

/** Says of a deletion or conversion why it does not come last. */
const withReason = (steps: readonly Step[]): readonly Step[] => {
  const forced = forcedEarly(steps)
  return steps.map((step) => {
    const cause = endsSomething(step) ? forced.get(step.id) : undefined
    return cause ? { ...step, summary: `${step.summary}; not last, because ${cause.id} needs it` } : step
  })
}

/**
 * Puts the resources' steps in the order of their phases, as far as what has to come first allows, and tells each first step what it waits
 * for.
 */
export const assemblePlan = (
  planned: readonly PlannedResource[],
  after: (address: Address) => readonly Address[],
): Assembled => {
  const byAddress = new Map(planned.map((resource) => [resource.address, resource]))
  const changes = new Map<Address, ResourceChange>()
  const ends = new Map<Address, string>()
  const steps: Step[] = []
  const { layers } = layered([...byAddress.keys()], after)
  for (const address of layers.flat()) {
    const resource = byAddress.get(address)
    if (!resource) continue
    const { kind, action, reason, guest, name, attributes, drafts } = resource
    const change: Change = { address, reason, attributes }
    const waitsFor = [...new Set(after(address))].flatMap((other) => ends.get(other) ?? []).sort()
    const own = chainSteps(address, drafts, change, waitsFor)
    const end = readyWith(resource, own)
    if (end === undefined) continue
    steps.push(...own)
    ends.set(address, end)
    changes.set(address, {
      address,
      kind,
      action,
      ...(guest && { guest }),
      ...(name !== undefined && { name }),
      change,
      disruption: worst(own.map(({ disruption }) => disruption)),
      steps: own.map(({ id }) => id),
    })
  }
  return { changes: inOrder([...changes.values()], (change) => change.address), steps: withReason(orderSteps(steps)) }
}
