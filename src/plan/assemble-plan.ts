import type { Address } from '../resource/address.ts'
import type { Change } from '../resource/change.ts'
import { inOrder } from './in-order.ts'
import { layered } from './layers.ts'
import type { ResourceChange, Step } from './plan.ts'
import type { PlannedResource } from './planned-resource.ts'
import { chainSteps, worst } from './step-chain.ts'

export interface Assembled {
  readonly changes: readonly ResourceChange[]
  readonly steps: readonly Step[]
}

/** Puts the resources' steps in an order that respects what has to come first, and tells each first step what it waits for. */
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
    const last = own.at(-1)
    if (!last) continue
    steps.push(...own)
    ends.set(address, last.id)
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
  return { changes: inOrder([...changes.values()], (change) => change.address), steps }
}
