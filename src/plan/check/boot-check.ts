import { kindOfType } from '../../kinds/registry.ts'
import type { Address } from '../../resource/address.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import type { PlanningContext } from '../planning-context.ts'
import type { PlannedResource } from '../state/planned-resource.ts'

/** The keys a guest has before it is changed: its own, or those of what it is cloned from; undefined: nobody knows yet. */
const keysBefore = (
  world: PlanningContext,
  { action, guest }: PlannedResource,
  { source }: DesiredGuest,
): readonly string[] | undefined => {
  const own = action === 'update' || action === 'bind' ? world.guests.get(guest?.vmid ?? 0) : undefined
  if (own) return Object.keys(effectiveConfig(own))
  if (source.by !== 'clone') return []
  const origin = world.guests.get(Number(source.template)) ?? world.guestsByName.get(source.template)?.[0]
  return origin && Object.keys(effectiveConfig(origin))
}

/** The keys it has afterwards. */
const keysAfter = (
  resource: PlannedResource,
  desired: DesiredGuest,
  before: readonly string[],
): ReadonlySet<string> => {
  const kind = kindOfType('qemu')
  const gone = resource.attributes.flatMap(({ name, after, unknown }) => {
    const key = name.split('.').at(-1) ?? ''
    return after === undefined && !unknown && kind.factsFor(key) ? [key] : []
  })
  const keys = new Set(before.filter((key) => !gone.includes(key)))
  for (const [key, value] of Object.entries(desired.config)) if (value !== '') keys.add(key)
  for (const { key } of desired.attachments ?? []) keys.add(key)
  return keys
}

/** Reports a declared boot order with devices that the VM does not have: PVE refuses it, or refuses every later change of the VM. */
export const checkBootOrder = (
  world: PlanningContext,
  planned: readonly PlannedResource[],
  declared: (address: Address) => DesiredGuest | undefined,
): void => {
  for (const resource of planned) {
    const desired = declared(resource.address)
    const boot = desired?.config['boot']
    const order = isPropertyMap(boot) ? String(boot['order'] ?? '') : ''
    if (!desired || order === '' || !resource.guest || resource.action === 'destroy') continue
    const before = keysBefore(world, resource, desired)
    if (!before) continue
    const keys = keysAfter(resource, desired, before)
    const missing = order.split(';').filter((device) => !keys.has(device))
    const [first] = missing
    if (first === undefined) continue
    world.report('plan.unknown-boot-device', {
      detail: `\`boot\` of \`${desired.address}\` names ${missing.map((device) => `\`${device}\``).join(', ')}, and the VM has no such device.${suggestion(first, [...keys])} Declare the device, or take it out of the order.`,
      address: desired.address,
      range: desired.rangeOf?.('boot.order') ?? desired.rangeOf?.('boot') ?? desired.range,
    })
  }
}
