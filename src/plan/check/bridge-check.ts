import { kindOfType } from '../../kinds/registry.ts'
import type { Address } from '../../resource/address.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import { effectiveConfig } from '../../resource/effective-config.ts'
import type { ObservedGuest } from '../../resource/observed.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import type { PlanningContext } from '../planning-context.ts'
import type { PlannedResource } from '../state/planned-resource.ts'
import { mayAny } from './rights.ts'

interface Connection {
  /** `network.net0.bridge`. */
  readonly name: string
  readonly bridge: string
}

/** The bridges a guest's network devices have, by the names declarations give them. */
const connectionsOf = (guest: ObservedGuest | undefined): readonly Connection[] => {
  if (!guest) return []
  const kind = kindOfType(guest.type)
  return Object.entries(effectiveConfig(guest)).flatMap(([key, text]) => {
    const value = /^net\d+$/.test(key) ? kind.decodeValue(key, text) : undefined
    const bridge = isPropertyMap(value) ? value['bridge'] : undefined
    return typeof bridge === 'string' ? [{ name: `network.${key}.bridge`, bridge }] : []
  })
}

const ofTemplate = (world: PlanningContext, { source }: DesiredGuest): ObservedGuest | undefined =>
  source.by === 'clone'
    ? (world.guests.get(Number(source.template)) ?? world.guestsByName.get(source.template)?.[0])
    : undefined

/** What the plan connects, or takes along to another node. */
const connectionsMade = (
  world: PlanningContext,
  { attributes, action, guest }: PlannedResource,
  desired: DesiredGuest,
): readonly Connection[] => {
  const changed = attributes.flatMap(({ name, after }) =>
    /^network\.net\d+\.bridge$/.test(name) && typeof after === 'string' ? [{ name, bridge: after }] : [],
  )
  const gone = attributes.filter(({ after, unknown }) => after === undefined && !unknown).map(({ name }) => name)
  const isMoved = action === 'update' && attributes.some(({ name }) => name === 'node')
  const before = isMoved
    ? world.guests.get(guest?.vmid ?? 0)
    : action === 'update'
      ? undefined
      : ofTemplate(world, desired)
  const own = new Set([...changed.map(({ name }) => name), ...gone])
  return [...changed, ...connectionsOf(before).filter(({ name }) => !own.has(name))]
}

/** Whether a bridge that the node's list lacks is not there, and not only hidden from the login. PVE: SDN.Audit or SDN.Use. */
const wouldBeSeen = ({ observed }: PlanningContext, bridge: string): boolean =>
  [`/sdn/zones/localnetwork/${bridge}`, '/sdn/zones/*'].every((path) =>
    mayAny(observed.rights, path, ['SDN.Audit', 'SDN.Use']),
  )

/** Reports network devices that the plan connects to a bridge or virtual network which the node does not have. */
export const checkBridges = (
  world: PlanningContext,
  planned: readonly PlannedResource[],
  declared: (address: Address) => DesiredGuest | undefined,
): void => {
  for (const resource of planned) {
    const desired = declared(resource.address)
    const bridges = desired && world.nodes.get(desired.node)?.bridges
    if (!desired || !bridges || resource.action === 'destroy') continue
    const known = new Set(bridges)
    for (const { name, bridge } of connectionsMade(world, resource, desired)) {
      if (known.has(bridge) || !wouldBeSeen(world, bridge)) continue
      const has = bridges.length === 0 ? 'It has none.' : `It has: ${bridges.join(', ')}.`
      world.report('plan.unknown-bridge', {
        detail: `\`${name}\` of \`${desired.address}\` is connected to \`${bridge}\`, and node ${desired.node} has no bridge or virtual network of that name, so the guest could not start there.${suggestion(bridge, bridges)} ${has}`,
        address: desired.address,
        range: desired.rangeOf?.(name) ?? desired.rangeOf?.(name.replace(/\.bridge$/, '')) ?? desired.range,
      })
    }
  }
}
