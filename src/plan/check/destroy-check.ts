import type { GuestKind } from '../../kinds/kind.ts'
import { kindOfType } from '../../kinds/registry.ts'
import type { AppliedGuest } from '../../resource/applied.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { forgettingBlock } from '../binding/written-blocks.ts'
import type { PlanningContext } from '../planning-context.ts'

/** VMIDs of linked clones by the VMID of the template whose base images they need. */
export type LinkedClones = (vmid: number) => readonly number[]

/** A volume that needs a base image: `local:104/base-104-disk-0.qcow2/105/vm-105-disk-0.qcow2`, `tank:base-104-disk-0/vm-105-disk-0`. */
const BASE = /[:/]base(?:vol)?-(\d+)-[^/]+\/./

/** Templates whose base images a guest's volumes need, by the names of the volumes. */
export const basesOf = ({ type, vmid, current, pending }: ObservedGuest): readonly number[] => {
  const kind = kindOfType(type)
  const texts = [
    ...Object.entries(current),
    ...Object.entries(pending).map(([key, { value = '' }]) => [key, value] as const),
  ].flatMap(([key, text]) =>
    kind.volumeProperty(key) === undefined && !/^unused\d+$/.test(key) ? [] : [volumeText(kind, key, text)],
  )
  const bases = texts.flatMap((text) => Number(BASE.exec(text)?.[1] ?? vmid))
  return [...new Set(bases)].filter((base) => base !== vmid)
}

const volumeText = (kind: GuestKind, key: string, text: string): string => {
  const value = kind.decodeValue(key, text)
  const property = kind.volumeProperty(key)
  return isPropertyMap(value) && property !== undefined ? String(value[property] ?? '') : (text.split(',')[0] ?? '')
}

/** Finds linked clones by their volumes; all guests are looked through once, when first asked. */
export const linkedClones = (world: PlanningContext): LinkedClones => {
  let byTemplate: ReadonlyMap<number, readonly number[]> | undefined
  const search = () => {
    const found = new Map<number, number[]>()
    for (const guest of world.observed.guests)
      for (const base of basesOf(guest)) found.set(base, [...(found.get(base) ?? []), guest.vmid])
    return found
  }
  return (vmid) => {
    byTemplate ??= search()
    return byTemplate.get(vmid) ?? []
  }
}

/** Guards against destroying what must not go, and against what the server would refuse half-way. */
export const checkDestroy = (
  world: PlanningContext,
  resource: AppliedGuest,
  observed: ObservedGuest,
  clonesLeft: readonly number[],
): void => {
  const { address } = resource
  if (resource.preventDestroy) {
    world.report('plan.prevent-destroy', {
      detail: `The plan would destroy \`${address}\` (${observed.name}, ${observed.vmid}), which was declared with \`prevent_destroy = true\`. If it is to go, declare it once more with \`prevent_destroy = false\`, apply that, and remove it then. To only stop managing it, put the block below in the place of the declaration.`,
      address,
      hint: forgettingBlock(address),
    })
  }
  if (observed.current['protection'] === '1') {
    world.report('plan.protected', {
      detail: `The plan would destroy \`${address}\` (${observed.vmid}), whose \`protection\` is switched on, and Proxmox VE refuses that. Declare \`protection = false\`, apply that, and plan this again.`,
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
