import { attributeName } from '../../kinds/attribute-name.ts'
import { kindOfType } from '../../kinds/registry.ts'
import type { Address } from '../../resource/address.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import type { ApiRequest } from '../../resource/request.ts'
import type { PlanningContext } from '../planning-context.ts'
import type { PlannedResource } from '../state/planned-resource.ts'

/** The texts that a request writes into a configuration. */
const textsOf = ({ method, path, params = {} }: ApiRequest): readonly (readonly [string, string])[] => {
  const isWrite = (method === 'POST' && /\/(?:qemu|lxc)$/.test(path)) || /\/\d+\/config$/.test(path)
  if (!isWrite) return []
  return Object.entries(params).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : []))
}

/** Reports what PVE would refuse of the property strings that are to be written, because a part of them is missing. */
export const checkProperties = (
  world: PlanningContext,
  planned: readonly PlannedResource[],
  declared: (address: Address) => DesiredGuest | undefined,
): void => {
  for (const { address, guest, drafts } of planned) {
    const desired = declared(address)
    if (!desired || !guest) continue
    const kind = kindOfType(guest.type)
    const texts = new Map(drafts.flatMap(({ requests }) => requests.flatMap(textsOf)))
    for (const [key, text] of texts) {
      const lack = kind.lacks(key, text)
      if (lack === undefined) continue
      const name = attributeName(kind, key)
      world.report('plan.property-missing', {
        detail: `\`${name}\` of \`${address}\` ${lack}: Proxmox VE does not take \`${text}\`. Declare that as well, or leave \`${name}\` out.`,
        address,
        range: desired.rangeOf?.(name) ?? desired.range,
      })
    }
  }
}
