import type { AppliedResource } from '../resource/applied.ts'
import type { ObservedGuest } from '../resource/observed.ts'
import type { PlanWorld } from './plan-world.ts'

/** VMIDs of linked clones by the VMID of the template whose base images they need. */
export type LinkedClones = (vmid: number) => readonly number[]

/** Finds linked clones by their volumes (`base-100-disk-0`); all guests are looked through once, when first asked. */
export const linkedClones = (world: PlanWorld): LinkedClones => {
  let byTemplate: ReadonlyMap<number, readonly number[]> | undefined
  const search = () => {
    const found = new Map<number, number[]>()
    for (const { vmid, current } of world.observed.guests) {
      const bases = Object.values(current).flatMap((text) => [...text.matchAll(/base(?:vol)?-(\d+)-disk-\d+[^,]*\//g)])
      for (const base of new Set(bases.map(([, id]) => Number(id)))) {
        if (base !== vmid) found.set(base, [...(found.get(base) ?? []), vmid])
      }
    }
    return found
  }
  return (vmid) => {
    byTemplate ??= search()
    return byTemplate.get(vmid) ?? []
  }
}

/** Guards against destroying what must not go, and against what the server would refuse half-way. */
export const checkDestroy = (
  world: PlanWorld,
  resource: AppliedResource,
  observed: ObservedGuest,
  clonesLeft: readonly number[],
): void => {
  const { address } = resource
  if (resource.preventDestroy) {
    world.report('plan.prevent-destroy', {
      detail: `The plan would destroy \`${address}\` (${observed.name}, ${observed.vmid}), which was declared with \`prevent_destroy = true\`. If it is to go, declare it once more with \`prevent_destroy = false\`, apply that, and remove it then. To only stop managing it, use a \`removed\` block.`,
      address,
    })
  }
  if (observed.current['protection'] === '1') {
    world.report('plan.protected', {
      detail: `The plan would destroy \`${address}\` (${observed.vmid}), whose \`protection\` is switched on, and Proxmox VE refuses that. Declare \`protection = false\`, apply that, and remove it then.`,
      address,
    })
  }
  if (clonesLeft.length > 0) {
    world.report('plan.linked-clones', {
      detail: `The plan would destroy the template \`${address}\` (${observed.vmid}), but linked clones need its base images: ${clonesLeft.join(', ')}. Destroy those too, or turn them into full copies by moving their disks.`,
      address,
    })
  }
}
